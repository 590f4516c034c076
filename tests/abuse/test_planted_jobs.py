"""What others put into Redis makes the worker run nothing, and stops it from nothing: `trials C13`."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from arq.constants import job_key_prefix
from redis.asyncio import Redis

from services.indicators import clock
from services.indicators.clock import QUEUE, Tick, dump, keep_time, load
from shared.redis import client

EVERY_SECOND = frozenset(range(60))
JOB: dict[str, Any] = {"t": None, "f": "look", "a": [], "k": {}, "et": 1}


class Command:
    """An object whose pickle runs a command where it is read."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, (f"touch {self.proof}",)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "SECONDS_BETWEEN_TICKS", 0.05)
    monkeypatch.setattr(clock, "SECONDS_TO_BE_STEADY", 0.2)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with client(redis_url) as redis:
        await redis.flushdb()
        yield redis
        await redis.flushdb()


@asynccontextmanager
async def ticking(redis_url: str) -> AsyncIterator[Callable[[], Any]]:
    """Run a clock, and yield what waits until the next tick but one: what was there before has been read then."""
    ticks: asyncio.Queue[None] = asyncio.Queue()
    stop = asyncio.Event()
    running = asyncio.create_task(keep_time(redis_url, {"look": Tick(lambda: ticks.put(None), EVERY_SECOND)}, stop))

    async def ticked() -> None:
        while not ticks.empty():
            ticks.get_nowait()
        for _ in range(2):
            await asyncio.wait_for(ticks.get(), 10)
        assert not running.done()

    yield ticked
    stop.set()
    await asyncio.wait_for(running, 10)


async def plant(redis: Redis, content: bytes, job: str = "planted") -> None:
    await redis.set(f"{job_key_prefix}{job}", content)
    await redis.zadd(QUEUE, {job: 1})


async def test_a_planted_pickle_is_refused_and_the_worker_goes_on(
    redis: Redis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    proof = tmp_path / "proof"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        await plant(redis, pickle.dumps(Command(proof), protocol), f"pickle-{protocol}")
    with caplog.at_level(logging.ERROR):
        async with ticking(redis_url) as ticked:
            await ticked()
    assert not proof.exists()
    assert "deserializing job pickle-5 failed" in caplog.text
    assert await redis.exists(f"{job_key_prefix}pickle-5") == 0


NO_JOBS = (
    b"",
    b"[]",
    b"{}",
    b"[" * 5000,
    *(
        orjson.dumps({**JOB, **one})
        for one in (
            {"f": ["x"]},
            {"f": "os.system"},
            {"a": ["id"]},
            {"k": {"x": 1}},
            {"t": "x"},
            {"t": 10**18},
            {"et": 10**18},
            {"et": None},
            {"more": 1},
        )
    ),
)


async def test_nothing_else_planted_as_a_job_stops_the_clock(redis: Redis, redis_url: str) -> None:
    for number, content in enumerate(NO_JOBS):
        await plant(redis, content, f"planted-{number}")
    async with ticking(redis_url) as ticked:
        await ticked()
        await ticked()
    assert [key async for key in redis.scan_iter(f"{job_key_prefix}planted-*")] == []


NOT_STORED = (b"\xff\xfe", "without a job", "")


@pytest.mark.parametrize("commands", [[("SET", QUEUE, "no queue")], [("ZADD", QUEUE, "1", job) for job in NOT_STORED]])
async def test_a_queue_that_is_none_is_removed(redis: Redis, redis_url: str, commands: list[tuple[str, ...]]) -> None:
    for command in commands:
        await redis.execute_command(*command)  # type: ignore[no-untyped-call]  # the library's
    async with ticking(redis_url) as ticked:
        await ticked()
        await ticked()
    assert await redis.type(QUEUE) in {b"zset", b"none"}


async def test_keys_of_another_type_stop_nothing(redis: Redis, redis_url: str) -> None:
    for kind in ("job", "retry", "in-progress"):
        await plant(redis, orjson.dumps(JOB), kind)
        await redis.delete(f"arq:{kind}:{kind}")
        await redis.hset(f"arq:{kind}:{kind}", "no", "text")  # type: ignore[misc]  # also of a blocking client
    async with ticking(redis_url) as ticked:
        await ticked()
        await ticked()


def test_what_the_clock_stores_is_what_it_reads() -> None:
    assert load(dump(JOB)) == JOB
    assert load(dump({**JOB, "a": ()})) == JOB
