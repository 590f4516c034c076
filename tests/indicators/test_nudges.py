"""The worker hears the API's wakeups, whatever becomes of Redis."""

import asyncio
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from services.indicators.wakeup import wakeups
from shared.wakeup import CHANNEL


async def heard(messages: AsyncIterator[None]) -> None:
    async with asyncio.timeout(5):
        await anext(messages)


async def test_it_hears_each_nudge_and_that_it_has_begun_to_listen(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        messages = wakeups(redis)
        await heard(messages)
        assert await redis.publish(CHANNEL, b"") == 1
        await heard(messages)
        await messages.aclose()


async def test_a_lost_connection_is_made_again_and_counts_as_a_nudge(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        messages = wakeups(redis)
        await heard(messages)
        assert await redis.client_kill_filter(_type="pubsub") == 1
        await heard(messages)
        assert await redis.publish(CHANNEL, b"") == 1
        await heard(messages)
        await messages.aclose()
