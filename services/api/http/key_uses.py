"""When keys were last used: noted to the hour, aside from all requests, which neither wait for it nor fail by it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING
from uuid import UUID

from shared.db.engine import log_failure

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SECONDS_AFTER_FAILURE = 60.0
SECONDS_TO_WAIT = 1.0
_NOTE = b"SELECT note_key_use(%s)"

logger = logging.getLogger(__name__)


class KeyUses:
    """Notes together what has come meanwhile: one statement at a time, on connections that others wait for too.

    PostgreSQL keeps to the hour, also where several processes note the same.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._unnoted: set[UUID] = set()
        self._noting: asyncio.Task[None] | None = None
        self._not_before = 0.0

    def note(self, key_id: UUID) -> None:
        """Have it noted soon that a key is used. After a failure it is left alone for a while."""
        if time.monotonic() < self._not_before:
            return
        self._unnoted.add(key_id)
        if self._noting is None or self._noting.done():
            self._noting = asyncio.create_task(self._note_all(), name="key uses")

    async def stop(self) -> None:
        """Let what is being noted come to its end."""
        if self._noting is not None:
            await self._noting

    async def _note_all(self) -> None:
        while self._unnoted:
            noted, self._unnoted = self._unnoted, set()
            try:
                async with self._pool.connection(SECONDS_TO_WAIT) as connection:
                    await connection.execute(_NOTE, ([*noted],))
            except Exception as error:  # noqa: BLE001  whatever it is, requests go on
                self._not_before = time.monotonic() + SECONDS_AFTER_FAILURE
                log_failure(logger, "Noting that keys are used", error)
