"""Which day it is: by PostgreSQL's clock, one for all processes, whatever those of their machines say."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import cancellation
from shared.db.engine import name_of
from shared.domain.period import local_date

SECONDS_BETWEEN_LOOKS = 5.0
"""A look takes a figure that is waited for more than a millisecond."""

SECONDS_BETWEEN_LOOKS_IN_BACKGROUND = 20.0
SECONDS_WORTH_A_WORD = 2.0
"""So far apart clocks may be, and so far one may step, without being logged."""

_NOW = text("SELECT extract(epoch FROM clock_timestamp())")

log = logging.getLogger(__name__)


class DatabaseClock:
    """Tells the day in Stockholm.

    PostgreSQL is asked now and then; in between the time that has passed is measured, so that it does not matter when
    the process's own clock is set. Until PostgreSQL could be asked, the process's own clock is all there is.
    """

    def __init__(self, moment: Callable[[], float] = time.time, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._moment = moment
        self._elapsed = elapsed
        self._began: float | None = None
        self._looks_at = 0.0
        self.own_seconds_ahead = 0.0
        """How far the process's own clock is ahead of PostgreSQL's, when they were last compared."""

    def __call__(self) -> date:
        """Return today's date in Stockholm."""
        now = self._moment() if self._began is None else self._began + self._elapsed()
        return local_date(datetime.fromtimestamp(now, UTC))

    async def look(self, engine: AsyncEngine) -> None:
        """Ask PostgreSQL for the time, unless it was asked a few seconds ago."""
        if self._elapsed() >= self._looks_at:
            # It ends in a COMMIT: a ROLLBACK has the driver forget all statements that the connection has planned.
            async with engine.begin() as connection:
                await self.set(connection)

    @asynccontextmanager
    async def running(self, engine: AsyncEngine) -> AsyncIterator[None]:
        """Ask PostgreSQL again and again while inside."""
        keeping = asyncio.create_task(self._run(engine), name="clock")
        yield
        await cancellation.cancel([keeping])

    async def _run(self, engine: AsyncEngine) -> None:
        while True:
            try:
                await self.look(engine)
            except Exception as error:  # noqa: BLE001  whatever it is, it must not be the last look
                log.debug("PostgreSQL does not tell the time: %s", name_of(error))
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS_IN_BACKGROUND)

    async def set(self, connection: AsyncConnection) -> None:
        """Take over PostgreSQL's time, and log when it, or the process's own, is not what it should be."""
        asked = self._elapsed()
        now = float((await connection.execute(_NOW)).scalar_one())
        answered = self._elapsed()
        began = now - (asked + answered) / 2
        if self._began is not None and abs(began - self._began) > SECONDS_WORTH_A_WORD:
            log.warning("PostgreSQL's clock has stepped by %+.0f seconds", began - self._began)
        ahead = self._moment() - (began + answered)
        if abs(ahead - self.own_seconds_ahead) > SECONDS_WORTH_A_WORD:
            log.warning("the clock here is %+.0f seconds ahead of PostgreSQL's, which counts", ahead)
        self._began, self.own_seconds_ahead = began, ahead
        self._looks_at = answered + SECONDS_BETWEEN_LOOKS
