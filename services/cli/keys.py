"""`samverkan keys`: the API's clients and their keys, as `/api-clients` manages them, in all areas."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import Connection

from services.cli.audit import account
from services.cli.database import existing_database, migrated_database
from services.cli.migrations import upgrade
from shared.db import api_clients, keys
from shared.db.actor import Actor, acting_as
from shared.db.api_clients import StoredClient
from shared.db.engine import build_command_engine
from shared.db.keys import LONGEST_OVERLAP, USUAL_OVERLAP, Expiry, KeyScope, NewClient
from shared.domain.errors import ApiClientNotInForce, InvalidApiClient

UUID_LENGTH = 36
HOUR = timedelta(hours=1)

KeyId = Annotated[UUID, typer.Argument(help="As `samverkan keys list` shows it.")]

app = typer.Typer(help="Create, list, replace and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Who uses the key, and for what.")],
    scope: Annotated[list[KeyScope], typer.Option(help="What it may do. May be given several times.")],
    area: Annotated[
        list[str],
        typer.Option(help="The code of an area in which it may do so; SE is everywhere. May be given several."),
    ],
    owner: Annotated[
        str | None, typer.Option(help="The area that what it stores belongs to. Default: the first --area.")
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The UTC day from which it no longer holds.")
    ] = None,
) -> None:
    """Create a key and print it: the only time it is shown."""
    grants = [(one, code) for one in scope for code in area]
    client = NewClient(name, owner or area[0], tuple(grants), expires and expires.replace(tzinfo=UTC))
    options = {"name": "--name", "owner": "--owner" if owner else "--area", "expiresAt": "--expires"}
    with existing_database() as url:
        upgrade(url)  # a key may be wanted before the first start on a server of one's own
        with _transaction(url) as database, _refusals(options):
            print(keys.add(database, client)[1])


@app.command(name="list")
def show() -> None:
    """List every key ever created. The keys themselves are not kept."""
    with migrated_database() as url, _transaction(url) as database:
        clients = api_clients.listed(database)
    scopes_column = Column("Scopes", overflow="fold")
    columns = Column("Id", min_width=UUID_LENGTH, no_wrap=True), "Name", scopes_column, "For", "Used", "State"
    table = Table(*columns, box=None, pad_edge=False)
    for client in clients:
        scopes = " ".join(f"{scope}:{code}" for scope, code in client.grants)
        used = f"{client.last_used_at:%Y-%m-%d}" if client.last_used_at else "never"
        table.add_row(str(client.key_id), client.name, scopes, client.owner, used, state(client))
    Console().print(table)


@app.command()
def rotate(
    key_id: KeyId,
    overlap: Annotated[
        int,
        typer.Option(
            min=0, max=LONGEST_OVERLAP // HOUR, help="For how many hours the former key holds on; 0 ends it at once."
        ),
    ] = USUAL_OVERLAP // HOUR,
) -> None:
    """Replace a key by another, and print it: the only time it is shown."""
    with _client(key_id) as (database, client):
        print(keys.rotate(database, client, overlap * HOUR))


@app.command()
def revoke(key_id: KeyId) -> None:
    """End a key's validity at once and for good."""
    with _client(key_id) as (database, client):
        if client.revoked_at is not None:
            raise ApiClientNotInForce("It is revoked already.")
        keys.revoke(database, client)


@app.command()
def expire(
    key_id: KeyId,
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The UTC day from which it no longer holds.")],
) -> None:
    """Let a key end on a day, earlier or later than it was to."""
    with _client(key_id) as (database, client):
        keys.change(database, client, expiry=Expiry(on.replace(tzinfo=UTC)))


@contextmanager
def _client(key_id: UUID) -> Iterator[tuple[Connection, StoredClient]]:
    """Yield a client, locked, and a connection; what was done is committed unless it is refused."""
    with migrated_database() as url, _transaction(url) as database, _refusals({"expiresAt": "--on"}):
        client = api_clients.lock(database, key_id)
        if client is None:
            raise typer.BadParameter("No key has this id. See `samverkan keys list`.", param_hint="KEY_ID")
        yield database, client


@contextmanager
def _refusals(options: dict[str, str]) -> Iterator[None]:
    """Say what is refused of the command line, by its options; what is not among them is an --area."""
    try:
        yield
    except ApiClientNotInForce as error:
        raise typer.BadParameter(error.detail, param_hint="KEY_ID") from error
    except InvalidApiClient as error:
        fault = error.violations[0]
        option = options.get(fault.field, "--area")
        raise typer.BadParameter(f"It {fault.reason}. {fault.remedy}", param_hint=option) from error


@contextmanager
def _transaction(url: str) -> Iterator[Connection]:
    """Yield a connection; what was done is committed unless an error ends it."""
    with (
        acting_as(Actor("commands/keys", "samverkan keys", account())),
        build_command_engine(url).begin() as connection,
    ):
        yield connection


def state(client: StoredClient) -> str:
    """Say in words whether a client's key is in force, and until when the one before it is."""
    if client.revoked_at:
        return f"revoked {client.revoked_at:%Y-%m-%d}"
    former = f", former key until {client.former_until:%Y-%m-%d %H:%M} UTC" if client.former_until else ""
    if client.expires_at is None:
        return f"in force{former}"
    if client.expires_at <= datetime.now(UTC):
        return f"expired {client.expires_at:%Y-%m-%d}"
    return f"expires {client.expires_at:%Y-%m-%d}{former}"
