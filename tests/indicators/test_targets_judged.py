"""Targets judged as figures and days move."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from shared.domain.activity import Span
from shared.domain.period import Period
from shared.domain.target import TargetRule
from shared.domain.target_span import Per
from tests.extent import sample_of
from tests.indicators.other_events import Observe
from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    BETA,
    CLEANUPS,
    HELSINGBORG,
    LANDSKRONA,
    NORTH,
    SKANE,
    VANDALISM_COST,
    VISITED,
    WALKERS,
    YEAR_2016,
    Annex,
    Goal,
    World,
    period,
    spot,
)

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("no_difference_from_a_rebuild")]


def ceiling(most: int, area: str = LANDSKRONA, per: Per = Per.YEAR) -> Annex:
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


@pytest.mark.parametrize("area", sample_of([LANDSKRONA, NORTH, SKANE], 2))
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


@pytest.mark.parametrize("area", sample_of([SKANE, LANDSKRONA], 2))
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
    goal = Goal(CLEANUPS, LANDSKRONA, TargetRule.MORE_THAN_BEFORE)
    await world.agree("a", YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016, (goal,)))
    await clean(world, date(2016, 2, 5))
    await world.settle()
    assert (await judgements(world))["year 2016-01-01"] == "notJudged"
    year_2015 = Span(date(2015, 1, 1), date(2015, 12, 31))
    await world.agree("b", year_2015, [LANDSKRONA], Annex("attractive-city", year_2015))
    await world.settle()
    assert (await judgements(world))["year 2016-01-01"] == "met"


async def test_a_target_that_goes_takes_its_judgement_along(world: World) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ceiling(2))
    await clean(world, date(2016, 1, 5))
    await world.settle()
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    assert await judgements(world) == {}


@pytest.mark.parametrize("area", sample_of([SKANE, LANDSKRONA], 2))
async def test_a_place_visited_twice_counts_once_in_the_target_s_span(world: World, area: str) -> None:
    world.as_of = date(2017, 1, 1)
    goal = Goal(VISITED, area, TargetRule.AT_LEAST, Decimal(2), Per.TERTIAL)
    await world.agree("a", YEAR_2016, [SKANE], Annex("contact-officers", YEAR_2016, (goal,)))
    visits = ((2, ALFA), (3, ALFA), (4, BETA), (5, BETA), (6, BETA))
    for month, school in visits:
        await world.record(f"{school} {month}", "school-visit", school, start=date(2016, month, 5))
    await world.settle()
    judged = await judgements(world, area, VISITED)
    assert judged["month 2016-03-01"] == "atRisk"
    assert judged["month 2016-04-01"] == judged["tertial 2016-01-01"] == "met"
    assert judged["tertial 2016-05-01"] == judged["month 2016-08-01"] == "missed"


async def reasons(world: World, area: str = LANDSKRONA, indicator: str = CLEANUPS) -> dict[str, tuple[str, str | None]]:
    """Return the judgement of the first target in each period that has begun, and why there is none."""
    async with world.engine.begin() as connection:
        rows = await connection.execute(_JUDGED, {"area": area, "indicator": indicator})
        return {
            period(row.period_type, row.period_start): (row.targets[0]["judgement"], row.targets[0].get("reason"))
            for row in rows
        }


_JUDGED = text(
    """SELECT period_type, period_start, targets
       FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE code = :area AND indicator_code = :indicator AND slice = 'all' AND targets IS NOT NULL"""
)
NOT_JUDGED = "notJudged"
TWO_YEARS = Span(date(2015, 1, 1), date(2016, 12, 31))


@pytest.mark.parametrize(
    ("rule", "per", "span"),
    [(TargetRule.AT_LEAST, Per.YEAR, "2016"), (TargetRule.AT_MOST, Per.TERTIAL, "2016-T3")],
)
async def test_unknown_participants_are_not_judged_as_0(world: World, rule: TargetRule, per: Per, span: str) -> None:
    """Trials A14."""
    goal = Goal(WALKERS, LANDSKRONA, rule, Decimal(3), per)
    await world.agree("a", YEAR_2016, [LANDSKRONA], Annex("safety-walks", YEAR_2016, (goal,)))
    await world.record("a", "safety-walk", LANDSKRONA, start=date(2016, 11, 5))
    await world.settle(date(2017, 1, 1))
    judged = await reasons(world, indicator=WALKERS)
    assert judged["2016-11"] == judged[span] == (NOT_JUDGED, "missing")


async def test_a_year_before_that_is_missing_is_not_compared_with(world: World) -> None:
    """Trials A14: 20 this year, and nobody knows how many last year."""
    goal = Goal(WALKERS, LANDSKRONA, TargetRule.MORE_THAN_BEFORE)
    await world.agree("a", TWO_YEARS, [LANDSKRONA], Annex("safety-walks", TWO_YEARS, (goal,)))
    await world.record("a", "safety-walk", LANDSKRONA, start=date(2015, 5, 5))
    await world.record("b", "safety-walk", LANDSKRONA, start=date(2016, 5, 5), participants={"residents": 20})
    await world.settle(date(2017, 1, 1))
    judged = await reasons(world, indicator=WALKERS)
    assert judged["2016"] == judged["2016-05"] == judged["2016-T3"] == (NOT_JUDGED, "beforeMissing")


async def test_a_cost_of_one_month_is_no_cost_of_the_months_so_far(world: World) -> None:
    """Trials A15."""
    goal = Goal(VANDALISM_COST, LANDSKRONA, TargetRule.AT_MOST, Decimal(1150))
    await world.agree("a", YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016, (goal,)))
    await Observe(VANDALISM_COST, LANDSKRONA, Period.parse("2016-05"), 900, is_final=False).happen(world)
    await world.settle(date(2016, 6, 15))
    judged = await reasons(world, indicator=VANDALISM_COST)
    assert judged["2016-05"] == judged["2016-T2"] == judged["2016"] == (NOT_JUDGED, "monthsMissing")
    for month in range(1, 5):
        await Observe(VANDALISM_COST, LANDSKRONA, Period.parse(f"2016-0{month}"), 10, is_final=False).happen(world)
    await world.settle()
    judged = await reasons(world, indicator=VANDALISM_COST)
    # 940 in 152 of 366 days.
    assert judged["2016-05"] == judged["2016-T2"] == judged["2016"] == ("atRisk", None)


@pytest.mark.parametrize(
    ("per", "code", "area"),
    sample_of([(Per.TERTIAL, "2016-T2", SKANE), (Per.MONTH, "2016-05", LANDSKRONA)], 2),
)
async def test_fewer_than_before_are_fewer_than_in_the_same_season(
    world: World, per: Per, code: str, area: str
) -> None:
    """Trials A23: two in May after one in April is no rise, when three had come in the May of the year before."""
    goal = Goal(CLEANUPS, area, TargetRule.LESS_THAN_BEFORE, None, per)
    await world.agree("a", TWO_YEARS, [SKANE], Annex("attractive-city", TWO_YEARS, (goal,)))
    await clean(world, *(date(2015, 5, day) for day in (4, 5, 6)), date(2016, 4, 5), area=area)
    await clean(world, *(date(2016, 5, day) for day in (4, 5)), area=area)
    await world.settle(date(2016, 9, 1))
    assert (await reasons(world, area))[code] == ("met", None)
    await world.erase(f"{area} 2015-05-04")
    await world.settle()
    assert (await reasons(world, area))[code] == ("missed", None)


async def test_a_count_with_two_years_before_is_forecast_by_its_months_and_says_so(world: World) -> None:
    """Ten a month for two years and eight months, and then a ceiling that will hold, may hold, or will not."""
    world.as_of = date(2016, 9, 10)
    years = Span(date(2014, 1, 1), date(2016, 12, 31))
    months = [date(year, month, 5) for year in (2014, 2015, 2016) for month in range(1, 13)][:33]
    for month in months:
        await world.record(f"{month}", "graffiti-cleanup", LANDSKRONA, reported=month, start=month, count=10)
    found = []
    for most in (150, 118, 93):
        goal = Goal(CLEANUPS, LANDSKRONA, TargetRule.AT_MOST, Decimal(most))
        await world.agree("a", years, [LANDSKRONA], Annex("attractive-city", years, (goal,)))
        await world.settle()
        found.append((await world.column("targets", CLEANUPS, LANDSKRONA, "2016"))[0])
    assert [one["judgement"] for one in found] == ["onCourse", "atRisk", "outOfReach"]
    likely = found[1]
    assert (likely["forecastRule"], likely["forecastMonths"]) == ("monthlyCounts", 24)
    assert likely["forecastLower"] <= likely["forecast"] <= likely["forecastUpper"]
    assert likely["seasonalNaive"] == 120
    assert 0.05 < likely["probability"] < 2 / 3
    # As of the end of May, the row of May says what was to be expected then; the first years have no two before them.
    assert (await world.column("targets", CLEANUPS, LANDSKRONA, "2016-05"))[0]["forecastRule"] == "monthlyCounts"
    assert (await world.column("targets", CLEANUPS, LANDSKRONA, "2015-05"))[0]["forecastRule"] == "lastYearsShare"
    assert (await world.column("targets", CLEANUPS, LANDSKRONA, "2014-05"))[0]["forecastRule"] == "straightLine"
