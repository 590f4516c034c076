"""Seals what has been written: in the change feed's order, so that those who write wait for no chain.

An entry is sealed when its transaction is older than every one that is still going on: none can appear before it any
more. All is one transaction, so that a process that is killed has sealed nothing; and only one seals at a time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.audit.digest import DIGEST

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST_AT_ONCE = 5_000

# Not locked for nothing: a lock is a write.
_LOCK_HEAD = text(
    """SELECT number, hash FROM audit_head WHERE EXISTS (SELECT FROM audit_pending) FOR UPDATE SKIP LOCKED"""
)
_MOVE = text(
    (resources.files("shared.audit") / "sealing.sql").read_text(encoding="utf-8") + f"RETURNING number, {DIGEST}"
)
_SEAL = text(
    """INSERT INTO audit_seal (number, payload_hash, hash)
       SELECT * FROM unnest(CAST(:numbers AS bigint[]), CAST(:digests AS bytea[]), CAST(:hashes AS bytea[]))"""
)
_MOVE_HEAD = text("UPDATE audit_head SET number = :number, hash = :hash")
_HEAD = text("SELECT number, hash FROM audit_head")


@dataclass(frozen=True, slots=True)
class Head:
    """The last seal: whoever writes it down elsewhere can tell later whether the trail was cut off or made anew."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        """Return it as it is written down: its number and hash."""
        return f"{self.number}:{self.hash.hex()}"


def chained(before: bytes, payload: bytes) -> bytes:
    """Return the hash that follows another one, by the payload's."""
    return hashlib.sha256(before + payload).digest()


async def seal(connection: AsyncConnection) -> int:
    """Seal some of what waits and can be sealed; return how many entries: 0 too where another process seals now."""
    head = (await connection.execute(_LOCK_HEAD)).one_or_none()
    if head is None:
        return 0
    moved = (await connection.execute(_MOVE, {"sealed": head.number, "most": MOST_AT_ONCE})).all()
    if not moved:
        return 0
    numbers, digests = zip(*sorted((number, bytes(digest)) for number, digest in moved), strict=True)
    hashes = [bytes(head.hash)]
    for digest in digests:
        hashes.append(chained(hashes[-1], digest))
    sealed = {"numbers": [*numbers], "digests": [*digests], "hashes": hashes[1:]}
    await connection.execute(_SEAL, sealed)
    await connection.execute(_MOVE_HEAD, {"number": numbers[-1], "hash": hashes[-1]})
    return len(moved)


async def find_head(connection: AsyncConnection) -> Head:
    """Return the last seal."""
    number, last = (await connection.execute(_HEAD)).one()
    return Head(number, bytes(last))
