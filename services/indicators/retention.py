"""The worker's part in how long facts stay: once they are old enough, they are removed and their figures stay."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from shared import cancellation
from shared.db.actor import WORKER
from shared.db.engine import log_failure
from shared.domain.working_days import CALENDAR_FIRST
from shared.retention.removal import FiguresPending, boundary_of, close_years, remove_facts

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncEngine

    from shared.domain.period import Clock
    from shared.facts.catalogue_in_force import CatalogueInForce

# To look for what is old reads all facts.
SECONDS_BETWEEN_REMOVALS = 24 * 3600.0
SECONDS_BEFORE_NEXT_TRY = 3600.0

log = logging.getLogger(__name__)


class FactRemover:
    """Removes facts in the background, once a day: on most days, those alone that were open and are closed now.

    `years` is how many whole years facts stay after their own: as long as the calendar has no older ones, for good.
    """

    def __init__(self, engine: AsyncEngine, definitions: CatalogueInForce, clock: Clock, years: int) -> None:
        self._engine = engine
        self._definitions = definitions
        self._clock = clock
        self._years = years
        self._next_removal = 0.0
        self._removing: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Begin to remove facts that are old enough, where there is such an age; returns before they are removed."""
        if self._removing is None and time.monotonic() >= self._next_removal:
            self._next_removal = time.monotonic() + SECONDS_BEFORE_NEXT_TRY
            before = boundary_of(self._clock(), self._years)
            if before <= CALENDAR_FIRST:
                return
            self._removing = asyncio.create_task(self._run(before), name="removing facts")
            self._removing.add_done_callback(self._ended)

    async def finish(self) -> None:
        """Wait until what was begun has ended."""
        if self._removing is not None:
            await asyncio.wait([self._removing])

    async def stop(self) -> None:
        """Leave what is being removed: nothing of it is, and the next time all."""
        if self._removing is not None:
            await cancellation.cancel([self._removing])

    def _ended(self, _task: asyncio.Task[None]) -> None:
        self._removing = None

    async def _run(self, before: date) -> None:
        try:
            await self._remove(before)
        except FiguresPending:
            log.info("figures of old years are still to be computed: their facts are removed in an hour")
        except Exception as error:  # noqa: BLE001  the next hour tries again
            log_failure(log, "removing facts", error)
        else:
            self._next_removal = time.monotonic() + SECONDS_BETWEEN_REMOVALS

    async def _remove(self, before: date) -> None:
        async with self._engine.begin() as connection:
            await close_years(connection, before, self._clock())
        async with self._engine.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            catalogue = await self._definitions.current(connection)
            removed = await remove_facts(connection, catalogue, WORKER)
        if removed.by_area:
            log.info("facts from before %s were removed: %s", before, removed.summary)
