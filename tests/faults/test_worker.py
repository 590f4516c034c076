"""The worker as a process of its own: whatever is killed, emptied or poisoned, the figures come out right."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.data_directory import DataDirectory
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import today
from tests.extent import ONLY_LONG_OR_FAULTS
from tests.faults.servers import Redis, busyness
from tests.indicators.place_opinion import read_sent
from tests.indicators.rhythm_opinion import by_rhythm
from tests.indicators.second_opinion import CASES, second_opinion
from tests.indicators.world import (
    ALFA,
    BETA,
    GAMMA,
    HELSINGBORG,
    LANDSKRONA,
    STOCKHOLM,
    World,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

SECONDS_TO_SETTLE = 20.0
REPORTING = (LANDSKRONA, HELSINGBORG, STOCKHOLM)


@pytest.fixture(scope="module")
def alarm_clock() -> Iterator[Redis]:
    with TemporaryDirectory(prefix="samverkan-test-") as path:
        directory = DataDirectory(Path(path))
        with directory.locked():
            clock = Redis(directory)
            clock.start()
            yield clock
            clock.stop()


class Workers:
    """Worker processes, each started again when it has died, as `samverkan up` does."""

    def __init__(self, database_url: str, redis_url: str, log: Path) -> None:
        self.environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        self.log = log
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, count: int = 1) -> None:
        for _ in range(count):
            with self.log.open("ab") as output:
                self.running.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "services.indicators.worker"],
                        env=self.environment,
                        stdout=output,
                        stderr=output,
                    )
                )

    def start_the_dead(self) -> None:
        alive = [worker for worker in self.running if worker.poll() is None]
        dead = len(self.running) - len(alive)
        self.running = alive
        self.start(dead)

    def kill(self) -> None:
        """Kill all outright; they have no time for last words."""
        for worker in self.running:
            worker.kill()
            worker.wait()
        self.running = []


@pytest.fixture
def workers(database_url: str, alarm_clock: Redis, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(database_url, alarm_clock.url, tmp_path / "worker.log")
    yield workers
    workers.kill()


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await World(engine, shipped_catalogue(), as_of=today()).begin()  # what the worker computes


async def visit(world: World, count: int, *, first: int = 0) -> None:
    """Record so many activities, two a scope, over many scopes."""
    for number in range(first, first + count):
        area = (ALFA, BETA, GAMMA)[number % 3]
        day = date(2011 + number // 2 % 15, 1 + number % 12, 1 + number % 28)
        if number % 2:
            await world.record(f"v{number}", "school-visit", area, start=day)
        else:
            await world.record(f"v{number}", "graffiti-cleanup", area, reported=day, start=day)


async def wait_until(condition: Callable[[], Awaitable[bool]], workers: Workers, seconds: float) -> None:
    began = time.monotonic()
    while not await condition():
        workers.start_the_dead()
        is_in_time = time.monotonic() - began < seconds * busyness()
        assert is_in_time, f"not within {seconds:g} s\n{workers.log.read_text()[-4000:]}"
        await asyncio.sleep(0.05)


async def is_quiet(world: World) -> bool:
    async with world.engine.begin() as connection:
        statement = """SELECT NOT EXISTS (SELECT FROM dirty_mark WHERE ripens_on <= :day)
                          AND NOT EXISTS (SELECT FROM rollup_mark) AND NOT EXISTS (SELECT FROM comparison_mark)
                 AND NOT EXISTS (SELECT FROM signal_mark)
                          AND EXISTS (SELECT FROM indicator_value)"""
        return bool((await connection.execute(text(statement), {"day": world.as_of})).scalar_one())


async def settle(world: World, workers: Workers) -> None:
    """Wait until the workers have nothing left to do, and hold the figures against a second opinion."""
    await wait_until(lambda: is_quiet(world), workers, SECONDS_TO_SETTLE)
    workers.kill()
    async with world.engine.begin() as connection:
        sent = await read_sent(connection, world.as_of, REPORTING)
        expected = await by_rhythm(connection, sent, await second_opinion(connection, world.as_of, REPORTING))
    figures = await world.figures()
    assert {key: figure for key, figure in figures.items() if key[0] in CASES} == expected
    assert (await world.verify()).total == 0


async def slow_down(world: World) -> None:
    """Make every value take a while to write."""
    async with world.engine.begin() as connection:
        await connection.execute(
            text(
                """CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql
                   AS 'BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END'"""
            )
        )
        await connection.execute(
            text("CREATE TRIGGER dawdle BEFORE INSERT ON indicator_value FOR EACH ROW EXECUTE FUNCTION dawdle()")
        )


async def is_writing(world: World) -> bool:
    async with world.engine.begin() as connection:
        statement = """SELECT EXISTS (SELECT FROM pg_stat_activity
                                      WHERE datname = current_database() AND wait_event = 'PgSleep')"""
        return bool((await connection.execute(text(statement))).scalar_one())


async def test_a_worker_killed_in_the_middle_of_its_work_leaves_it_to_the_next(world: World, workers: Workers) -> None:
    await visit(world, 12)
    await slow_down(world)
    workers.start()
    await wait_until(lambda: is_writing(world), workers, 20)
    workers.kill()
    async with world.engine.begin() as connection:
        # Its session goes on to the end of the statement, which on a busy machine takes a while.
        await connection.execute(text("SET LOCAL lock_timeout = '30s'"))
        await connection.execute(text("DROP TRIGGER dawdle ON indicator_value"))
    assert not await is_quiet(world)
    workers.start()
    await settle(world, workers)


@pytest.mark.long_fault
async def test_an_emptied_redis_loses_nothing(world: World, workers: Workers, alarm_clock: Redis) -> None:
    workers.start()
    for number in range(0, 30, 3):
        await visit(world, 3, first=number)
        alarm_clock.flush()
        await asyncio.sleep(0.15)
    await settle(world, workers)


@ONLY_LONG_OR_FAULTS  # one that falls silent is worse: test_silent_redis.py
async def test_a_redis_that_goes_and_comes_back_loses_nothing(
    world: World, workers: Workers, alarm_clock: Redis
) -> None:
    workers.start()
    await visit(world, 10)
    await wait_until(lambda: is_quiet(world), workers, SECONDS_TO_SETTLE)
    alarm_clock.stop()
    await visit(world, 10, first=10)
    alarm_clock.start()
    await settle(world, workers)


@pytest.mark.long_fault
async def test_killed_database_sessions_lose_nothing(world: World, workers: Workers) -> None:
    workers.start()
    await wait_until(lambda: has_sessions(world), workers, 20)
    for number in range(0, 40, 4):
        await visit(world, 4, first=number)
        await asyncio.sleep(0.2)
        async with world.engine.begin() as connection:
            await connection.execute(
                text(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND application_name = 'samverkan computing'"""
                )
            )
    await settle(world, workers)


async def has_sessions(world: World) -> bool:
    async with world.engine.begin() as connection:
        statement = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                                      AND application_name = 'samverkan computing')"""
        return bool((await connection.execute(text(statement))).scalar_one())


@pytest.mark.long_fault
async def test_two_workers_share_the_work_and_get_it_right(world: World, workers: Workers) -> None:
    workers.start(2)
    for number in range(0, 60, 5):
        await visit(world, 5, first=number)
        await asyncio.sleep(0.1)
        await world.erase(f"v{number}")
    await settle(world, workers)


async def test_poison_holds_up_only_its_own_scope_until_it_is_gone(world: World, workers: Workers) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(
            text(
                f"""CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        IF NEW.area_id = {world.ids[GAMMA]} AND NEW.month = '2016-03-01' THEN
                            RAISE EXCEPTION 'poisoned';
                        END IF;
                        RETURN NEW;
                    END $$"""
            )
        )
        await connection.execute(
            text("CREATE TRIGGER poison BEFORE INSERT ON cell FOR EACH ROW EXECUTE FUNCTION poison()")
        )
    workers.start()
    await world.record("poisoned", "school-visit", GAMMA, start=date(2016, 3, 4))
    await world.record("same scope", "school-visit", GAMMA, start=date(2016, 5, 4))
    await world.record("other year", "school-visit", GAMMA, start=date(2015, 3, 4))
    await world.record("other place", "school-visit", ALFA, start=date(2016, 3, 4))

    async def others_computed() -> bool:
        figures = await world.figures(only="school-visits")
        return {("school-visits", HELSINGBORG, "2015"), ("school-visits", LANDSKRONA, "2016")} <= figures.keys()

    async def is_postponed() -> bool:
        async with world.engine.begin() as connection:
            rows = (await connection.execute(text("SELECT * FROM postponed_scope"))).all()
        if not rows:
            return False
        (row,) = rows
        assert (row.writing_area_id, row.year) == (world.ids[HELSINGBORG], 2016)
        assert "poisoned" in row.error
        return True

    await wait_until(others_computed, workers, SECONDS_TO_SETTLE)
    await wait_until(is_postponed, workers, SECONDS_TO_SETTLE)
    assert await world.figure("school-visits", HELSINGBORG, "2016") is None
    async with world.engine.begin() as connection:
        await connection.execute(text("DROP TRIGGER poison ON cell"))
    await settle(world, workers)
    async with world.engine.begin() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM postponed_scope"))).scalar_one() == 0
