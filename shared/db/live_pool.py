"""A pool of psycopg's own connections: none that has ended is handed out, and waiting for one costs little."""

from __future__ import annotations

import asyncio
import select
import time
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from shared.db.access import NO_ACCESS, SET_ACCESS, Access, current_access, settings_of

SECONDS_WHILE_AWAY = 2.0
"""How long a request waits for a connection, and how long one is tried to be made, while PostgreSQL is away."""


class LivePool(AsyncConnectionPool):
    """A pool that hands out no connection that PostgreSQL has ended, and is not waited for long while it is away.

    The library's own check would wait a second for each connection, and its attempts to connect again come ever later;
    here they end soon, and the next request makes a new one. Whoever waits in the library's queue has a task and a
    timer there, which take longer than a tenth of a small answer: here all but the first wait in a plain queue.
    """

    def __init__(self, conninfo: str, *, max_size: int, is_callers: bool, **options: Any) -> None:  # noqa: ANN401  the library's own
        """With `is_callers` each session is told whose access it has."""
        super().__init__(conninfo, max_size=max_size, **options)
        self._is_callers = is_callers
        self._accesses: WeakKeyDictionary[psycopg.AsyncConnection[Any], Access] = WeakKeyDictionary()
        self._turns = asyncio.Semaphore(max_size)
        self._in_line = 0
        self._is_away = False

    async def getconn(self, timeout: float | None = None) -> psycopg.AsyncConnection[Any]:  # noqa: ASYNC109  the library's
        """Return a connection; when the first one has ended, all others are looked at too."""
        left = SECONDS_WHILE_AWAY if self._is_away else self.timeout if timeout is None else timeout
        if self._turns.locked():
            left -= await self._wait_in_line(left)
        else:
            await self._turns.acquire()
        try:
            return await self._live_connection(left)
        except BaseException:
            self._turns.release()
            raise

    async def putconn(self, conn: psycopg.AsyncConnection[Any]) -> None:
        """Take a connection back, and let the next in line have it."""
        try:
            await super().putconn(conn)
        finally:
            self._turns.release()

    def get_stats(self) -> dict[str, int]:
        """Return the library's figures, with those in line among `requests_waiting`."""
        stats = super().get_stats()
        return {**stats, "requests_waiting": stats.get("requests_waiting", 0) + self._in_line}

    async def _wait_in_line(self, seconds: float) -> float:
        """Wait for a turn, and return how long that was."""
        began = time.monotonic()
        self._in_line += 1
        try:
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise PoolTimeout(f"no connection was free for {seconds:.1f} seconds") from None
        finally:
            self._in_line -= 1
        return time.monotonic() - began

    async def _live_connection(self, seconds: float) -> psycopg.AsyncConnection[Any]:
        connection = await super().getconn(seconds)
        if has_news(connection):
            try:
                await self.check_connection(connection)
            except psycopg.Error:
                self._is_away = True
                await super().putconn(connection)
                await self.check()
                connection = await super().getconn(SECONDS_WHILE_AWAY)
        self._is_away = False
        if self._is_callers:
            await self._set_access(connection)
        return connection

    async def _set_access(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Tell a session whose access it has, where that was another's before."""
        access = current_access() or NO_ACCESS
        if self._accesses.get(connection) == access:
            return
        self._accesses.pop(connection, None)
        try:
            await connection.execute(SET_ACCESS, settings_of(access))
        except BaseException:
            await super().putconn(connection)
            raise
        self._accesses[connection] = access

    async def reconnect_failed(self) -> None:
        """Note that no connection can be made."""
        self._is_away = True
        await super().reconnect_failed()


def has_news(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Tell whether something has come that nobody waited for, which is what the end of a connection looks like."""
    if connection.closed:
        return True
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))
