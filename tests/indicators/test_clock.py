"""Clocks that are wrong, and are set right: `trials G5`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.indicators.compute import day_rollover
from shared.db.clock import DatabaseClock
from shared.db.engine import build_engine
from shared.domain.activity import Span
from shared.domain.period import local_date
from shared.domain.role import RoleSpan
from tests.extent import sample_of
from tests.indicators.busy_world import be_busy, begin_small_world
from tests.indicators.other_events import Roles
from tests.indicators.world import ALFA, HELSINGBORG, LANDSKRONA, Annex, World, spot

pytestmark = pytest.mark.fault

DAY = date(2016, 9, 30)


@pytest.fixture
async def busy(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(day_rollover, "SECONDS_CLOCKS_MAY_DIFFER", 0.01)
    world = await begin_small_world(engine)
    world.as_of = DAY
    return await be_busy(world)


async def figures(world: World) -> dict[str, tuple[object, ...]]:
    """Return all that is served, but for when and how often it was computed."""
    async with world.engine.connect() as connection:
        rows = await connection.execute(
            text(
                """SELECT id, numerator, denominator, left_out, status, months_arrived, targets, comparisons
                   FROM served_value"""
            )
        )
        return {row.id: tuple(row[1:]) for row in rows}


@pytest.mark.parametrize("ahead", sample_of([timedelta(100), timedelta(1)], 2), ids=str)
async def test_a_clock_that_was_ahead_leaves_nothing_wrong(
    busy: World, ahead: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    """1 700 rows were wrong until the date caught up, and some 100 afterwards."""
    await busy.settle(DAY)
    before = await figures(busy)
    await busy.settle(DAY + ahead)
    assert await figures(busy) != before
    # What happens meanwhile counts, too: a contact officer begins on a day that has been computed already.
    busy.as_of = DAY
    await Roles(ALFA, (RoleSpan("contact-officer", DAY + timedelta(1), None, 2),)).happen(busy)
    await busy.record("late", "graffiti-cleanup", ALFA, reported=DAY - timedelta(1), start=DAY)
    with caplog.at_level(logging.ERROR):
        await busy.settle(DAY)
    assert "a clock was ahead" in caplog.text
    assert (await busy.verify()).total == 0
    assert not any(id_.endswith("2017") for id_ in await figures(busy))
    for days in (0, 1, 33, 101):
        await busy.settle(DAY + timedelta(days))
        assert (await busy.verify()).total == 0, days


async def test_a_worker_a_moment_behind_at_midnight_is_not_taken_for_a_wrong_clock(busy: World) -> None:
    await busy.settle(DAY + timedelta(1))
    days = iter([DAY, DAY + timedelta(1)])
    async with busy.engine.begin() as connection:
        await day_rollover.roll_over_day(connection, busy.definitions, lambda: next(days))
        assert (
            await connection.execute(text("SELECT count(*) FROM dirty_mark WHERE ripens_on = '-infinity'"))
        ).scalar_one() == 0


@pytest.fixture(params=sample_of([timedelta(400), timedelta(-400)], 2), ids=str)
async def apart(request: pytest.FixtureRequest, engine: AsyncEngine, database_url: str) -> AsyncIterator[AsyncEngine]:
    """Connect to a PostgreSQL whose clock is far from that of this machine."""
    async with engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA IF EXISTS apart CASCADE"))
        await connection.execute(text("CREATE SCHEMA apart"))
        await connection.execute(
            text(
                f"""CREATE FUNCTION apart.clock_timestamp() RETURNS timestamptz LANGUAGE sql
                    AS 'SELECT pg_catalog.clock_timestamp() + interval ''{request.param.days} days'' '"""
            )
        )
    shifted = build_engine(database_url, limits={"search_path": "apart,pg_catalog,public"})
    yield shifted
    await shifted.dispose()


async def test_an_area_that_moves_is_marked_by_the_day_of_the_clock_that_counts(apart: AsyncEngine) -> None:
    """States were marked up to the machine's day: months from there to PostgreSQL's kept the old place's figures."""
    clock = DatabaseClock()
    await clock.look(apart)
    day = clock()
    assert abs(day - datetime.now(UTC).date()) > timedelta(300)
    world, first = World(apart, as_of=day), day - timedelta(800)
    await world.begin()
    span = Span(first, day + timedelta(800))
    await world.agree("schools", span, [LANDSKRONA, HELSINGBORG], Annex("contact-officers", span))
    await Roles(ALFA, (RoleSpan("contact-officer", first, None, 2),)).happen(world)
    await world.settle()
    months = [f"{one:%Y-%m}" for one in (day - timedelta(360), day - timedelta(100), day)]
    place, officers = (LANDSKRONA, HELSINGBORG), "contact-officer-schools"
    before = [[await world.figure(officers, area, month) for area in place] for month in months]
    await world.put(spot(ALFA, HELSINGBORG))
    await world.settle()
    after = [[await world.figure(officers, area, month) for area in reversed(place)] for month in months]
    assert after == before
    assert all(old != new for old, new in before)
    assert (await world.verify()).total == 0


class Times:
    """A process's own clock, and the time that passes."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.own = datetime.now(UTC).timestamp()

    def clock(self) -> DatabaseClock:
        return DatabaseClock(lambda: self.own + self.passed, lambda: self.passed)


async def database_day(connection: AsyncConnection) -> date:
    return local_date((await connection.execute(text("SELECT clock_timestamp()"))).scalar_one())


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1), timedelta(days=400)], ids=str)
async def test_a_process_whose_own_clock_is_wrong_has_the_database_s_day(
    engine: AsyncEngine, step: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    times = Times()
    clock = times.clock()
    async with engine.connect() as connection:
        await clock.set(connection)
        assert clock() == await database_day(connection)
        assert caplog.text == ""
        times.own += step.total_seconds()
        assert clock() == await database_day(connection)  # also before the next look
        await clock.set(connection)
        assert clock() == await database_day(connection)
    assert f"the clock here is {step.total_seconds():+.0f} seconds ahead" in caplog.text
    assert clock.own_seconds_ahead == pytest.approx(step.total_seconds(), abs=5)


async def test_a_step_of_the_database_s_clock_is_reported(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    times = Times()
    clock = times.clock()
    await clock.look(engine)
    times.passed -= 3600  # as if the database's had gone on by an hour more
    times.own += 3600
    await clock.look(engine)
    assert caplog.text == ""  # it was asked just now
    async with engine.connect() as connection:
        await clock.set(connection)
    assert "stepped by +3600 seconds" in caplog.text


async def test_a_look_leaves_what_its_connection_has_planned(database_url: str) -> None:
    """After each, the worker's statements were planned anew, which took longer than all else of a sweep."""
    statement, planned = text("SELECT 1 AS planned"), text("SELECT count(*) FROM pg_prepared_statements")
    engine = build_engine(database_url, connections=1)
    try:
        for _ in range(5):
            async with engine.begin() as connection:
                await connection.execute(statement)
                before = (await connection.execute(planned)).scalar_one()
        await Times().clock().look(engine)
        async with engine.begin() as connection:
            assert (await connection.execute(planned)).scalar_one() >= before > 0
    finally:
        await engine.dispose()


async def test_days_pass_between_looks() -> None:
    times = Times()
    clock = times.clock()
    today = clock()
    times.passed += 86_400
    assert clock() == today + timedelta(1)
