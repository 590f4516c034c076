"""The data that every database has: loaded once, mended where it is ours, left alone where it was changed."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST, due_on, is_working_day
from shared.facts.reference_data import load_reference
from tests.indicators.world import World


async def test_the_calendar_counts_working_days_as_the_domain_does(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT day, ordinal, is_working FROM calendar_day ORDER BY day"))).all()
        (due,) = (
            await connection.execute(
                text(
                    """SELECT due.day FROM calendar_day AS reported JOIN calendar_day AS due
                           ON due.is_working AND due.ordinal = reported.ordinal + 2
                       WHERE reported.day = '2016-03-24'"""
                )
            )
        ).scalars()
    assert (rows[0].day, rows[-1].day) == (CALENDAR_FIRST, CALENDAR_LAST)
    assert due.isoformat() == "2016-03-30"
    year_2016 = [row for row in rows if row.day.year == 2016]
    assert [row.is_working for row in year_2016] == [is_working_day(row.day) for row in year_2016]
    assert due_on(year_2016[0].day, 1).isoformat() == "2016-01-04"


async def test_loading_again_changes_nothing(engine: AsyncEngine) -> None:
    async def state() -> list[tuple[Any, ...]]:
        async with engine.connect() as connection:
            statement = """SELECT 'a' || area_id, xmin::text FROM area
                           UNION ALL SELECT day::text, xmin::text FROM calendar_day"""
            return sorted(map(tuple, await connection.execute(text(statement))))

    before = await state()
    async with engine.begin() as connection:
        await load_reference(connection)
    assert await state() == before


async def test_a_wrong_calendar_is_mended_and_a_changed_area_stands(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE calendar_day SET is_working = false WHERE day = '2016-03-24'"))
        await connection.execute(text("DELETE FROM calendar_day WHERE day > '2070-01-01'"))
        await connection.execute(text("UPDATE area SET name = 'Landskrona stad' WHERE code = '1282'"))
        await load_reference(connection)
        query = "SELECT is_working FROM calendar_day WHERE day = '2016-03-24'"
        assert (await connection.execute(text(query))).scalar_one() is True
        assert (await connection.execute(text("SELECT max(day) FROM calendar_day"))).scalar_one() == CALENDAR_LAST
        query = "SELECT name FROM area WHERE code = '1282'"
        assert (await connection.execute(text(query))).scalar_one() == "Landskrona stad"


async def test_a_mended_calendar_computes_everything_anew(world: World) -> None:
    await world.record("a", "graffiti-cleanup", "1282", reported=date(2016, 3, 24), start=date(2016, 3, 30))
    await world.settle()
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE calendar_day SET is_working = false WHERE day = '2016-03-29'"))
        await load_reference(connection)
        scopes = await connection.execute(text("SELECT year FROM dirty_mark WHERE area_id IS NULL AND year = 2016"))
        assert scopes.scalars().first() == 2016
