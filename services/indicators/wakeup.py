"""Hears the API's wakeups. Best effort: what is missed, the worker finds when it looks by itself."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from shared.redis import reason
from shared.wakeup import CHANNEL

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

SECONDS_BEFORE_NEXT_TRY = 1.0
SECONDS_OF_SILENCE = 3.0
"""After so long without a message Redis is asked whether it is there, and has as long to answer."""

log = logging.getLogger(__name__)


async def wakeups(redis: Redis) -> AsyncGenerator[None]:
    """Yield at each wakeup, and whenever the connection has come back: some may have been missed. It never ends."""
    is_lost = False
    while True:
        try:
            async with redis.pubsub() as channel:
                await channel.subscribe(CHANNEL)
                # The answer to the subscription is a message too.
                async for _ in _messages(channel):
                    is_lost = False
                    yield
        except Exception as error:  # noqa: BLE001  whatever it is, it must not be the last wakeup heard
            if not is_lost:
                log.warning("No wakeup can be heard: %s. The worker looks by itself.", reason(error))
            is_lost = True
            await asyncio.sleep(SECONDS_BEFORE_NEXT_TRY)


async def _messages(channel: PubSub) -> AsyncGenerator[None]:
    """Yield at each message. Raises TimeoutError once Redis does not answer any more: a silent channel may be dead."""
    is_asked = False
    while True:
        message = await channel.get_message(timeout=SECONDS_OF_SILENCE)
        if message is None:
            if is_asked:
                raise TimeoutError
            await channel.ping()
            is_asked = True
        else:
            is_asked = False
            if message["type"] != "pong":
                yield
