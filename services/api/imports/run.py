"""The run of an import: rows are checked and written a chunk at a time, while the next chunk arrives.

Each chunk is one transaction, in which its counts and remarks are stored as well: whatever happens, the report is true,
and an import whose process was killed goes on after the last chunk that was stored.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect

from services.api.http.dependencies import Resources
from services.api.http.problems import MalformedBody
from services.api.imports.record_type import D, F, K, RecordType
from services.api.imports.rows import NumberedRow
from shared.catalogue.loader import Catalogue
from shared.domain.errors import Violation, listed
from shared.facts.activities import FactOutcome
from shared.facts.imports import ImportProgress, Remark, close_import, open_import, save_progress

CHUNK = 5000
# The server does other work in between.
ROWS_AT_A_STRETCH = 100

# What is listed of one row, and of the codes that no indicator reads.
MOST_FAULTS_IN_ROW = 20
MOST_UNUSED_CODES = 100
# Records whose rows are told apart from later rows of the same; one of more counts as an update of what it meets.
MOST_REMEMBERED = 2_000_000

SUPERSEDED = "superseded"
REFUSED = "refused"
SKIPPED = "skipped"

_OUTCOMES = tuple(FactOutcome)


@dataclass(slots=True)
class CheckedRow(Generic[F]):
    """The rows of a chunk that can be recorded, how many cannot or shall not, and why."""

    facts: list[tuple[int, F]] = field(default_factory=list)
    refused: int = 0
    skipped: int = 0
    remarks: list[Remark] = field(default_factory=list)


async def run_import(
    resources: Resources,
    kind: RecordType[D, F, K],
    batches: AsyncIterator[list[NumberedRow[D]]],
    mapping_code: str | None,
    today: date,
    *,
    granted_area_ids: Sequence[int],
    progress: ImportProgress,
    dry_run: bool,
) -> UUID:
    """Import rows as they arrive from a client and return the id of the report.

    When the client goes away, the rows so far are stored, and the report says that it was interrupted.
    """
    # The first batch shows that the file can be read at all: nothing is stored of one that cannot.
    try:
        first = await anext(batches)
    except ClientDisconnect as error:
        raise MalformedBody("The body ended before its first row.") from error
    async with resources.engine.begin() as connection:
        import_id = await open_import(connection, kind.makes, mapping_code, granted_area_ids, dry_run=dry_run)
    running = ImportRun(resources, kind, import_id, today, progress, dry_run=dry_run)
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
        await running.settle()
        async with resources.engine.begin() as connection:
            await close_import(connection, import_id, completed=is_completed)
    return import_id


class ImportRun(Generic[D, F, K]):
    """The rows that wait, the chunk that is being written, and what became of the others.

    Rows that `progress` has counted at the outset are passed over: an earlier attempt has stored them. A row that meets
    one of those is reported as an update of it.
    """

    def __init__(
        self,
        resources: Resources,
        kind: RecordType[D, F, K],
        import_id: UUID,
        today: date,
        progress: ImportProgress,
        *,
        dry_run: bool,
    ) -> None:
        self._resources = resources
        self._kind = kind
        self._import_id = import_id
        self._today = today
        self._progress = progress
        self._dry_run = dry_run
        self._known = kind.nothing_known()
        self._waiting: list[NumberedRow[D]] = []
        self._rows = 0
        self._done = progress.rows
        self._writing: asyncio.Task[None] | None = None
        # By the hash of its key: each record's last row, and what became of it, in one number.
        # This is all that grows with the file, by some 100 bytes a row, and not for ever.
        self._seen: dict[int, int] = {}

    async def take(self, batch: Sequence[NumberedRow[D]]) -> None:
        """Take rows in; a full chunk is written while more arrive."""
        self._waiting += batch[max(0, self._done - self._rows) :]
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

    async def settle(self) -> None:
        """Return when nothing is being written any more, whatever has failed."""
        if self._writing:
            await asyncio.wait([self._writing])

    async def _write(self, chunk: list[NumberedRow[D]]) -> None:
        """Judge a chunk while the one before is being written, then start to write it.

        Returns when the database has all its rows: it works on them while the next chunk is read. Were more read at
        once, the database would wait for rows, and then we for it.
        """
        drafts = [row for _, row in chunk if row is not None and not isinstance(row, Violation)]
        async with self._resources.reading.connect() as reading:
            self._known = known = await self._kind.look_up(reading, drafts, self._known)
            catalogue = await self._resources.catalogue.current(reading)
        judged = await self._judge(chunk, known, catalogue)
        if self._writing:
            await self._writing
        sent = asyncio.Event()
        writing = self._written(chunk, drafts, known, judged, sent)
        self._writing = asyncio.create_task(writing, name="import chunk")
        self._writing.add_done_callback(lambda _ended: sent.set())
        await sent.wait()

    async def _written(
        self, chunk: list[NumberedRow[D]], drafts: Sequence[D], known: K, judged: CheckedRow[F], sent: asyncio.Event
    ) -> None:
        async with self._resources.engine.connect() as connection:
            async with connection.begin() as transaction:
                current = await self._kind.look_up(connection, drafts, known)
                catalogue = await self._resources.catalogue.current(connection)
                if current is not known:  # an area, agreement or definition has just changed
                    judged = await self._judge(chunk, current, catalogue)
                remarks = await self._record(connection, judged, catalogue, sent)
                if self._dry_run:
                    await transaction.rollback()
                else:
                    await self._save(connection, remarks)
            if self._dry_run:
                async with connection.begin():
                    await self._save(connection, remarks)
            else:
                self._resources.wakeup.wakeup()

    async def _save(self, connection: AsyncConnection, remarks: Sequence[Remark]) -> None:
        most = self._resources.settings.limits.import_remarks
        await save_progress(connection, self._import_id, self._progress, remarks, most)

    async def _record(
        self, connection: AsyncConnection, judged: CheckedRow[F], catalogue: Catalogue, sent: asyncio.Event
    ) -> list[Remark]:
        """Record the rows that can be, count all, and return a remark for each that is not stored."""
        latest, repeats = self._latest(judged.facts)
        counts = self._progress.counts
        counts[REFUSED] += judged.refused
        counts[SKIPPED] += judged.skipped
        counts.update(remark.outcome for remark in repeats)
        remarks = [*judged.remarks, *repeats]
        outcomes = await self._kind.record(connection, latest, self._import_id, catalogue, self._today, sent)
        for row, fact in latest:
            remarks += self._count(row, fact, outcomes.get(row, FactOutcome.UNCHANGED))
        self._count_unused(self._kind.unused_codes((fact for _, fact in latest), catalogue))
        return remarks

    def _count_unused(self, found: Counter[tuple[str, str]]) -> None:
        """Count the rows of codes that nothing reads, of the first so many codes."""
        counts = self._progress.unused_codes
        for code, rows in found.items():
            if code in counts or len(counts) < MOST_UNUSED_CODES:
                counts[code] += rows

    async def _judge(self, chunk: Sequence[NumberedRow[D]], known: K, catalogue: Catalogue) -> CheckedRow[F]:
        judged: CheckedRow[F] = CheckedRow()
        for position, (number, row) in enumerate(chunk):
            if position % ROWS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)
            if row is None:
                judged.skipped += 1
                continue
            found: F | list[Violation]
            if isinstance(row, Violation):
                found = [row]
            else:
                found = self._kind.judge(row, known, catalogue, self._today, number)
            if isinstance(found, list):
                judged.refused += 1
                judged.remarks += [
                    Remark(number, REFUSED, violation.field, violation.reason, violation.remedy)
                    for violation in listed(found, MOST_FAULTS_IN_ROW)
                ]
            else:
                judged.facts.append((number, found))
        return judged

    def _latest(self, facts: Sequence[tuple[int, F]]) -> tuple[list[tuple[int, F]], list[Remark]]:
        """Return the facts without those that a later row replaces, and the remarks on those."""
        latest: dict[tuple[object, ...], tuple[int, F]] = {}
        remarks: list[Remark] = []
        for row, fact in facts:
            key = self._kind.key(fact)
            earlier = latest.get(key)
            if earlier is not None and self._kind.is_older(fact, earlier[1]):
                remarks.append(Remark(row, FactOutcome.OUTDATED, *self._kind.outdated))
                continue
            if earlier is not None:
                remarks.append(self._superseded(earlier[0], row))
            latest[key] = row, fact
        return list(latest.values()), remarks

    def _count(self, row: int, fact: F, outcome: FactOutcome) -> Iterator[Remark]:
        """Count a row once, whatever it meets: an earlier row of the same record gives way to it."""
        counts = self._progress.counts
        if outcome == FactOutcome.OUTDATED:
            counts[outcome] += 1
            yield Remark(row, outcome, *self._kind.outdated)
            return
        key = hash(self._kind.key(fact))
        earlier = self._seen.get(key)
        if earlier is not None:
            earlier_row, position = divmod(earlier, len(_OUTCOMES))
            earlier_outcome = _OUTCOMES[position]
            counts[earlier_outcome] -= 1
            counts[SUPERSEDED] += 1
            yield self._superseded(earlier_row, row)
            outcome = next(one for one in _OUTCOMES if one in {outcome, earlier_outcome})
        counts[outcome] += 1
        if earlier is None and len(self._seen) >= MOST_REMEMBERED:
            return
        self._seen[key] = row * len(_OUTCOMES) + _OUTCOMES.index(outcome)

    def _superseded(self, row: int, later: int) -> Remark:
        field_, same = self._kind.key_field
        return Remark(row, SUPERSEDED, field_, f"row {later} {same}", "The last one counts; take the others out.")
