"""API clients, read: what is known of them once they are made. Their keys are not kept, and their hashes not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from shared.db.keys import Grant, KeyScope

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class StoredClient:
    """A client of the API. `owner` is an area's code, and `former_until` when the last of its former keys ends."""

    key_id: UUID
    name: str
    owner: str
    grants: tuple[Grant, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    former_until: datetime | None
    revision: int


_SELECT = """
    SELECT key_id, api_key.name, owner.code AS owner, created_at, expires_at, revoked_at, last_used_at, revision,
           (SELECT array_agg(ARRAY[scope, code] ORDER BY code)
            FROM api_key_grant JOIN area USING (area_id) WHERE api_key_grant.key_id = api_key.key_id) AS grants,
           (SELECT max(valid_until) FROM api_key_hash
            WHERE api_key_hash.key_id = api_key.key_id AND valid_until > now()) AS former_until
    FROM api_key JOIN area AS owner ON owner.area_id = owner_area_id"""
_COUNT = text("SELECT count(*) FROM api_key")
_LIST = text(f"{_SELECT} ORDER BY created_at, key_id LIMIT :limit OFFSET :offset")
_FIND = text(f"{_SELECT} WHERE key_id = :key_id")
_LOCK = text(f"{_SELECT} WHERE key_id = :key_id FOR UPDATE OF api_key")


def count(connection: Connection) -> int:
    """Return how many clients there are."""
    found: int = connection.execute(_COUNT).scalar_one()
    return found


def listed(connection: Connection, limit: int | None = None, offset: int = 0) -> list[StoredClient]:
    """Return clients, the oldest first; without a limit all of them."""
    return [_client(row) for row in connection.execute(_LIST, {"limit": limit, "offset": offset}).mappings()]


def find(connection: Connection, key_id: UUID) -> StoredClient | None:
    """Return the client with an id, if there is one."""
    row = connection.execute(_FIND, {"key_id": key_id}).mappings().one_or_none()
    return None if row is None else _client(row)


def lock(connection: Connection, key_id: UUID) -> StoredClient | None:
    """Return the client with an id, if there is one, and keep others from changing it."""
    row = connection.execute(_LOCK, {"key_id": key_id}).mappings().one_or_none()
    return None if row is None else _client(row)


def _client(row: Any) -> StoredClient:  # noqa: ANN401  the library's own
    grants = [(KeyScope(scope), code) for scope, code in row["grants"]]
    return StoredClient(**{**row, "grants": tuple(sorted(grants, key=_place))})


def _place(grant: Grant) -> tuple[int, str]:
    """Return by what grants are listed: the least that may be done first."""
    scope, area = grant
    return len(scope.included), area
