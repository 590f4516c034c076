"""Hears the API's wakeups. Best effort: what is missed, the worker finds when it looks by itself."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from shared.wakeup import CHANNEL

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from redis.asyncio import Redis

SECONDS_BEFORE_NEXT_TRY = 1.0

log = logging.getLogger(__name__)


async def wakeups(redis: Redis) -> AsyncGenerator[None]:
    """Yield at each wakeup, and whenever the connection has come back: some may have been missed. It never ends."""
    while True:
        try:
            async with redis.pubsub() as channel:
                await channel.subscribe(CHANNEL)
                # The answer to the subscription is a message too.
                async for _ in channel.listen():
                    yield
        except Exception as error:  # noqa: BLE001  whatever it is, it must not be the last wakeup heard
            log.warning("Redis cannot be heard (%s): the worker looks by itself", error)
            await asyncio.sleep(SECONDS_BEFORE_NEXT_TRY)
