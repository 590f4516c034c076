"""When the worker looks for work: arq's clock, through Redis, and a clock of its own while Redis cannot be used.

Only this module knows arq. A job is a name: it carries nothing, so losing every job loses nothing. What lies in the
queue may be from anyone who reaches Redis: jobs are JSON, never pickles, and what is not one of ours is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import orjson
from arq import Worker, cron
from arq.connections import ArqRedis
from arq.cron import CronJob

from shared import cancellation
from shared.redis import NOT_THERE, UNAVAILABLE, place, pool, reason

QUEUE = "samverkan:clock"
"""Its own: another program's arq may use the same Redis, and older versions of this one read pickles from arq's."""

SECONDS_A_JOB_MAY_TAKE = 60
SECONDS_TO_COMPLETE = 5
SECONDS_BETWEEN_TICKS = 1.0
"""Of its own clock; also how long it waits before Redis is tried again."""

SECONDS_TO_BE_STEADY = 2.0
"""Once arq's clock has run for so long, Redis counts as there again."""

SECONDS_TO_BE_CANCELLED = 1.0

JOB_KEYS = {"t", "f", "a", "k", "et"}
LATEST_MILLISECOND = 4_102_444_800_000  # the year 2100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """Work to look for whenever the second of the minute is one of those, unless it is being looked for.

    It may be looked for more often.
    """

    work: Callable[[], Awaitable[object]]
    seconds: frozenset[int]


async def keep_time(redis_url: str, ticks: Mapping[str, Tick], stop: asyncio.Event) -> None:
    """Have the work looked for until `stop` is set, whatever becomes of Redis."""
    own = OwnClock(ticks)
    try:
        while not stop.is_set():
            await _by_arq(redis_url, ticks, stop, own)
            if not stop.is_set():
                own.tick()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), SECONDS_BETWEEN_TICKS)
    finally:
        await own.stop()


class OwnClock:
    """Ticks without Redis."""

    def __init__(self, ticks: Mapping[str, Tick]) -> None:
        self._ticks = ticks
        self._running: dict[str, asyncio.Task[None]] = {}
        self._is_needed = False

    def takes_over(self, why: str, *details: object) -> None:
        """Say, once until it rests, why Redis is done without."""
        if not self._is_needed:
            log.warning(f"{why}. The worker looks for work by itself until it can.", *details)  # noqa: G004  our text
        self._is_needed = True

    def rests(self) -> None:
        """Say that Redis can be used, if it could not."""
        if self._is_needed:
            log.warning("REDIS_URL's server can be used again")
        self._is_needed = False

    def tick(self) -> None:
        """Begin to look for each kind of work that is not being looked for."""
        for name, tick in self._ticks.items():
            task = self._running.get(name)
            if task is None or task.done():
                self._running[name] = asyncio.create_task(_look(name, tick), name=name)

    async def stop(self) -> None:
        """End what runs."""
        await cancellation.cancel(self._running.values())


async def _look(name: str, tick: Tick) -> None:
    try:
        async with asyncio.timeout(SECONDS_A_JOB_MAY_TAKE):
            await tick.work()
    except Exception:
        log.exception("%s failed; the next tick tries again", name)


async def _by_arq(redis_url: str, ticks: Mapping[str, Tick], stop: asyncio.Event, own: OwnClock) -> None:
    """Run arq's clock until `stop` is set or Redis fails."""
    redis = ArqRedis(pool(redis_url), job_serializer=dump, job_deserializer=load, default_queue_name=QUEUE)
    try:
        try:
            await redis.ping()
            await _run(_arq(redis, ticks), stop, own)
        except NOT_THERE as error:
            own.takes_over("REDIS_URL's server at %s cannot be used: %s", place(redis_url), reason(error))
        except Exception as error:  # noqa: BLE001  a worker without a clock would stand still
            # Something lies in Redis that arq stumbles over, again and again; nothing there is of worth.
            own.takes_over("What is in Redis cannot be used (%s) and is removed", type(error).__name__)
            await redis.delete(QUEUE)
    except UNAVAILABLE as error:
        own.takes_over("REDIS_URL's server at %s cannot be used: %s", place(redis_url), reason(error))
    finally:
        with suppress(*UNAVAILABLE):
            await redis.aclose(close_connection_pool=True)


async def _run(worker: Worker, stop: asyncio.Event, own: OwnClock) -> None:
    """Run arq's worker until it fails or `stop` is set; what it has begun then may be completed for a while."""
    running, stopping = asyncio.create_task(worker.async_run()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([running, stopping], timeout=SECONDS_TO_BE_STEADY, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            own.rests()
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        worker.allow_pick_jobs = False
        await _end(worker.tasks.values(), SECONDS_TO_COMPLETE if stop.is_set() else 0)
        if running.done():
            await running
    finally:
        await cancellation.cancel([running, stopping])


async def _end(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    """End arq's jobs, after the seconds if they are still at it; each would still report to a Redis that is away."""
    left = set(tasks)
    for patience in (seconds, SECONDS_TO_BE_CANCELLED, SECONDS_TO_BE_CANCELLED):
        if left:
            _, left = await asyncio.wait(left, timeout=patience)
        for task in left:
            task.cancel()


def _arq(redis: ArqRedis, ticks: Mapping[str, Tick]) -> Worker:
    """Return arq's worker, whose jobs are the ticks."""
    # No job ids: arq holds a fixed one back for a minute.
    return Worker(
        cron_jobs=[_cron_job(name, tick) for name, tick in ticks.items()],
        queue_name=QUEUE,
        redis_pool=redis,
        handle_signals=False,
        timezone=UTC,
        poll_delay=0.1,  # how late a tick may be
        keep_result=0,
        job_timeout=SECONDS_A_JOB_MAY_TAKE,
        health_check_interval=15,
        max_jobs=2 * len(ticks),  # each kind of work, and a tick that finds it at it
        job_serializer=dump,
        job_deserializer=load,
    )


def _cron_job(name: str, tick: Tick) -> CronJob:
    is_running = False

    async def run(_context: object) -> None:
        nonlocal is_running
        if is_running:  # else what takes long would soon have all the room that arq has for jobs
            return
        is_running = True
        try:
            await tick.work()
        finally:
            is_running = False

    return cron(run, name=name, second={*tick.seconds}, run_at_startup=True)  # type: ignore[arg-type]  # arq's type asks for arguments that no job of ours takes


def dump(job: dict[str, Any]) -> bytes:
    """Return a job, or what became of it, as JSON; an error among it is left out."""
    return orjson.dumps(job, default=lambda _value: None)


def load(stored: bytes) -> dict[str, Any]:
    """Return a job that was stored: one of ours, which takes nothing.

    Raises:
        ValueError: it is something else.
    """
    job = orjson.loads(stored)
    if not (
        isinstance(job, dict)
        and job.keys() == JOB_KEYS
        and isinstance(job["f"], str)
        and (job["a"], job["k"]) == ([], {})
        and type(job["et"]) is int
        and 0 <= job["et"] < LATEST_MILLISECOND
        and job["t"] is None
    ):
        raise ValueError("is no job of the clock")
    return job
