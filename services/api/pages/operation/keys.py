"""`/drift/nycklar`: which other systems may connect, with keys that are shown once, and what each may do where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from services.api.http.dependencies import Connection, Reading, Today
from services.api.pages.area_choice import PickedArea, picked_area
from services.api.pages.area_names import area_names
from services.api.pages.faults import text_of
from services.api.pages.operation.lists import Words
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.reporting.places import places_of
from services.api.pages.routing import ADMINISTRATOR, page_router, person_of, sent_form
from services.api.pages.texts import translator
from shared.db import api_clients, keys
from shared.db.access import may_administer
from shared.db.keys import KeyScope, NewClient
from shared.domain.errors import InvalidApiClient, UnknownApiClient, Violation
from shared.domain.period import STOCKHOLM, local_date
from shared.people.roles import grants_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.reporting.places import ReportingPlaces
    from shared.db.api_clients import StoredClient
    from shared.people.sessions import Person

key_pages = page_router()

ClientId = Annotated[UUID, Path(alias="client")]

OVERLAPS: Mapping[str, timedelta] = {"now": timedelta(), "day": timedelta(days=1), "week": timedelta(days=7)}
"""For how long the former key holds on beside a new one, as the form has it."""

# What the API calls its fields, as the form does.
_FIELDS = {"owner": "area", "grants[0].area": "area", "expiresAt": "last-day"}


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A client as a page has it: `state` is active, expired or ended."""

    client_id: UUID
    name: str
    grants: Sequence[str]
    state: str
    made: str
    used: str
    last_day: str
    ended: str
    former_until: str

    @property
    def is_active(self) -> bool:
        """Whether its key works."""
        return self.state == "active"


@key_pages.get("/drift/nycklar", dependencies=[ADMINISTRATOR])
async def show_keys(request: Request, reading: Reading) -> Response:
    """Show which systems may connect, and which could."""
    lines = await _lines(request, reading, await reading.run_sync(api_clients.listed))
    return page(
        request,
        "keys.html",
        active=[one for one in lines if one.is_active],
        former=[one for one in lines if not one.is_active],
    )


@key_pages.get("/drift/nycklar/ny", dependencies=[ADMINISTRATOR])
async def show_new_key(request: Request, reading: Reading, today: Today) -> Response:
    """Show the form by which a key is made."""
    places = await _places(request, reading, today)
    usual = next((one.label for one in places.all if one.area_id == person_of(request).owner_area_id), "")
    return page(request, "key_form.html", places=places, scopes=[*KeyScope], filled={"area": usual}, faults=[], near=())


@key_pages.post("/drift/nycklar/ny", dependencies=[ADMINISTRATOR])
async def make_key(request: Request, connection: Connection, today: Today) -> Response:
    """Make a client, and show its key; that is shown this once."""
    sent = sent_form(request)
    places = await _places(request, connection, today)
    picked, faults = picked_area(places, sent), [*_faults_of_choice(sent["scope"], sent["last-day"])]
    key = ""
    if picked.place is not None and not faults:
        owner = _owner(person_of(request)) or picked.place.code
        wanted = NewClient(
            sent["name"], owner, ((KeyScope(sent["scope"]), picked.place.code),), _end_of(sent["last-day"])
        )
        try:
            client_id, key = await connection.run_sync(partial(keys.add, client=wanted))
        except InvalidApiClient as error:
            faults = [*error.violations]
    elif not sent["name"]:
        faults.insert(0, Violation("name", "is no name", "Write which system uses it."))
    if not key:
        return _form(request, places, picked, faults)
    return await _key_page(request, connection, client_id, key)


@key_pages.get("/drift/nycklar/{client}", dependencies=[ADMINISTRATOR])
async def show_key(request: Request, reading: Reading, client_id: ClientId) -> Response:
    """Show a client, and what can be done with it."""
    [line] = await _lines(request, reading, [await _found(reading, client_id)])
    return page(request, "key.html", one=line, overlaps=[*OVERLAPS])


@key_pages.post("/drift/nycklar/{client}/byt", dependencies=[ADMINISTRATOR])
async def replace_key(request: Request, connection: Connection, client_id: ClientId) -> Response:
    """Give a client another key, and show it; that is shown this once."""
    client = await _locked(connection, client_id)
    overlap = OVERLAPS.get(sent_form(request)["overlap"], keys.USUAL_OVERLAP)
    key = await connection.run_sync(partial(keys.rotate, client=client, overlap=overlap))
    return await _key_page(request, connection, client_id, key)


@key_pages.get("/drift/nycklar/{client}/avsluta", dependencies=[ADMINISTRATOR])
async def show_end(request: Request, reading: Reading, client_id: ClientId) -> Response:
    """Say what ending a client does, before it is done."""
    [line] = await _lines(request, reading, [await _found(reading, client_id)])
    return page(request, "key_end.html", one=line)


@key_pages.post("/drift/nycklar/{client}/avsluta", dependencies=[ADMINISTRATOR])
async def end_key(connection: Connection, client_id: ClientId) -> Response:
    """End a client for good."""
    await connection.run_sync(partial(keys.revoke, client=await _locked(connection, client_id)))
    return redirect("/drift/nycklar")


async def _places(request: Request, connection: AsyncConnection, today: date) -> ReportingPlaces:
    """Return the areas in which the visitor may give something."""
    grants = grants_of(person_of(request).roles)
    areas = {area_id for scope, area_id in grants if scope is KeyScope.ADMINISTER}
    return await places_of(connection, areas, (), today, translator(visit_of(request).language))


def _owner(person: Person) -> str | None:
    """Return the area that people of the visitor's belong to, where they administer all of it."""
    owner = person.owner_area_id
    return next((role.area for role in person.roles if role.area_id == owner and may_administer(owner)), None)


def _faults_of_choice(scope: str, last_day: str) -> Sequence[Violation]:
    faults = []
    if scope not in [*KeyScope]:
        faults.append(Violation("scope", "no scope is chosen", "Choose what the system is to do."))
    try:
        _end_of(last_day)
    except (ValueError, OverflowError):
        faults.append(Violation("last-day", "is no date", "Write it as year, month and day, such as 2026-05-03."))
    return faults


def _end_of(last_day: str) -> datetime | None:
    """Return when a day is over here; None for none.

    Raises:
        ValueError: it is no day.
        OverflowError: it is the last that there is.
    """
    if not last_day:
        return None
    return datetime.combine(date.fromisoformat(last_day) + timedelta(days=1), time(), STOCKHOLM).astimezone(UTC)


def _form(request: Request, places: ReportingPlaces, picked: PickedArea, faults: Sequence[Violation]) -> Response:
    language = visit_of(request).language
    t = translator(language)
    said = [
        (_FIELDS.get(one.field, one.field), text_of(one, language, t))
        for one in dict.fromkeys((*faults, *picked.faults))
    ]
    filled = dict(sent_form(request).items())
    return page(
        request,
        "key_form.html",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        places=places,
        scopes=[*KeyScope],
        filled=filled,
        faults=[*dict.fromkeys(said)],
        near=picked.near,
    )


async def _key_page(request: Request, connection: AsyncConnection, client_id: UUID, key: str) -> Response:
    [line] = await _lines(request, connection, [await _found(connection, client_id)])
    return page(request, "new_key.html", one=line, key=key)


async def _found(connection: AsyncConnection, client_id: UUID) -> StoredClient:
    return _known(await connection.run_sync(partial(api_clients.find, key_id=client_id)))


async def _locked(connection: AsyncConnection, client_id: UUID) -> StoredClient:
    return _known(await connection.run_sync(partial(api_clients.lock, key_id=client_id)))


def _known(client: StoredClient | None) -> StoredClient:
    if client is None:
        raise UnknownApiClient
    return client


async def _lines(request: Request, connection: AsyncConnection, clients: Sequence[StoredClient]) -> list[KeyLine]:
    language = visit_of(request).language
    words = Words(translator(language), language)
    names = await area_names(connection, {area for one in clients for _, area in one.grants}, language)
    return [_line(one, names, words) for one in clients]


def _line(client: StoredClient, names: Mapping[str, str], words: Words) -> KeyLine:
    def granted(scope: KeyScope, area: str) -> str:
        return words.t("keys.granted", scope=words.t(f"keys.scope.{scope}"), area=names[area])

    has_expired = client.expires_at is not None and client.expires_at <= datetime.now(UTC)
    last = client.expires_at and local_date(client.expires_at - timedelta(seconds=1))
    return KeyLine(
        client.key_id,
        client.name,
        [granted(scope, area) for scope, area in client.grants],
        "ended" if client.revoked_at else "expired" if has_expired else "active",
        words.moment(client.created_at),
        words.moment(client.last_used_at),
        last.isoformat() if last else "",
        words.moment(client.revoked_at),
        words.moment(client.former_until),
    )
