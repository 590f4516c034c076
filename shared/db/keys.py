"""The only writer of API clients and their keys: a key is returned once, stored as a hash, and revoked, not deleted.

Whoever administers areas through the API (`shared.db.access`) gives no more than that; commands give anything.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, or_, update

from shared.db import grants as given
from shared.db.access import EVERY_AREA, Access, acting
from shared.db.locks import change_clients
from shared.db.tables import api_key, api_key_grant, api_key_hash
from shared.domain.errors import ApiClientNotInForce, InvalidApiClient, LastAdministrator, Violation, WiderGrants
from shared.domain.free_text import LONGEST_NAME, fault_of

if TYPE_CHECKING:
    from shared.db.api_clients import StoredClient

PREFIX = "smv_"
SECRET_BYTES = 32
_LENGTH = len(PREFIX) + len(secrets.token_urlsafe(SECRET_BYTES))

COUNTRY = "SE"
"""The code of the area in which all others lie."""

USUAL_OVERLAP, LONGEST_OVERLAP = timedelta(days=1), timedelta(days=90)
"""For how long a former key holds on beside the one that replaces it."""


class KeyScope(StrEnum):
    """What the holder of a key may do in an area; each includes the ones before it.

    Read what is there; report activities and observations; coordinate agreements, definitions and how data come in;
    administer areas, keys and addresses that are called.
    """

    READ = "read"
    REPORT = "report"
    COORDINATE = "coordinate"
    ADMINISTER = "administer"

    @property
    def included(self) -> frozenset[KeyScope]:
        """This scope and the ones that it includes."""
        scopes = [*KeyScope]
        return frozenset(scopes[: scopes.index(self) + 1])


Grant = tuple[KeyScope, str]
"""What may be done, and the code of the area in which it may be done."""


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client as it is to be. What it stores belongs to the owner, an area's code."""

    name: str
    owner: str
    grants: tuple[Grant, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a client's keys end; None is never."""

    at: datetime | None


def hash_of(secret: str) -> bytes:
    """Return the SHA-256 that a key, or a token, is stored and found by.

    A plain digest is enough: each has 256 random bits, so there is nothing to guess that a slow hash would hinder.
    """
    return hashlib.sha256(secret.encode()).digest()


def is_key(text: str) -> bool:
    """Tell whether a text has the form of a key; only then is it worth a query."""
    return len(text) == _LENGTH and text.startswith(PREFIX)


def create(  # noqa: PLR0913, PLR0917  all that a key has
    connection: Connection,
    name: str,
    scopes: Sequence[KeyScope],
    areas: Sequence[str],
    expires_at: datetime | None = None,
    owner: str | None = None,
) -> str:
    """Store a client with each scope in each area, whoever runs this, and return its key.

    Without an owner it is the first area's.

    Raises:
        InvalidApiClient: as `add`.
    """
    granted = tuple((scope, area) for scope in scopes for area in areas)
    with acting(Access(administers=EVERY_AREA)):
        return add(connection, NewClient(name, owner or areas[0], granted, expires_at))[1]


def add(connection: Connection, client: NewClient) -> tuple[UUID, str]:
    """Store a client with the hash of its key; return its id, and the key, which cannot be had again.

    Raises:
        InvalidApiClient: with everything that is wrong.
    """
    owner, owner_faults = given.resolved(connection, "owner", [client.owner])
    granted, grant_faults = _resolved_grants(connection, client.grants)
    faults = [*_faults_of_name(client.name), *owner_faults, *grant_faults, *_faults_of_expiry(client.expires_at)]
    if faults:
        raise InvalidApiClient("The client cannot be made so.", faults)
    values = {"name": client.name, "expires_at": client.expires_at, "owner_area_id": owner[client.owner]}
    key_id: UUID = connection.execute(insert(api_key).values(values).returning(api_key.c.key_id)).scalar_one()
    _give(connection, key_id, client.grants, granted)
    return key_id, _new_key(connection, key_id)


def change(
    connection: Connection,
    client: StoredClient,
    *,
    name: str | None = None,
    grants: tuple[Grant, ...] | None = None,
    expiry: Expiry | None = None,
) -> None:
    """Change what is given of a client that the caller has locked; None stays as it is.

    Grants that it has already may stay, also where the caller could not give them.

    Raises:
        ApiClientNotInForce: it is revoked.
        InvalidApiClient: with everything that is wrong.
        WiderGrants: it would hold for longer, and the caller could not give all that it may do.
    """
    _refuse_revoked(client)
    added = {*(grants or ())} - {*client.grants}
    granted, faults = ({}, []) if grants is None else _resolved_grants(connection, grants, added)
    if name is not None:
        faults += _faults_of_name(name)
    if expiry is not None:
        faults += _faults_of_expiry(expiry.at)
    if faults:
        raise InvalidApiClient("The client cannot be changed so.", faults)
    if expiry is not None and _is_later(expiry.at, client.expires_at):
        refuse_wider(connection, client)
    if grants is not None:
        change_clients(connection)
        _take(connection, client.key_id, {*client.grants} - {*grants})
        _give(connection, client.key_id, added, granted)
    end = {} if expiry is None else {"expires_at": expiry.at}
    _put(connection, client.key_id, name=name or client.name, **end)


def rotate(connection: Connection, client: StoredClient, overlap: timedelta = USUAL_OVERLAP) -> str:
    """Give a client that the caller has locked another key, and return it; it cannot be had again.

    The former one holds on for the overlap, and one that was replaced before for no longer than it was to.

    Raises:
        ApiClientNotInForce: it is revoked or has expired.
        WiderGrants: the caller could not give all that it may do.
    """
    _refuse_revoked(client)
    if client.expires_at is not None and client.expires_at <= datetime.now(UTC):
        raise ApiClientNotInForce("The client has expired. Let it expire later first, then replace its key.")
    refuse_wider(connection, client)
    end, until = func.now() + overlap, api_key_hash.c.valid_until
    hashes = update(api_key_hash).where(api_key_hash.c.key_id == client.key_id)
    connection.execute(hashes.where(or_(until.is_(None), until > end)).values(valid_until=end))
    ended = delete(api_key_hash).where(api_key_hash.c.key_id == client.key_id, until <= func.now())
    connection.execute(ended)
    _put(connection, client.key_id)
    return _new_key(connection, client.key_id)


def revoke(connection: Connection, client: StoredClient) -> None:
    """End a client's validity now and for good; of one that is revoked already nothing changes."""
    if client.revoked_at is None:
        change_clients(connection)
        _put(connection, client.key_id, revoked_at=func.now())


def refuse_lockout(connection: Connection, client: StoredClient, remaining: Sequence[Grant] = ()) -> None:
    """Refuse what has just been done to the caller's own client, where nobody could give back what it has lost.

    Raises:
        LastAdministrator: no client in force administers an area in which it may do less than before.
    """
    areas = ", ".join(given.unadministered(connection, {area for _, area in {*client.grants} - {*remaining}}))
    if areas:
        raise LastAdministrator(
            f"This is the key that you use, and nobody else administers {areas}. "
            "Make another client that does, and let it do this."
        )


def refuse_wider(connection: Connection, client: StoredClient) -> None:
    """Refuse to renew a client that may do what the caller could not give.

    Raises:
        WiderGrants: it names the areas.
    """
    areas = ", ".join(given.outside(connection, {area for _, area in client.grants}))
    if areas:
        raise WiderGrants(
            f"The client has grants in {areas}, which you do not administer. "
            "Ask whoever does, or take them from it first."
        )


def _resolved_grants(
    connection: Connection, grants: Sequence[Grant], added: set[Grant] | None = None
) -> tuple[dict[str, int], list[Violation]]:
    """Return the ids of the areas of grants, and what is wrong with those that are added."""
    if not grants:
        return {}, [Violation("grants", "is empty", "Give at least one scope in one area, or revoke the client.")]
    codes = [area if added is None or (scope, area) in added else None for scope, area in grants]
    return given.resolved(connection, "grants[{}].area", codes)


def _faults_of_name(name: str) -> list[Violation]:
    if fault := fault_of(name):
        return [Violation("name", fault, "Say which system or which office uses it: notes bear this name.")]
    if not name.strip() or len(name) > LONGEST_NAME:
        return [Violation("name", "is no name", f"Write up to {LONGEST_NAME} characters that say who uses it.")]
    return []


def _faults_of_expiry(expires_at: datetime | None) -> list[Violation]:
    if expires_at is not None and expires_at <= datetime.now(UTC):
        remedy = "Give a time to come, or revoke the client to end it now."
        return [Violation("expiresAt", "has passed already", remedy)]
    return []


def _is_later(new: datetime | None, old: datetime | None) -> bool:
    return old is not None and (new is None or new > old)


def _refuse_revoked(client: StoredClient) -> None:
    if client.revoked_at is not None:
        raise ApiClientNotInForce("The client is revoked, and stays so. Make a new one.")


def _give(connection: Connection, key_id: UUID, grants: Collection[Grant], ids: dict[str, int]) -> None:
    rows = [{"key_id": key_id, "scope": scope, "area_id": ids[area]} for scope, area in sorted({*grants})]
    if rows:
        connection.execute(insert(api_key_grant), rows)


def _take(connection: Connection, key_id: UUID, grants: set[Grant]) -> None:
    ids = given.ids_of(connection, {area for _, area in grants})
    for scope, area in sorted(grants):
        columns = api_key_grant.c
        this = columns.key_id == key_id, columns.scope == scope, columns.area_id == ids[area]
        connection.execute(delete(api_key_grant).where(*this))


def _put(connection: Connection, key_id: UUID, **values: object) -> None:
    values["revision"] = api_key.c.revision + 1
    connection.execute(update(api_key).where(api_key.c.key_id == key_id).values(values))


def _new_key(connection: Connection, key_id: UUID) -> str:
    key = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    connection.execute(insert(api_key_hash).values(key_hash=hash_of(key), key_id=key_id))
    return key
