"""Walks the chain: is each sealed entry there, as it was written, in its place?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.audit.digest import DIGEST
from shared.audit.events import REMOVED
from shared.audit.removal import ADDRESS
from shared.audit.sealing import Head, chained, find_head

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

ROWS_AT_A_TIME = 5000


class EntryFault(StrEnum):
    """What has become of an entry."""

    REMOVED = "removed"
    CHANGED = "changed"
    REORDERED = "reordered"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class BrokenEntry:
    """An entry that is not as it was sealed, and when it was written; or sealed, where that is not known any more."""

    fault: EntryFault
    number: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Verified:
    """The last seal, how many of those before the first fault have no payload any more, and that fault."""

    head: Head
    without_payload: int
    finding: BrokenEntry | None


# Old ones up to a number, and others one by one.
_REMOVED = text(
    f"""SELECT coalesce(max(CAST(after ->> 'through' AS bigint)), 0) AS through,
               array_remove(array_agg(DISTINCT CAST(one AS bigint)), NULL) AS others
        FROM (SELECT resource, operation, after FROM audit_entry WHERE address = '{ADDRESS}'
              UNION ALL SELECT resource, operation, after FROM audit_pending WHERE address = '{ADDRESS}') AS known
        LEFT JOIN LATERAL json_array_elements_text(after -> 'numbers') AS one ON true
        WHERE operation = '{REMOVED}'"""
)
_CHAIN = text(
    f"""SELECT number, seal.number IS NOT NULL AS is_sealed,
               seal.payload_hash, seal.hash, entry.digest, coalesce(entry.recorded_at, seal.sealed_at) AS at
        FROM audit_seal AS seal
        FULL JOIN (SELECT number, recorded_at, {DIGEST} AS digest FROM audit_entry) AS entry USING (number)
        ORDER BY number"""
)
# The entry's payload has its seal elsewhere, or a seal from elsewhere is what follows the one before.
_IS_FROM_ELSEWHERE = text(
    f"""SELECT EXISTS (SELECT FROM audit_seal WHERE number <> :number AND payload_hash = (
                           SELECT {DIGEST} FROM audit_entry WHERE number = :number))
            OR EXISTS (SELECT FROM audit_seal
                       WHERE number <> :number AND hash = sha256(CAST(:before AS bytea) || payload_hash))"""
)


class _Walk:
    """The place that a verification has come to."""

    def __init__(self, head: Head, removed: Row[Any], noted: Head | None) -> None:
        self._head = head
        self._removed_through: int = removed.through
        self._removed_others = frozenset(removed.others or ())
        self._noted = noted
        self._last_at: datetime | None = None
        self._hash_before_last = b""
        self.last_hash = b""
        self.number = 0
        self.without_payload = 0

    def step(self, row: Row[Any]) -> BrokenEntry | None:
        """Go on to the next seal or entry; return what is wrong there."""
        finding = self._misplaced(row) or self._other_than_sealed(row)
        if finding is None:
            self.without_payload += row.digest is None
            self.number, self._last_at = row.number, row.at
            self._hash_before_last, self.last_hash = self.last_hash, bytes(row.hash)
        return finding

    def _misplaced(self, row: Row[Any]) -> BrokenEntry | None:
        """Return what is wrong with the numbers: each follows the one before, up to the head."""
        if row.number > self._head.number:
            return BrokenEntry(EntryFault.ADDED, row.number, row.at)
        if row.number > self.number + 1 or not row.is_sealed:
            return BrokenEntry(EntryFault.REMOVED, self.number + 1, None)
        return None

    def _other_than_sealed(self, row: Row[Any]) -> BrokenEntry | None:
        """Return what is wrong with a seal or its entry."""
        payload, sealed = bytes(row.payload_hash), bytes(row.hash)
        if chained(self.last_hash, payload) != sealed:
            if self.number and chained(self._hash_before_last, payload) == sealed:  # it once followed the one before
                return BrokenEntry(EntryFault.ADDED, self.number, self._last_at)
            return BrokenEntry(EntryFault.CHANGED, row.number, row.at)
        if row.digest is None and row.number > self._removed_through and row.number not in self._removed_others:
            return BrokenEntry(EntryFault.REMOVED, row.number, row.at)
        is_noted_otherwise = self._noted and self._noted.number == row.number and self._noted.hash != sealed
        if is_noted_otherwise or (row.digest is not None and bytes(row.digest) != payload):
            return BrokenEntry(EntryFault.CHANGED, row.number, row.at)
        return None

    def end(self) -> BrokenEntry | None:
        """Return what is wrong with the end of the chain."""
        if self.number < max(self._head.number, self._noted.number if self._noted else 0):
            return BrokenEntry(EntryFault.REMOVED, self.number + 1, None)
        is_head = self.last_hash == self._head.hash
        return None if is_head else BrokenEntry(EntryFault.CHANGED, self.number, self._last_at)


async def verify(connection: AsyncConnection, noted: Head | None = None) -> Verified:
    """Walk the whole chain, in the snapshot of the transaction, and stop at the first fault.

    `noted` is a head that was written down elsewhere: the chain must go through it.
    """
    removed = (await connection.execute(_REMOVED)).one()
    head = await find_head(connection)
    walk, finding = _Walk(head, removed, noted), None
    async with connection.stream(_CHAIN, execution_options={"yield_per": ROWS_AT_A_TIME}) as rows:
        async for row in rows:
            finding = walk.step(row)
            if finding:
                break
    if finding and finding.fault is EntryFault.CHANGED:
        place = {"number": finding.number, "before": walk.last_hash}
        if (await connection.execute(_IS_FROM_ELSEWHERE, place)).scalar_one():
            finding = replace(finding, fault=EntryFault.REORDERED)
    return Verified(head, walk.without_payload, finding or walk.end())
