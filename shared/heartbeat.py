"""What each worker says of itself every few seconds: that it lives, which it is, and when it last got something done.

It is in Redis, in a hash with a field for each worker: a worker does nothing without Redis, and can say that it lives
also while PostgreSQL is away, full or read-only. All ages are by Redis' clock and the worker's own stopwatch, so that
no two clocks are compared. While Redis is away nothing is known of any worker.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
from redis.exceptions import RedisError

from shared.version import SOFTWARE_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from redis.asyncio import Redis as AsyncRedis

KEY = "samverkan:workers:1"
"""The number is of the form of what is in it: workers of two versions may run side by side."""

SECONDS_BETWEEN_BEATS = 2.0
SECONDS_UNTIL_SILENT = 10.0
"""A worker that has not been heard of for so long is not counted on."""

SECONDS_UNTIL_STUCK = 120.0
"""One that lives, but has begun no work for so long, will begin none; a job may take 60 seconds."""

_SECONDS_REMEMBERED = 3600
_SECONDS_TO_ANSWER = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last that was heard of a worker. Ages are in seconds; a sweep that has not ended yet has none."""

    worker: str
    host: str
    process_id: int
    version: str
    age: float
    uptime: float
    since_work: float
    since_sweep: float | None
    sweeps: int

    @property
    def is_alive(self) -> bool:
        """Whether it was heard of lately, and begins work."""
        return self.age < SECONDS_UNTIL_SILENT and self.since_work < SECONDS_UNTIL_STUCK


class Pulse:
    """Says that this worker lives, for as long as `run` runs.

    The worker sets `worked_at` when it begins a job, and `swept_at` and `sweeps` when it has swept; times are
    monotonic.
    """

    def __init__(self, connection: AsyncRedis) -> None:
        self._redis = connection
        self._worker = uuid4().hex
        self._started_at = time.monotonic()
        self.worked_at = self._started_at
        self.swept_at: float | None = None
        self.sweeps = 0

    async def run(self) -> None:
        """Beat until cancelled; a worker that ends in good order takes itself off the list."""
        try:
            while True:
                with suppress(RedisError, OSError, TimeoutError):
                    async with asyncio.timeout(_SECONDS_TO_ANSWER):
                        await self.beat()
                await asyncio.sleep(SECONDS_BETWEEN_BEATS)
        finally:
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(_SECONDS_TO_ANSWER):
                    # A task of its own: before Python 3.11.3 nothing is read from Redis in one that has been cancelled.
                    await asyncio.create_task(self._leave())

    async def beat(self) -> None:
        """Say once that this worker lives, and forget those not heard of for an hour."""
        heard, now = await _ask(self._redis)
        gone = [
            name.decode() for name, content in heard.items() if _age(orjson.loads(content), now) > _SECONDS_REMEMBERED
        ]
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(KEY, self._worker, orjson.dumps({"at": now, **self._content()}).decode())
            pipeline.expire(KEY, _SECONDS_REMEMBERED)
            if gone:
                pipeline.hdel(KEY, *gone)
            await pipeline.execute()

    async def _leave(self) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hdel(KEY, self._worker)
            await pipeline.execute()

    def _content(self) -> dict[str, Any]:
        now = time.monotonic()
        return {
            "host": socket.gethostname(),
            "processId": os.getpid(),
            "version": SOFTWARE_VERSION,
            "uptime": now - self._started_at,
            "sinceWork": now - self.worked_at,
            "sinceSweep": None if self.swept_at is None else now - self.swept_at,
            "sweeps": self.sweeps,
        }


async def heard_beats(connection: AsyncRedis) -> list[Beat]:
    """Return the last beat of each worker of the last hour, the latest first; raises what Redis' client raises."""
    return _beats(*await _ask(connection))


async def _ask(connection: AsyncRedis) -> tuple[Mapping[bytes, bytes], tuple[int, int]]:
    """Return what workers have said, and Redis' time."""
    async with connection.pipeline(transaction=False) as pipeline:
        pipeline.hgetall(KEY)
        pipeline.time()
        heard, now = await pipeline.execute()
    return heard, now


def alive(beats: Iterable[Beat]) -> list[Beat]:
    """Return the workers that can be counted on."""
    return [beat for beat in beats if beat.is_alive]


def _beats(heard: Mapping[bytes, bytes], now: tuple[int, int]) -> list[Beat]:
    return sorted((_beat(name.decode(), orjson.loads(content), now) for name, content in heard.items()), key=_by_age)


def _by_age(beat: Beat) -> float:
    return beat.age


def _beat(worker: str, content: Mapping[str, Any], now: tuple[int, int]) -> Beat:
    age = _age(content, now)
    since_sweep = content["sinceSweep"]
    return Beat(
        worker,
        content["host"],
        content["processId"],
        content["version"],
        age,
        content["uptime"] + age,
        content["sinceWork"] + age,
        None if since_sweep is None else since_sweep + age,
        content["sweeps"],
    )


def _age(content: Mapping[str, Any], now: tuple[int, int]) -> float:
    """Return how long ago a beat came. Redis tells its time as seconds and microseconds."""
    seconds, microseconds = content["at"]
    age: float = now[0] - seconds + (now[1] - microseconds) / 1e6
    return max(0.0, age)
