"""Marks for comparisons: what each reaches, and in which order they are dealt with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from services.indicators.compute.comparisons import MARK_COMPARISONS, compare, mark_rolled_over_days
from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from tests.indicators.stored_values import (
    AS_OF,
    MONTHS_2015,
    MONTHS_2016,
    StoredValues,
    count,
    mark_and_compare,
)
from tests.indicators.world import (
    ALFA,
    BETA,
    CLEANUPS,
    LANDSKRONA,
    SKANE,
    World,
)


@pytest.mark.parametrize("month", ["2014-02", "2014-12", "2016-05"])
async def test_a_mark_reaches_all_that_compares_with_its_year(
    world: World, stored_values: StoredValues, month: str
) -> None:
    months = [f"{year}-{number:02}" for year in (2013, 2014, 2015, 2016) for number in range(1, 13)]
    await stored_values.put(CLEANUPS, LANDSKRONA, {code: count(2) for code in months})
    assert await stored_values.compare_all() > 0
    await stored_values.put(CLEANUPS, LANDSKRONA, {month: count(7)})
    assert (
        await mark_and_compare(
            stored_values, SeriesYear(stored_values.series[CLEANUPS], world.ids[LANDSKRONA], int(month[:4]))
        )
        > 0
    )
    assert await stored_values.compare_all() == 0


@pytest.mark.parametrize("day", [date(2016, 4, 1), date(2016, 5, 1), date(2017, 1, 1)])
async def test_a_turned_day_marks_what_has_ended(world: World, stored_values: StoredValues, day: date) -> None:
    periods = {code: count(2) for code in (*MONTHS_2015, *MONTHS_2016, "2015-T1", "2016-T1", "2015", "2016")}
    await stored_values.put(CLEANUPS, LANDSKRONA, periods)
    await stored_values.compare_all(day - timedelta(1))
    async with world.engine.begin() as connection:
        await mark_rolled_over_days(connection, day, day)
        assert await compare(connection, lambda: day) > 0
    assert await stored_values.compare_all(day) == 0


async def test_what_stands_beside_a_value_that_is_gone_goes_too(world: World, stored_values: StoredValues) -> None:
    await stored_values.put(CLEANUPS, LANDSKRONA, {"2016-02": count(4), "2016-03": count(5)})
    assert await stored_values.comparisons(CLEANUPS, LANDSKRONA)
    await stored_values.run("DELETE FROM indicator_value")
    assert (
        await mark_and_compare(stored_values, SeriesYear(stored_values.series[CLEANUPS], world.ids[LANDSKRONA], 2016))
        == 1
    )
    assert await stored_values.comparisons(CLEANUPS, LANDSKRONA) == {}


async def test_a_second_pass_meanwhile_leaves_the_marks_to_the_first(world: World, stored_values: StoredValues) -> None:
    async with world.engine.begin() as first, world.engine.begin() as second:
        await compare(first, lambda: AS_OF)
        await second.execute(
            MARK_COMPARISONS,
            as_arrays(SeriesYear._fields, [SeriesYear(stored_values.series[CLEANUPS], world.ids[LANDSKRONA], 2016)]),
        )
        assert await compare(second, lambda: AS_OF) == 0
        assert (await second.execute(text("SELECT count(*) FROM comparison_mark"))).scalar_one() == 1


async def test_places_are_compared_last(
    world: World, stored_values: StoredValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.indicators.compute.comparisons.MOST_MARKS", 1)
    marked = [ALFA, LANDSKRONA, BETA, SKANE]
    for area in marked:
        await stored_values.put(CLEANUPS, area, {"2016-02": count(4), "2016-03": count(5)})
        async with world.engine.begin() as connection:
            await connection.execute(
                MARK_COMPARISONS,
                as_arrays(SeriesYear._fields, [SeriesYear(stored_values.series[CLEANUPS], world.ids[area], 2016)]),
            )
    for compared in (1, 2, 3, 4):
        async with world.engine.begin() as connection:
            assert await compare(connection, lambda: AS_OF, seconds=0) > 0
            left = set((await connection.execute(_MARKED)).scalars())
        assert left == {*[LANDSKRONA, SKANE, ALFA, BETA][compared:]}


_MARKED = text("SELECT code FROM comparison_mark JOIN area USING (area_id)")
