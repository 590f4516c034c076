"""What moves, lies in several areas at once, or lies above the municipality: figures worked out by hand."""

from datetime import date

import pytest
from psycopg.types.range import DateRange

from shared.facts.areas import Area
from tests.indicators.world import (
    ALFA,
    ALWAYS,
    ATTRACTIVE,
    BETA,
    CLEANUPS,
    HELSINGBORG,
    IN_TIME,
    LANDSKRONA,
    NORTH,
    SKANE,
    SOUTH,
    SOUTH_REGION,
    STOCKHOLM_COUNTY,
    SWEDEN,
    VISITED,
    VISITS,
    YEAR_2016,
    World,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


async def test_a_school_that_moves_in_mid_tertial_counts_in_each_municipality_and_once_above(world: World) -> None:
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 2, 15)), (HELSINGBORG, date(2016, 2, 15), None)))
    for number, day in enumerate((date(2016, 1, 10), date(2016, 2, 14), date(2016, 2, 15), date(2016, 4, 1))):
        await world.record(f"v{number}", "school-visit", ALFA, start=day)
    await world.settle()
    for area, visits in ((LANDSKRONA, 2), (HELSINGBORG, 2), (SKANE, 4), (ALFA, 4)):
        assert await world.figure(VISITS, area, "2016-T1") == (visits, None, 0)
        assert await world.figure(VISITED, area, "2016-T1") == (1, None, 0)
    assert await world.figure(VISITED, SKANE, "2016-02") == (1, None, 0)


async def test_an_edge_put_again_moves_the_figures(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await world.put(spot(ALFA, HELSINGBORG))
    await world.settle()
    assert await world.figure(VISITS, LANDSKRONA, "2016") is None
    assert await world.figure(VISITS, HELSINGBORG, "2016") == (1, None, 0)
    assert await world.figure(VISITS, ALFA, "2016") == (1, None, 0)


async def test_what_ripens_later_follows_the_place_to_its_new_municipality(world: World) -> None:
    world.as_of = date(2016, 3, 24)
    await world.record("a", "graffiti-cleanup", ALFA, status="planned", reported=date(2016, 3, 24))
    await world.put(spot(ALFA, HELSINGBORG))
    await world.settle(date(2016, 3, 30))
    assert await world.figure(IN_TIME, HELSINGBORG, "2016-03") == (0, 0, 1)
    await world.settle(date(2016, 3, 31))
    assert await world.figure(IN_TIME, HELSINGBORG, "2016-03") == (0, 1, 0)


async def test_a_place_in_two_districts_counts_once_where_they_meet(world: World) -> None:
    await world.record("a", "school-visit", BETA, start=date(2016, 3, 4))
    await world.settle()
    for area in (BETA, NORTH, SOUTH, LANDSKRONA, SWEDEN):
        assert await world.figure(VISITS, area, "2016-03") == (1, None, 0)


async def test_a_fact_on_an_upper_level_counts_there_and_above_and_never_below(world: World) -> None:
    await world.record("a", "training", SKANE, start=date(2016, 3, 4))
    await world.record("b", "training", SWEDEN, start=date(2016, 3, 4))
    await world.settle()
    assert await world.figure("trainings", SWEDEN, "2016") == (2, None, 0)
    assert await world.figure("trainings", SKANE, "2016") == (1, None, 0)
    assert {area for _, area, _ in await world.figures(only="trainings")} == {SKANE, SOUTH_REGION, SWEDEN}


async def test_a_municipality_that_changes_county_takes_its_empty_rows_along(world: World) -> None:
    await world.agree("a", YEAR_2016, [HELSINGBORG], ATTRACTIVE)
    await world.settle()
    await world.put(spot(HELSINGBORG, STOCKHOLM_COUNTY, kind="municipality"))
    await world.settle()
    assert await world.figure(CLEANUPS, SKANE, "2016") is None
    assert await world.figure(CLEANUPS, STOCKHOLM_COUNTY, "2016") == (0, None, 0)


async def test_a_place_outside_its_days_is_not_placed(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    parents = spot(ALFA, LANDSKRONA).parents
    await world.put(Area(ALFA, "place", "school", ALFA, None, DateRange(date(2016, 4, 1), None), parents))
    await world.settle()
    assert await world.figures() == {}
    await world.put(Area(ALFA, "place", "school", ALFA, None, ALWAYS, parents))
    await world.settle()
    assert await world.figure(VISITS, ALFA, "2016") == (1, None, 0)
