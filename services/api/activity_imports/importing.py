"""Runs an import: rows are checked and written a chunk at a time, while the next chunk arrives.

Each chunk is one transaction, in which its counts and remarks are kept as well: whatever happens, the report is true.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect

from services.api.activities.intake import Draft, judge
from services.api.activity_imports.rows import Row
from services.api.dependencies import Equipment
from services.api.problems import MalformedBody
from shared.catalogue.loader import Catalogue
from shared.domain.errors import Violation
from shared.facts.imports import Remark, close_import, open_import, tell
from shared.facts.record import Fact, Outcome, record_all
from shared.facts.setting import Reference, Settings, extend_settings

CHUNK = 5000
# The server does other work in between.
ROWS_AT_A_STRETCH = 100

SUPERSEDED = "superseded"
REFUSED = "refused"

_NO_EXTERNAL_ID = Violation("externalId", "is missing", "Give it, so that the same file can be sent twice.")
_OUTDATED = ("version", "a newer version of the activity is kept", "Send a later version, or leave it out.")
_OUTCOMES = tuple(Outcome)

Numbered = tuple[int, Row]


@dataclass(slots=True)
class Judged:
    """The rows of a chunk that can be recorded, how many cannot, and why."""

    facts: list[Fact] = field(default_factory=list)
    refused: int = 0
    remarks: list[Remark] = field(default_factory=list)


async def run_import(
    held: Equipment, batches: AsyncIterator[list[Row]], mapping_code: str | None, today: date, *, dry_run: bool
) -> UUID:
    """Import rows as they arrive and return the id of the report.

    When the client goes away, the rows so far are kept, and the report says that it was interrupted.
    """
    # The first batch tells that the file can be read at all: nothing is kept of one that cannot.
    try:
        first = await anext(batches)
    except ClientDisconnect as error:
        raise MalformedBody("The body ended before its first row.") from error
    async with held.engine.begin() as connection:
        import_id = await open_import(connection, mapping_code, dry_run=dry_run)
    running = _Import(held, import_id, today, dry_run=dry_run)
    is_completed = False
    try:
        await running.take(first)
        async for batch in batches:
            await running.take(batch)
        await running.finish()
        is_completed = True
    except ClientDisconnect:
        await running.finish()
    finally:
        async with held.engine.begin() as connection:
            await close_import(connection, import_id, completed=is_completed)
    return import_id


class _Import:
    """The course of one import: the rows that wait, the chunk that is being written, and what became of the others."""

    def __init__(self, held: Equipment, import_id: UUID, today: date, *, dry_run: bool) -> None:
        self._held = held
        self._import_id = import_id
        self._today = today
        self._dry_run = dry_run
        self._settings = Settings(version=0, found={})
        self._waiting: list[Numbered] = []
        self._rows = 0
        self._writing: asyncio.Task[None] | None = None
        self._counts: Counter[str] = Counter()
        # By the hash of its source and external id: each activity's last row, and what became of it, in one number.
        # This is all that grows with the file, by some 100 bytes a row.
        self._seen: dict[int, int] = {}

    async def take(self, batch: Sequence[Row]) -> None:
        """Take rows in; a full chunk is written while more arrive."""
        self._waiting += enumerate(batch, self._rows + 1)
        self._rows += len(batch)
        while len(self._waiting) >= CHUNK:
            await self._write(self._waiting[:CHUNK])
            self._waiting = self._waiting[CHUNK:]
        await asyncio.sleep(0)

    async def finish(self) -> None:
        """Write what waits, and return when all is written."""
        await self._write(self._waiting)
        self._waiting = []
        if self._writing:
            await self._writing

    async def _write(self, chunk: list[Numbered]) -> None:
        """Judge a chunk while the one before is being written, then start to write it."""
        references = {row.reference for _, row in chunk if isinstance(row, Draft)}
        async with self._held.reading.connect() as reading:
            self._settings = settings = await extend_settings(reading, references, self._settings)
            catalogue = await self._held.catalogue.current(reading)
        judged = await self._judge(chunk, settings, catalogue)
        if self._writing:
            await self._writing
        self._writing = asyncio.create_task(self._written(chunk, references, settings, judged), name="import chunk")

    async def _written(
        self, chunk: list[Numbered], references: set[Reference], settings: Settings, judged: Judged
    ) -> None:
        async with self._held.engine.connect() as connection:
            async with connection.begin() as transaction:
                standing = await extend_settings(connection, references, settings)
                catalogue = await self._held.catalogue.current(connection)
                if standing is not settings:  # an area, agreement or definition has just changed
                    judged = await self._judge(chunk, standing, catalogue)
                remarks = await self._record(connection, judged, catalogue)
                if self._dry_run:
                    await transaction.rollback()
                else:
                    await tell(connection, self._import_id, self._counts, remarks)
            if self._dry_run:
                async with connection.begin():
                    await tell(connection, self._import_id, self._counts, remarks)
            else:
                self._held.nudge.nudge()

    async def _record(self, connection: AsyncConnection, judged: Judged, catalogue: Catalogue) -> list[Remark]:
        """Record the rows that can be, count all, and return a remark for each that is not kept."""
        latest, repeats = _latest(judged.facts)
        self._counts[REFUSED] += judged.refused
        self._counts.update(told.outcome for told in repeats)
        remarks = [*judged.remarks, *repeats]
        deadlines = {code: catalogue.deadlines(code) for code in catalogue.activity_types}
        tally = await record_all(connection, latest, self._import_id, deadlines, self._today)
        outcomes = dict.fromkeys(tally.created, Outcome.CREATED)
        outcomes |= dict.fromkeys(tally.updated, Outcome.UPDATED)
        outcomes |= dict.fromkeys(tally.outdated, Outcome.OUTDATED)
        for fact in latest:
            remarks += self._count(fact, outcomes.get(fact.row or 0, Outcome.UNCHANGED))
        return remarks

    async def _judge(self, chunk: Sequence[Numbered], settings: Settings, catalogue: Catalogue) -> Judged:
        judged = Judged()
        for position, (number, row) in enumerate(chunk):
            if position % ROWS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)
            found: Fact | list[Violation]
            if isinstance(row, Draft):
                found = judge(row, settings.found[row.reference], catalogue, self._today, number)
                if row.activity.external_id is None:
                    found = [*([] if isinstance(found, Fact) else found), _NO_EXTERNAL_ID]
            else:
                found = [row]
            if isinstance(found, Fact):
                judged.facts.append(found)
            else:
                judged.refused += 1
                judged.remarks += [Remark(number, REFUSED, told.field, told.reason, told.remedy) for told in found]
        return judged

    def _count(self, fact: Fact, outcome: Outcome) -> Iterator[Remark]:
        """Count a row once, whatever it meets: an earlier row of the same activity gives way to it."""
        row = fact.row or 0
        if outcome == Outcome.OUTDATED:
            self._counts[outcome] += 1
            yield Remark(row, outcome, *_OUTDATED)
            return
        key = hash((fact.activity.source, fact.activity.external_id))
        earlier = self._seen.get(key)
        if earlier is not None:
            earlier_row, position = divmod(earlier, len(_OUTCOMES))
            earlier_outcome = _OUTCOMES[position]
            self._counts[earlier_outcome] -= 1
            self._counts[SUPERSEDED] += 1
            yield _superseded(earlier_row, row)
            outcome = next(one for one in _OUTCOMES if one in {outcome, earlier_outcome})
        self._counts[outcome] += 1
        self._seen[key] = row * len(_OUTCOMES) + _OUTCOMES.index(outcome)


def _latest(facts: Sequence[Fact]) -> tuple[list[Fact], list[Remark]]:
    """Return the facts without those that a later row replaces, and the remarks on those."""
    latest: dict[tuple[str, str], Fact] = {}
    remarks: list[Remark] = []
    for fact in facts:
        key = fact.activity.source, fact.activity.external_id or ""
        earlier = latest.get(key)
        if earlier is not None and _is_older(fact, earlier):
            remarks.append(Remark(fact.row or 0, Outcome.OUTDATED, *_OUTDATED))
            continue
        if earlier is not None:
            remarks.append(_superseded(earlier.row or 0, fact.row or 0))
        latest[key] = fact
    return list(latest.values()), remarks


def _is_older(fact: Fact, other: Fact) -> bool:
    """Tell whether a row says of itself that it is older; as the database compares versions."""
    mine, others = fact.activity, other.activity
    if mine.version is not None and others.version is not None and mine.version != others.version:
        return mine.version < others.version
    return mine.changed_at is not None and others.changed_at is not None and mine.changed_at < others.changed_at


def _superseded(row: int, later: int) -> Remark:
    reason = f"row {later} has the same source and externalId"
    return Remark(row, SUPERSEDED, "externalId", reason, "The last one counts; take the others out.")
