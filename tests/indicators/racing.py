"""Writers, workers and deaths at the same time, and an account of the order in which they came."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.compute.comparisons import compare
from services.indicators.compute.rollup import roll_up
from services.indicators.compute.signals import judge_signals
from services.indicators.compute.sweep import sweep
from shared.db.engine import build_engine
from shared.domain.errors import DomainError
from tests.indicators.histories import Event, Pass
from tests.indicators.world import World

Job: TypeAlias = Callable[[AsyncEngine, World], Awaitable[object]]
# What began, what ended and what was killed, in order: a race that fails is not the same again.
Account: TypeAlias = list[str]

_WRITERS = 3
_TRIES = 5
# Sessions are killed so much more seldom than a pass takes: else none would end where all are slow.
_PASSES_A_DEATH = 3


async def race(world: World, events: Sequence[Event], account: Account) -> None:
    """Let three writers and two of each kind of worker go at it together, while sessions of the latter are killed.

    Days pass while workers are at work. Who writes may be overtaken by one midnight, but not by more.
    """
    done, writing = asyncio.Event(), asyncio.Semaphore(_WRITERS)
    took: deque[float] = deque([0.02], maxlen=40)
    engines = [
        build_engine(world.engine.url.render_as_string(hide_password=False), connections=4, application="racer")
        for _ in range(2)
    ]
    workers = [
        asyncio.create_task(_work_until(done, job, engine, world, account, took))
        for engine in engines
        for job in (_sweep_once, _roll_up_once, _compare_once, _judge_once)
    ]
    killer = asyncio.create_task(_kill_until(done, world, account, took))
    writers = [
        asyncio.create_task(_write(world, writing, writer, events[writer::_WRITERS], account))
        for writer in range(_WRITERS)
    ]
    await asyncio.wait(writers)
    done.set()
    # Whoever fails, all have ended before it is told: what they write would come into the next example.
    outcomes = await asyncio.gather(*writers, killer, *workers, return_exceptions=True)
    for engine in engines:
        await engine.dispose()
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    async with world.engine.begin() as connection:
        # Time passes, too.
        await connection.execute(text("UPDATE postponed_scope SET not_before = now()"))


async def bring_about(event: Event, world: World) -> bool:
    """Let an event happen; what the rules refuse, as the API would, does not. Return whether it did."""
    with suppress(DomainError):
        await event.happen(world)
        return True
    return False


async def _write(
    world: World, writing: asyncio.Semaphore, writer: int, events: Sequence[Event], account: Account
) -> None:
    for event in events:
        account.append(f"writer {writer} begins {event}")
        if isinstance(event, Pass):
            async with world.midnight:
                await _pass(event, world, writing)
            account.append(f"it is {world.as_of}")
        else:
            async with writing:
                happened = await _patiently(event, world)
            account.append(f"writer {writer} {'has committed' if happened else 'was refused'}")


async def _patiently(event: Event, world: World) -> bool:
    """Let an event happen; who waits too long for a lock tries again, as a client does that is answered 503."""
    for _ in range(_TRIES):
        try:
            return await bring_about(event, world)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
    return await bring_about(event, world)


async def _pass(event: Pass, world: World, writing: asyncio.Semaphore) -> None:
    """Let all days but one pass when nobody writes, and the last while they have begun again."""
    for _ in range(_WRITERS):
        await writing.acquire()
    await replace(event, days=event.days - 1).happen(world)
    for _ in range(_WRITERS):
        writing.release()
    await asyncio.sleep(0.02)
    await replace(event, days=1).happen(world)


async def _work_until(
    done: asyncio.Event, job: Job, engine: AsyncEngine, world: World, account: Account, took: deque[float]
) -> None:
    name = f"{job.__name__.strip('_')} of {id(engine) % 1000}"
    while not done.is_set():
        account.append(f"{name} begins")
        began = time.monotonic()
        try:
            await job(engine, world)
        except DBAPIError:
            account.append(f"{name} dies")
        else:
            account.append(f"{name} ends")
            took.append(time.monotonic() - began)
        await asyncio.sleep(0.002)


async def _sweep_once(engine: AsyncEngine, world: World) -> None:
    await sweep(engine, world.definitions, world.clock, seconds=0.2)


async def _roll_up_once(engine: AsyncEngine, world: World) -> None:
    async with engine.begin() as connection:
        await roll_up(connection, world.definitions, world.clock)


async def _compare_once(engine: AsyncEngine, world: World) -> None:
    async with engine.begin() as connection:
        await compare(connection, world.clock, seconds=0.2)


async def _judge_once(engine: AsyncEngine, world: World) -> None:
    await judge_signals(engine.begin, world.clock, seconds=0.2)


async def _kill_until(done: asyncio.Event, world: World, account: Account, took: deque[float]) -> None:
    while not done.is_set():
        await asyncio.sleep(_PASSES_A_DEATH * max(took))
        async with world.engine.begin() as connection:
            killed = (await connection.execute(_KILL_ONE)).scalar_one_or_none()
        if killed is not None:
            account.append(f"killed: {killed}")


_KILL_ONE = text(
    """SELECT left(query, 60) FROM (SELECT query, pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'racer' AND state <> 'idle'
       ORDER BY random() LIMIT 1) AS killed"""
)
