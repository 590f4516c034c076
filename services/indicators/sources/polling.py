"""Reads the sources that are asked rather than reporting by themselves; each has a task of its own.

A run that ends anywhere goes on where the last whole window ended. What is read twice changes nothing the second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from services.indicators.sources.completions import preserve_completions
from shared import cancellation
from shared.connectors.fetching import Failure, NotFetched
from shared.connectors.open311 import Endpoint, Habits, requests_in, windows
from shared.connectors.service_requests import Untranslatable, translate
from shared.db.actor import Actor, acting_as
from shared.db.engine import is_unavailable, log_failure, took_too_long
from shared.db.territories import FiguresAbove, acting_for
from shared.domain.errors import Violation
from shared.facts.activities import ActivityFact, record
from shared.facts.pulled_sources import ClaimedSource, Tally, advance, claim, fail, hold, release, succeed
from shared.facts.references import find_references
from shared.intake.activities import judge, read, stored_from_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from shared.connectors.fetching import Fetcher
    from shared.connectors.service_requests import Translation
    from shared.domain.period import Clock
    from shared.facts.catalogue_in_force import CatalogueInForce

MOST_AT_ONCE = 4
# Of these: a place is left to others while the servers of one are slow.
MOST_OF_AN_OWNER = 3
# Requests that are recorded in one transaction, which keeps all areas from being changed. A server without pages sends
# any number at once.
CHUNK = 100
OUR_FAULT = "internalError"
_READ_IN_PARTS = Violation(
    "page", "the server sends its first page for every page: it is read in shorter spans", "Ask its operator for pages."
)

log = logging.getLogger(__name__)


class SourceTaken(Exception):
    """The source has been changed, removed or taken over by another process: this run is over."""


class Poller:
    """Looks for sources that are due and reads them in the background; several processes may do so at once."""

    def __init__(self, engine: AsyncEngine, fetcher: Fetcher, definitions: CatalogueInForce, clock: Clock) -> None:
        self._engine = engine
        self._fetcher = fetcher
        self._definitions = definitions
        self._clock = clock
        self._reading: dict[asyncio.Task[None], ClaimedSource] = {}

    async def look(self) -> None:
        """Begin to read what is due, and keep hold of what is being read; returns before it is read."""
        if self._reading:
            async with self._engine.begin() as connection:
                for one in self._reading.values():
                    await hold(connection, one)
        while len(self._reading) < MOST_AT_ONCE:
            reading = Counter(one.owner_area_id for one in self._reading.values())
            busy = [owner for owner, number in reading.items() if number >= MOST_OF_AN_OWNER]
            async with self._engine.begin() as connection:
                taken = await claim(connection, busy)
            if taken is None:
                return
            # The task is started with the context that it is made in: all that it writes is the source's.
            with acting_as(Actor(f"pulled-sources/{taken.code}", taken.code)):
                task = asyncio.create_task(self._run(taken), name=f"pulling {taken.code}")
            self._reading[task] = taken
            task.add_done_callback(self._reading.pop)

    async def finish(self) -> None:
        """Wait until all that was begun has ended."""
        while self._reading:
            await asyncio.wait(self._reading)

    async def stop(self) -> None:
        """Leave what is being read: another process goes on with it."""
        await cancellation.cancel(self._reading)

    async def _run(self, taken: ClaimedSource) -> None:
        tally = Tally()
        try:
            await self._read(taken, tally)
        except SourceTaken:
            log.info("%s was changed while it was read", taken.code)
        except NotFetched as error:
            log.warning("%s could not be read: %s", taken.code, error.failure)
            await self._conclude(fail, taken, tally, error.failure.value, error.retry_after)
        except asyncio.CancelledError:
            await self._conclude(release, taken)
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the run has an end
            log_failure(log, f"reading {taken.code}", error)
            if is_unavailable(error) and not took_too_long(error):  # nothing is wrong with the source
                await self._conclude(release, taken)
            else:
                await self._conclude(fail, taken, tally, OUR_FAULT, None)
        else:
            await self._conclude(succeed, taken, tally)

    async def _conclude(self, conclude: Any, *arguments: object) -> None:  # noqa: ANN401  one of several endings
        """Write down how a run ended. Where that fails its lease runs out, and another goes on where it was."""
        try:
            async with self._engine.begin() as connection:
                await conclude(connection, *arguments)
        except Exception as error:  # noqa: BLE001  nobody waits for a run
            log_failure(log, "ending a run", error)

    async def _read(self, taken: ClaimedSource, tally: Tally) -> None:
        source, habits = taken.source, Habits()
        endpoint = Endpoint(source.url, source.jurisdiction, [*source.services])
        for window in windows(_first_moment(taken), datetime.now(UTC)):
            async for requests in requests_in(self._fetcher, endpoint, window, habits):
                for start in range(0, len(requests), CHUNK):
                    async with (
                        self._engine.begin() as connection,
                        # It reads no figures.
                        acting_for(connection, taken.owner_area_id, self._clock(), FiguresAbove.OPEN),
                    ):
                        await self._record(connection, taken, requests[start : start + CHUNK], tally)
            async with self._engine.begin() as connection:
                await advance(connection, taken, window.last)
        if habits.repeats:
            tally.settle(_READ_IN_PARTS, habits.repeats)
        if habits.is_incomplete:
            raise NotFetched(Failure.INCOMPLETE)

    async def _record(
        self, connection: AsyncConnection, taken: ClaimedSource, requests: Sequence[Mapping[str, Any]], tally: Tally
    ) -> None:
        """Record some requests, all or none of those that break no rule."""
        if not await hold(connection, taken):
            raise SourceTaken
        translations = [*_translations(requests, taken, tally)]
        await preserve_completions(connection, taken.code, translations)
        today, pattern = self._clock(), taken.source.case_numbers
        drafts = [read(made.document, made.faults, pattern) for made in translations]
        known = await find_references(connection, {draft.reference for draft in drafts})
        stored = await stored_from_before(connection, drafts, known)
        catalogue = await self._definitions.current(connection)
        for draft in drafts:
            judged = judge(draft, known.of(draft.reference, is_stored=draft.key in stored), catalogue, today)
            if isinstance(judged, ActivityFact):
                recorded = await record(connection, judged, catalogue.deadlines, today)
                tally.counts[recorded.outcome] += 1
            else:
                _refuse(tally, judged)


def _first_moment(taken: ClaimedSource) -> datetime:
    """Return the moment to read from: the source's first day, or so many days before the last window's end."""
    source = taken.source
    since = datetime.combine(source.since, time.min, ZoneInfo(source.time_zone)).astimezone(UTC)
    return max(since, taken.position - timedelta(days=source.look_back_days)) if taken.position else since


def _translations(requests: Sequence[Mapping[str, Any]], taken: ClaimedSource, tally: Tally) -> Iterator[Translation]:
    for request in requests:
        try:
            made = translate(request, taken.source, taken.code)
        except Untranslatable as error:
            _refuse(tally, [error.violation])
            continue
        tally.placed_otherwise += made.is_placed_otherwise
        for violation in made.settled:
            tally.settle(violation)
        yield made


def _refuse(tally: Tally, violations: Sequence[Violation]) -> None:
    tally.counts["refused"] += 1
    for violation in violations:
        tally.refuse(violation)
