"""Areas that begin and end: every figure follows, also above them (trials A9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.extent import sample_of
from tests.indicators.busy_world import BY_CODE, THEMES, be_busy, begin_small_world
from tests.indicators.world import (
    ALFA,
    ALWAYS,
    CLEANUPS,
    HELSINGBORG,
    LANDSKRONA,
    SKANE,
    STOCKHOLM_COUNTY,
    SWEDEN,
    YEAR_2016,
    Annex,
    World,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await begin_small_world(engine)


@pytest.fixture
async def busy(world: World) -> World:
    return await be_busy(world)


async def of_municipalities(world: World, indicator: str, area: str, period: str) -> tuple[int, int] | None:
    """Return how many municipalities report and how many there are, as the comparisons of a value say."""
    async with world.engine.begin() as connection:
        parameters = {"indicator": indicator, "area": area, "period": period}
        found = (await connection.execute(_OF, parameters)).scalar_one_or_none()
    return found and (found["reporting"], found["of"])


LIVES = {
    "ends": DateRange(None, date(2016, 7, 1)),
    "begins": DateRange(date(2016, 5, 14), None),
    "is there for good": ALWAYS,
}


@pytest.mark.parametrize("code", sample_of([ALFA, HELSINGBORG, STOCKHOLM_COUNTY], 3))
async def test_what_an_area_s_beginning_or_end_changes_is_computed_again(busy: World, code: str) -> None:
    """Trials A9: also above it, where a rebuild alone mended it."""
    await busy.settle()
    for name, valid in LIVES.items():
        await busy.put(replace(BY_CODE[code], valid=valid))
        await busy.settle()
        assert (await busy.verify()).total == 0, name


@pytest.mark.parametrize("reporting", [(LANDSKRONA,), (LANDSKRONA, HELSINGBORG)])
async def test_a_municipality_that_ends_is_counted_above_it_no_more(busy: World, reporting: tuple[str, ...]) -> None:
    """Trials A9: where it reported nothing, no other change says so."""
    await busy.agree("all", YEAR_2016, reporting, *(Annex(theme, YEAR_2016) for theme in THEMES))
    await busy.settle()
    reports = len(reporting)
    assert await of_municipalities(busy, CLEANUPS, SKANE, "2016-07") == (reports, 33)
    await busy.put(replace(BY_CODE[HELSINGBORG], valid=DateRange(None, date(2016, 7, 1))))
    await busy.settle()
    for area, number in ((SKANE, 33), (SWEDEN, 290)):
        for period in ("2016-06", "2016-T1"):
            assert await of_municipalities(busy, CLEANUPS, area, period) == (reports, number)
        for period in ("2016-07", "2016"):
            assert await of_municipalities(busy, CLEANUPS, area, period) == (1, number - 1)


async def test_a_county_s_end_is_seen_by_the_country(busy: World) -> None:
    """Trials A9: nothing of the municipalities themselves has changed."""
    await busy.settle()
    await busy.put(replace(BY_CODE[STOCKHOLM_COUNTY], valid=DateRange(None, date(2016, 7, 1))))
    await busy.settle()
    of = [(await of_municipalities(busy, CLEANUPS, SWEDEN, f"2016-{month}") or (0, 0))[1] for month in ("06", "07")]
    assert of == [290, 264]


@pytest.mark.parametrize("code", sample_of([HELSINGBORG, ALFA], 2))
async def test_an_end_that_was_announced_shows_on_its_day(busy: World, code: str) -> None:
    """Trials A9: no one writes then."""
    busy.as_of = date(2016, 6, 20)
    await busy.put(replace(BY_CODE[code], valid=DateRange(None, date(2016, 7, 15))))
    await busy.settle()
    for day in (date(2016, 7, 14), date(2016, 7, 15), date(2016, 8, 1)):
        await busy.settle(day)
        assert (await busy.verify()).total == 0, day


_OF = text(
    """SELECT comparisons -> 'reportingMunicipalities'
       FROM comparison JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE indicator_code = :indicator AND slice = 'all' AND code = :area
         AND period_code(period_type, period_start) = :period"""
)
