"""API keys: returned once when created, stored as a hash, never deleted but revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from shared.db.tables import api_key

PREFIX = "smv_"
SECRET_BYTES = 32
_LENGTH = len(PREFIX) + len(secrets.token_urlsafe(SECRET_BYTES))


class KeyScope(StrEnum):
    """What the holder of a key may do."""

    READ = "read"
    REPORT = "report"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """What is known of a key once created; the key itself is not."""

    key_id: UUID
    name: str
    scopes: tuple[KeyScope, ...]
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


def create(connection: Connection, name: str, scopes: Sequence[KeyScope], expires_at: datetime | None = None) -> str:
    """Store a new key's hash and return the key, which cannot be had again."""
    key = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    connection.execute(
        insert(api_key).values(name=name, key_hash=hash_of(key), scopes=sorted(set(scopes)), expires_at=expires_at)
    )
    return key


def list_all(connection: Connection) -> list[IssuedKey]:
    """Return every key ever issued, the oldest first."""
    columns = (api_key.c[name] for name in IssuedKey.__dataclass_fields__)
    rows = connection.execute(select(*columns).order_by(api_key.c.created_at, api_key.c.key_id))
    return [
        IssuedKey(**{**row, "scopes": tuple(KeyScope(scope) for scope in row["scopes"])}) for row in rows.mappings()
    ]


def revoke(connection: Connection, key_id: UUID) -> bool:
    """End a key's validity now; False if there is no such key or it is revoked already."""
    revoked = connection.execute(
        update(api_key).where(api_key.c.key_id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=func.now())
    )
    return revoked.rowcount == 1
