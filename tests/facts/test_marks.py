"""Marks from the worker's side: what is ripe, what is claimed, and what is put off."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.engine import build_engine
from shared.facts.marks import (
    Mark,
    claim,
    oldest_mark_seconds,
    postpone,
    ripe_scopes,
)

TODAY = date(2016, 3, 30)


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        yield connection


async def mark(
    connection: AsyncConnection, owner: int, year: int, ripens_on: str = "-infinity", area: int | None = None
) -> None:
    columns = "writing_area_id, year, area_id, month, ripens_on"
    statement = f"INSERT INTO dirty_mark ({columns}) VALUES (:owner, :year, :area, :m, :r)"
    month = None if area is None else date(year, 1, 1)
    await connection.execute(
        text(statement.replace(":r)", f"'{ripens_on}')")), {"owner": owner, "year": year, "area": area, "m": month}
    )


async def test_scopes_are_found_oldest_first_and_no_more_than_asked_for(connection: AsyncConnection) -> None:
    for owner, year in ((3, 2016), (1, 2016), (3, 2016), (2, 2015)):
        await mark(connection, owner, year)
    assert await ripe_scopes(connection, TODAY, 10) == [(3, 2016), (1, 2016), (2, 2015)]
    assert await ripe_scopes(connection, TODAY, 2) == [(3, 2016), (1, 2016)]


async def test_a_mark_is_found_and_claimed_only_when_it_is_ripe(connection: AsyncConnection) -> None:
    await mark(connection, 1, 2016, "2016-03-31")
    assert await ripe_scopes(connection, TODAY, 10) == []
    assert await claim(connection, [(1, 2016)], TODAY) == []
    assert await ripe_scopes(connection, date(2016, 3, 31), 10) == [(1, 2016)]
    assert await claim(connection, [(1, 2016)], date(2016, 3, 31)) == [Mark(1, 2016, None, None, None)]


async def test_a_claim_takes_each_mark_once_and_only_its_scopes(connection: AsyncConnection) -> None:
    for _ in range(3):
        await mark(connection, 1, 2016, area=5)
    await mark(connection, 1, 2016)
    await mark(connection, 1, 2017)
    await mark(connection, 2, 2016)
    found = await claim(connection, [(1, 2016)], TODAY)
    assert sorted(found, key=str) == sorted(
        [Mark(1, 2016, 5, date(2016, 1, 1), None), Mark(1, 2016, None, None, None)], key=str
    )
    assert await ripe_scopes(connection, TODAY, 10) == [(1, 2017), (2, 2016)]


async def test_a_rollback_brings_the_marks_back(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await mark(connection, 1, 2016)
    async with engine.connect() as connection:
        assert len(await claim(connection, [(1, 2016)], TODAY)) == 1
        await connection.rollback()
        assert await ripe_scopes(connection, TODAY, 10) == [(1, 2016)]


async def test_a_writer_never_waits_for_a_claim(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await mark(connection, 1, 2016)
    other = build_engine(engine.url.render_as_string(hide_password=False))
    async with engine.connect() as worker, other.begin() as writer:
        await claim(worker, [(1, 2016)], TODAY)
        await writer.execute(text("SET LOCAL lock_timeout = '100ms'"))
        await mark(writer, 1, 2016)
    await other.dispose()
    async with engine.connect() as connection:
        assert await ripe_scopes(connection, TODAY, 10) == [(1, 2016)]


async def test_a_failed_scope_waits_twice_as_long_each_time_at_most_15_minutes(connection: AsyncConnection) -> None:
    waits = []
    for _ in range(12):
        await postpone(connection, (1, 2016), "poison")
        row = await connection.execute(
            text("SELECT extract(epoch FROM not_before - clock_timestamp()) FROM postponed_scope")
        )
        waits.append(round(row.scalar_one()))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    attempts = (await connection.execute(text("SELECT attempts, error FROM postponed_scope"))).one()
    assert tuple(attempts) == (12, "poison")


async def test_a_postponed_scope_is_left_out_until_its_time_and_keeps_no_other_back(
    connection: AsyncConnection,
) -> None:
    await mark(connection, 1, 2016)
    await mark(connection, 1, 2017)
    await postpone(connection, (1, 2016), "poison")
    assert await ripe_scopes(connection, TODAY, 10) == [(1, 2017)]
    await connection.execute(text("UPDATE postponed_scope SET not_before = clock_timestamp()"))
    assert await ripe_scopes(connection, TODAY, 10) == [(1, 2016), (1, 2017)]


async def test_success_lets_a_scope_start_afresh(connection: AsyncConnection) -> None:
    await mark(connection, 1, 2016)
    await postpone(connection, (1, 2016), "poison")
    await claim(connection, [(2, 2016), (1, 2016)], TODAY)
    await mark(connection, 1, 2016)
    assert await ripe_scopes(connection, TODAY, 10) == [(1, 2016)]


async def test_the_oldest_mark_tells_how_long_it_has_waited(connection: AsyncConnection) -> None:
    assert await oldest_mark_seconds(connection, TODAY) is None
    await mark(connection, 1, 2016, "2016-04-01")
    assert await oldest_mark_seconds(connection, TODAY) is None
    await mark(connection, 1, 2016)
    await connection.execute(text("UPDATE dirty_mark SET marked_at = clock_timestamp() - interval '90 seconds'"))
    age = await oldest_mark_seconds(connection, TODAY)
    assert age is not None
    assert 89 < age < 100


async def test_a_mark_that_ripened_at_midnight_has_waited_since_then_and_not_since_it_was_made(
    connection: AsyncConnection,
) -> None:
    await mark(connection, 1, 2016)
    await connection.execute(
        text(
            """UPDATE dirty_mark SET marked_at = clock_timestamp() - interval '90 days',
                      ripens_on = (clock_timestamp() AT TIME ZONE 'Europe/Stockholm')::date"""
        )
    )
    age = await oldest_mark_seconds(connection, date(2100, 1, 1))
    assert age is not None
    assert 0 <= age < 25 * 3600
