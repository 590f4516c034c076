"""API keys: returned once when created, stored as a hash, never deleted but revoked; and what each may do where."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update

from shared.db.tables import api_key, api_key_grant, area

PREFIX = "smv_"
SECRET_BYTES = 32
_LENGTH = len(PREFIX) + len(secrets.token_urlsafe(SECRET_BYTES))

COUNTRY = "SE"
"""The code of the area in which all others lie."""


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
    def included(self) -> frozenset["KeyScope"]:
        """This scope and the ones that it includes."""
        scopes = [*KeyScope]
        return frozenset(scopes[: scopes.index(self) + 1])


class UnknownArea(Exception):
    """A key is to be for an area that does not exist or has ended; the message says which."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """What is known of a key once created; the key itself is not. `grants` are scopes with the codes of areas."""

    key_id: UUID
    name: str
    owner: str
    grants: tuple[tuple[KeyScope, str], ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def hash_of(key: str) -> bytes:
    """Return the SHA-256 that a key is stored and found by.

    A plain digest is enough: a key is 256 random bits, so there is nothing to guess that a slow hash would hinder.
    """
    return hashlib.sha256(key.encode()).digest()


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
    """Store a new key's hash, with each scope in each area, and return the key, which cannot be had again.

    What it stores belongs to the owner, an area's code; without one to the first of its areas.

    Raises:
        UnknownArea: an area does not exist, or has ended.
    """
    key = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    ids = _ids_of(connection, {*areas, owner or areas[0]})
    values = {"name": name, "key_hash": hash_of(key), "expires_at": expires_at, "owner_area_id": ids[owner or areas[0]]}
    key_id = connection.execute(insert(api_key).values(values).returning(api_key.c.key_id)).scalar_one()
    granted = [(scope, ids[code]) for scope in sorted({*scopes}) for code in sorted({*areas})]
    connection.execute(
        insert(api_key_grant), [{"key_id": key_id, "scope": scope, "area_id": area_id} for scope, area_id in granted]
    )
    return key


def _ids_of(connection: Connection, codes: set[str]) -> dict[str, int]:
    has_not_ended = "NOT upper(valid) <= (now() AT TIME ZONE 'Europe/Stockholm')::date IS TRUE"
    found = connection.execute(select(area.c.code, area.c.area_id).where(area.c.code.in_(codes), text(has_not_ended)))
    ids: dict[str, int] = {row.code: row.area_id for row in found}
    unknown = sorted(codes - ids.keys())
    if unknown:
        raise UnknownArea(f"No area that still exists has the code {', '.join(unknown)}. Take codes from /areas.")
    return ids


def list_all(connection: Connection) -> list[IssuedKey]:
    """Return every key ever issued, the oldest first."""
    rows = connection.execute(
        select(api_key, area.c.code.label("owner"))
        .join(area, area.c.area_id == api_key.c.owner_area_id)
        .order_by(api_key.c.created_at, api_key.c.key_id)
    ).mappings()
    grants: dict[UUID, list[tuple[KeyScope, str]]] = {}
    granted = select(api_key_grant.c.key_id, api_key_grant.c.scope, area.c.code).join(
        area, area.c.area_id == api_key_grant.c.area_id
    )
    for key_id, scope, code in connection.execute(granted.order_by(area.c.code)):
        grants.setdefault(key_id, []).append((KeyScope(scope), code))
    names = [name for name in IssuedKey.__dataclass_fields__ if name != "grants"]
    return [
        IssuedKey(**{name: row[name] for name in names}, grants=tuple(grants.get(row["key_id"], ()))) for row in rows
    ]


def revoke(connection: Connection, key_id: UUID) -> bool:
    """End a key's validity now; False if there is no such key or it is revoked already."""
    revoked = connection.execute(
        update(api_key).where(api_key.c.key_id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=func.now())
    )
    return revoked.rowcount == 1
