"""Tells the worker that there is work. Best effort: no fact depends on it, the worker also looks by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.nudges import CHANNEL

SECONDS_A_BURST_LASTS = 0.01
SECONDS_BEFORE_NEXT_TRY = 1.0
SECONDS_TO_ANSWER = 1.0

logger = logging.getLogger(__name__)


class Nudge:
    """Asks the worker for a sweep, in the background and at most once per burst of changes."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url, socket_connect_timeout=SECONDS_TO_ANSWER, socket_timeout=SECONDS_TO_ANSWER
        )
        self._wanted = asyncio.Event()
        self._stopping = asyncio.Event()
        self._is_down = False

    def nudge(self) -> None:
        """Ask for figures afresh; call after the commit. Returns at once and never fails."""
        self._wanted.set()

    async def reaches_redis(self) -> bool:
        """Tell whether Redis answers now."""
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Pass requests on while inside."""
        passing_on = asyncio.create_task(self._run(), name="nudge")
        yield
        # Told to stop, not cancelled: the Redis client can swallow a cancellation that comes while it sends.
        self._stopping.set()
        self._wanted.set()
        await passing_on

    async def _run(self) -> None:
        async with self._redis:
            while await self._wanted.wait() and not self._stopping.is_set():
                # Cleared before the message is sent: a change that commits meanwhile asks anew.
                self._wanted.clear()
                await self._pause(await self._pass_on())

    async def _pass_on(self) -> float:
        """Send the message and return how many seconds to wait before the next."""
        try:
            await self._redis.publish(CHANNEL, b"")
        except Exception as error:  # noqa: BLE001  whatever it is, it must not be the last nudge
            self._tell_down(error)
            self._wanted.set()
            return SECONDS_BEFORE_NEXT_TRY
        self._is_down = False
        return SECONDS_A_BURST_LASTS

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _tell_down(self, error: Exception) -> None:
        if not self._is_down:
            logger.warning("Redis cannot be reached (%s): figures follow when the worker looks by itself", error)
        self._is_down = True
