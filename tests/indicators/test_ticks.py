"""The worker's clock: what takes long holds up no other work."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from services.indicators import clock
from services.indicators.clock import Tick, keep_time
from shared.redis import client

EVERY_SECOND = frozenset(range(60))


@pytest.fixture(autouse=True)
async def _empty_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(clock, "SECONDS_TO_COMPLETE", 0.1)
    monkeypatch.setattr(clock, "SECONDS_TO_BE_CANCELLED", 0.1)
    async with client(redis_url) as redis:
        await redis.flushdb()
        yield
        await redis.flushdb()


@pytest.mark.parametrize("is_redis_there", [True, False])
async def test_work_that_hangs_leaves_room_for_other_work(redis_url: str, *, is_redis_there: bool) -> None:
    """Each tick began it anew: after three seconds of a long pass webhooks and sources were looked for no more."""
    begun: Counter[str] = Counter()

    async def hang() -> None:
        begun["hanging"] += 1
        await asyncio.sleep(60)

    async def look() -> None:
        begun["other"] += 1

    stop = asyncio.Event()
    ticks = {name: Tick(hang, EVERY_SECOND) for name in ("compare", "roll up", "seal")}
    url = redis_url if is_redis_there else "redis://127.0.0.1:1/0"
    running = asyncio.create_task(keep_time(url, {**ticks, "dispatch": Tick(look, EVERY_SECOND)}, stop))
    await asyncio.sleep(8)
    looked = begun["other"]
    await asyncio.sleep(4)
    stop.set()
    await asyncio.wait_for(running, 20)
    assert begun["hanging"] == len(ticks)
    assert begun["other"] >= looked + 2
