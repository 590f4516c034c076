"""Targets judged as figures and days move."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from shared.domain.activity import Span
from shared.domain.period import PeriodType
from shared.domain.target import TargetRule
from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    BETA,
    CLEANUPS,
    HELSINGBORG,
    LANDSKRONA,
    NORTH,
    SKANE,
    VISITED,
    YEAR_2016,
    Annex,
    Goal,
    World,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


def ceiling(most: int, area: str = LANDSKRONA, per: PeriodType = PeriodType.YEAR) -> Annex:
    return Annex("attractive-city", YEAR_2016, (Goal(CLEANUPS, area, TargetRule.AT_MOST, Decimal(most), per),))


async def clean(world: World, *days: date, area: str = LANDSKRONA) -> None:
    for day in days:
        await world.record(f"{area} {day}", "graffiti-cleanup", area, reported=day, start=day)


async def judgements(world: World, area: str = LANDSKRONA, indicator: str = CLEANUPS) -> dict[str, str]:
    """Return the judgement of the first target in each period."""
    async with world.engine.begin() as connection:
        rows = await connection.execute(
            text(
                """SELECT period_type, period_start, targets
                   FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
                   WHERE code = :area AND indicator_code = :indicator"""
            ),
            {"area": area, "indicator": indicator},
        )
        return {f"{row.period_type} {row.period_start}": row.targets[0]["judgement"] for row in rows if row.targets}


async def test_a_ceiling_is_missed_once_exceeded_and_met_only_at_the_end(world: World) -> None:
    world.as_of = date(2016, 9, 1)
    await world.agree("a", YEAR_2016, [LANDSKRONA], ceiling(2))
    await clean(world, date(2016, 1, 5), date(2016, 2, 5))
    await world.settle()
    # Two in 244 of 366 days makes three in a year.
    assert (await judgements(world))["year 2016-01-01"] == "atRisk"
    await clean(world, date(2016, 8, 5))
    await world.settle()
    judged = await judgements(world)
    assert judged["year 2016-01-01"] == judged["tertial 2016-05-01"] == judged["month 2016-08-01"] == "missed"
    assert judged["month 2016-07-01"] == "atRisk"
    await world.erase(f"{LANDSKRONA} 2016-08-05")
    await world.settle(date(2017, 1, 1))
    assert (await judgements(world))["year 2016-01-01"] == "met"


@pytest.mark.parametrize("area", [LANDSKRONA, NORTH, SKANE])
async def test_a_forecast_moves_with_the_day_alone_until_the_year_has_ended(world: World, area: str) -> None:
    world.as_of = date(2016, 3, 1)
    await world.agree("a", YEAR_2016, [SKANE], ceiling(4, area))
    await clean(world, date(2016, 1, 5), area=area)
    await world.settle()
    assert (await judgements(world, area))["year 2016-01-01"] == "atRisk"
    await world.settle(date(2016, 4, 30))
    assert (await judgements(world, area))["year 2016-01-01"] == "onCourse"
    await world.settle(date(2016, 12, 31))
    assert (await judgements(world, area))["year 2016-01-01"] == "onCourse"
    await world.settle(date(2017, 1, 1))
    assert (await judgements(world, area))["year 2016-01-01"] == "met"


async def test_a_place_without_a_single_municipality_is_judged_too(world: World) -> None:
    world.as_of = date(2016, 3, 1)
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 2, 1)), (HELSINGBORG, date(2016, 2, 1), None)))
    await world.agree("a", YEAR_2016, [SKANE], ceiling(4, ALFA))
    await clean(world, date(2016, 1, 5), area=ALFA)
    await world.settle()
    assert (await judgements(world, ALFA))["year 2016-01-01"] == "atRisk"
    await world.settle(date(2016, 4, 30))
    assert (await judgements(world, ALFA))["year 2016-01-01"] == "onCourse"


@pytest.mark.parametrize("area", [LANDSKRONA, SKANE])
async def test_fewer_than_the_year_before_is_judged_again_when_the_year_before_changes(world: World, area: str) -> None:
    world.as_of = date(2016, 6, 1)
    both = Span(date(2015, 1, 1), date(2016, 12, 31))
    goal = Goal(CLEANUPS, area, TargetRule.LESS_THAN_BEFORE)
    await world.agree("a", both, [SKANE], Annex("attractive-city", both, (goal,)))
    await clean(world, date(2015, 2, 5), date(2015, 12, 7), date(2016, 2, 5), area=area)
    await world.settle()
    assert (await judgements(world, area))["year 2016-01-01"] == "atRisk"
    await clean(world, date(2015, 11, 9), area=area)
    await world.settle()
    # One so far, as of three a year before by the same point one had come.
    assert (await judgements(world, area))["year 2016-01-01"] == "atRisk"
    await world.erase(f"{area} 2015-02-05")
    await clean(world, date(2015, 3, 9), date(2015, 4, 9), area=area)
    await world.settle()
    # Two of four had come by then: one now makes two.
    assert (await judgements(world, area))["year 2016-01-01"] == "onCourse"


async def test_a_year_before_that_becomes_known_only_by_its_empty_rows_is_compared_with(world: World) -> None:
    world.as_of = date(2016, 6, 1)
    goal = Goal(CLEANUPS, LANDSKRONA, TargetRule.LESS_THAN_BEFORE)
    await world.agree("a", YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016, (goal,)))
    await clean(world, date(2016, 2, 5))
    await world.settle()
    assert (await judgements(world))["year 2016-01-01"] == "notJudged"
    year_2015 = Span(date(2015, 1, 1), date(2015, 12, 31))
    await world.agree("b", year_2015, [LANDSKRONA], Annex("attractive-city", year_2015))
    await world.settle()
    assert (await judgements(world))["year 2016-01-01"] == "missed"


async def test_a_target_that_goes_takes_its_judgement_along(world: World) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ceiling(2))
    await clean(world, date(2016, 1, 5))
    await world.settle()
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    assert await judgements(world) == {}


@pytest.mark.parametrize("area", [LANDSKRONA, SKANE])
async def test_a_place_visited_twice_counts_once_in_the_target_s_span(world: World, area: str) -> None:
    world.as_of = date(2017, 1, 1)
    goal = Goal(VISITED, area, TargetRule.AT_LEAST, Decimal(2), PeriodType.TERTIAL)
    await world.agree("a", YEAR_2016, [SKANE], Annex("contact-officers", YEAR_2016, (goal,)))
    visits = ((2, ALFA), (3, ALFA), (4, BETA), (5, BETA), (6, BETA))
    for month, school in visits:
        await world.record(f"{school} {month}", "school-visit", school, start=date(2016, month, 5))
    await world.settle()
    judged = await judgements(world, area, VISITED)
    assert judged["month 2016-03-01"] == "atRisk"
    assert judged["month 2016-04-01"] == judged["tertial 2016-01-01"] == "met"
    assert judged["tertial 2016-05-01"] == judged["month 2016-08-01"] == "missed"
