"""`/api-clients`: who may use the API, what each may do where, and their keys."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.api_clients import queries
from services.api.api_clients.schemas import (
    ApiClient,
    ApiClientBody,
    ApiClientChange,
    ApiClientPage,
    KeyBody,
    KeyedApiClient,
)
from services.api.http.auth import ADMINISTER
from services.api.http.dependencies import Connection, Reading
from services.api.http.problems import MissingPrecondition, problems_of
from services.api.http.responses import Answer, IfMatch, Paging, etag, page_answer, refuse_stale, resource
from services.api.http.routing import router
from shared.db import keys
from shared.db.api_clients import StoredClient, lock
from shared.domain.errors import (
    ApiClientNotInForce,
    InvalidApiClient,
    LastAdministrator,
    StaleRevision,
    UnknownApiClient,
    WiderGrants,
)

api_clients = router("api-clients")

# What is meant by no body.
USUAL = KeyBody()

ClientId = Annotated[UUID, Path(alias="clientId", description="The client's id.")]


@api_clients.post(
    "",
    status_code=201,
    response_model=KeyedApiClient,
    responses=problems_of(InvalidApiClient),
    dependencies=[ADMINISTER],
    summary="Add a client",
)
async def add_api_client(request: Request, connection: Connection, body: ApiClientBody) -> Answer:
    """Lägg till en klient. Nyckeln i svaret visas bara nu. / Add a client. The key in the answer is shown only now.

    Den kan få behörigheter i områden som du själv administrerar. Skicka nyckeln i `Authorization: Bearer`. /
    It can be given scopes in areas that you administer yourself. Send the key in `Authorization: Bearer`.
    """
    client_id, key = await connection.run_sync(keys.add, body.as_client())
    return await _show(request, connection, client_id, key=key)


@api_clients.get("", response_model=ApiClientPage, dependencies=[ADMINISTER], summary="List clients")
async def list_api_clients(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa klienter som hör till områden som du administrerar, också återkallade. / List clients, revoked ones too.

    Nycklarna sparas inte och kan inte visas. / Those of areas that you administer. Their keys are not kept.
    """
    total = await queries.count(reading)
    page.check(total)
    return page_answer(request, page, total, "apiClients", await queries.entries(reading, page))


@api_clients.get(
    "/{clientId}",
    response_model=ApiClient,
    responses=problems_of(UnknownApiClient),
    dependencies=[ADMINISTER],
    summary="Show a client",
)
async def show_api_client(request: Request, reading: Reading, client_id: ClientId) -> Answer:
    """Visa en klient, med den ETag som en ändring ska bygga på. / Show a client, with its ETag."""
    return await _show(request, reading, client_id)


@api_clients.patch(
    "/{clientId}",
    response_model=ApiClient,
    responses=problems_of(
        InvalidApiClient,
        UnknownApiClient,
        WiderGrants,
        ApiClientNotInForce,
        LastAdministrator,
        StaleRevision,
        MissingPrecondition,
    ),
    dependencies=[ADMINISTER],
    summary="Change a client",
)
async def change_api_client(
    request: Request, connection: Connection, client_id: ClientId, body: ApiClientChange, if_match: IfMatch = None
) -> Answer:
    """Ändra namn, behörigheter eller slutdatum; det gäller inom fem sekunder. / Change name, grants or expiry.

    Den nyckel som du själv använder kan inte få färre behörigheter, om ingen annan kan ge tillbaka dem. /
    It holds within five seconds. The key that you use cannot lose grants, unless someone else can give them back.
    """
    client = await _lock(connection, client_id)
    refuse_stale(if_match, client.revision)
    changes = body.changes()
    await connection.run_sync(partial(keys.change, client=client, **changes))
    if changes["grants"] is not None:
        await _refuse_lockout(request, connection, client, changes["grants"])
    return await _show(request, connection, client_id)


@api_clients.delete(
    "/{clientId}",
    status_code=204,
    responses=problems_of(UnknownApiClient, LastAdministrator, StaleRevision, MissingPrecondition),
    dependencies=[ADMINISTER],
    summary="Revoke a client",
)
async def revoke_api_client(
    request: Request, connection: Connection, client_id: ClientId, if_match: IfMatch = None
) -> Response:
    """Återkalla en klient för gott; dess nycklar slutar gälla inom fem sekunder. / Revoke a client for good.

    Den finns kvar i listan. Den nyckel som du själv använder kan bara återkallas om någon annan administrerar samma
    områden. /
    Its keys end within five seconds, and it stays in the list. The key that you use can only be revoked if someone else
    administers the same areas.
    """
    client = await _lock(connection, client_id)
    refuse_stale(if_match, client.revision)
    await connection.run_sync(keys.revoke, client)
    await _refuse_lockout(request, connection, client)
    return Response(status_code=204)


@api_clients.post(
    "/{clientId}/keys",
    status_code=201,
    response_model=KeyedApiClient,
    responses=problems_of(UnknownApiClient, WiderGrants, ApiClientNotInForce),
    dependencies=[ADMINISTER],
    summary="Replace the key",
)
async def add_key(request: Request, connection: Connection, client_id: ClientId, body: KeyBody = USUAL) -> Answer:
    """Byt nyckel. Den nya visas bara nu, och den förra gäller ett dygn till. / Replace the key, shown only now.

    `overlapHours` ändrar hur länge den förra gäller. Klienten får inte ha fler behörigheter än du kan ge. /
    The former one holds on for a day, or for `overlapHours`. The client may have no grants that you could not give.
    """
    client = await _lock(connection, client_id)
    key = await connection.run_sync(keys.rotate, client, body.overlap)
    return await _show(request, connection, client_id, key=key)


async def _show(request: Request, connection: AsyncConnection, client_id: UUID, *, key: str | None = None) -> Answer:
    """Answer with a client; with its key where that has just been made."""
    entry = await queries.find(connection, client_id)
    if entry is None:
        raise UnknownApiClient
    headers = {"ETag": etag(entry["revision"])}
    if key is None:
        return resource(request, f"api-clients/{client_id}", entry, headers=headers)
    headers["Cache-Control"] = "no-store"
    return resource(request, f"api-clients/{client_id}", {**entry, "key": key}, created=True, headers=headers)


async def _lock(connection: AsyncConnection, client_id: UUID) -> StoredClient:
    """Return a client, and keep others from changing it."""
    client = await connection.run_sync(lock, client_id)
    if client is None:
        raise UnknownApiClient
    return client


async def _refuse_lockout(
    request: Request, connection: AsyncConnection, client: StoredClient, remaining: tuple[keys.Grant, ...] = ()
) -> None:
    """Refuse what has been done, where it was to the caller's own client and nobody could undo it."""
    if request.state.caller.key_id == str(client.key_id):
        await connection.run_sync(keys.refuse_lockout, client, remaining)
