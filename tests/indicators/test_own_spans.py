"""Targets for spans of their own, and for several areas, judged again as figures and days move."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from shared.domain.activity import Span
from shared.domain.errors import InvalidAgreement
from shared.domain.period import Period
from shared.domain.target import TargetRule
from shared.domain.target_span import Per
from tests.indicators.other_events import Observe
from tests.indicators.world import (
    ALFA,
    BETA,
    CLEANUPS,
    FEELS_SAFE,
    HELSINGBORG,
    IN_TIME,
    LANDSKRONA,
    NORTH,
    SKANE,
    SOUTH,
    STOCKHOLM,
    VISITED,
    Annex,
    Goal,
    World,
    period,
)

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("no_difference_from_a_rebuild")]

AT_MOST, AT_LEAST, LESS = TargetRule.AT_MOST, TargetRule.AT_LEAST, TargetRule.LESS_THAN_BEFORE
OWN_YEAR = Span(date(2017, 4, 1), date(2018, 3, 31))
YEAR_2016 = Span(date(2016, 1, 1), date(2016, 12, 31))
_JUDGED = text(
    """SELECT period_type, period_start, targets
       FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE code = :area AND indicator_code = :indicator AND slice = 'all' AND targets IS NOT NULL"""
)


async def said(world: World, area: str = LANDSKRONA, indicator: str = CLEANUPS) -> dict[str, Any]:
    """Return the judgement of the first target in each period, or why there is none."""
    return {code: targets[0].get("reason", targets[0]["judgement"])
            for code, targets in (await entries(world, area, indicator)).items()}  # fmt: skip


async def entries(world: World, area: str = LANDSKRONA, indicator: str = CLEANUPS) -> dict[str, list[dict[str, Any]]]:
    async with world.engine.begin() as connection:
        rows = await connection.execute(_JUDGED, {"area": area, "indicator": indicator})
        return {period(row.period_type, row.period_start): row.targets for row in rows}


async def agree(world: World, days: Span, *goals: Goal, theme: str = "attractive-city") -> None:
    areas = {area for goal in goals for area in goal.areas or (goal.area,)}
    outer = sorted({LANDSKRONA if area.startswith(LANDSKRONA) else area for area in areas})
    await world.agree("a", days, outer, Annex(theme, days, goals))


async def clean(world: World, *days: date, area: str = LANDSKRONA) -> None:
    for day in days:
        await world.record(f"{area} {day}", "graffiti-cleanup", area, reported=day, start=day)


@pytest.mark.parametrize("area", [LANDSKRONA, SKANE])
async def test_generality_w1_what_changes_in_one_year_is_judged_in_the_next_of_the_span(
    world: World, area: str
) -> None:
    await agree(world, OWN_YEAR, Goal(CLEANUPS, area, AT_LEAST, Decimal(2)))
    await clean(world, date(2017, 3, 31), date(2017, 4, 1), area=area)
    await world.settle(date(2018, 4, 1))
    judged = await entries(world, area)
    assert judged["2018"][0]["judgement"] == judged["2018-03"][0]["judgement"] == "missed"
    assert (judged["2018"][0]["from"], judged["2018"][0]["to"]) == ("2017-04-01", "2018-03-31")
    assert {code for code in judged if code < "2017-04"} == {"2017"}
    await clean(world, date(2017, 12, 31), area=area)
    await world.settle()
    assert (await said(world, area))["2018"] == "met"
    assert "2018-04" not in await said(world, area)


async def test_generality_w1_a_span_over_new_year_is_judged_again_each_day(world: World) -> None:
    await agree(world, OWN_YEAR, Goal(CLEANUPS, LANDSKRONA, AT_MOST, Decimal(2)))
    await clean(world, date(2017, 5, 5))
    judgements = []
    for day in (date(2017, 6, 1), date(2017, 12, 31), date(2018, 1, 1), date(2018, 3, 31), date(2018, 4, 1)):
        await world.settle(day)
        judged = await said(world)
        judgements.append((judged["2017"], judged.get("2018")))
    assert judgements == [
        ("atRisk", None),
        ("onCourse", None),
        ("onCourse", "onCourse"),
        ("onCourse", "onCourse"),
        ("onCourse", "met"),
    ]


async def test_generality_3_a_place_counts_once_in_a_school_year(world: World) -> None:
    days = Span(date(2016, 8, 1), date(2017, 7, 31))
    goal = Goal(VISITED, LANDSKRONA, AT_LEAST, Decimal(2), Per.SCHOOL_YEAR)
    await agree(world, days, goal, theme="contact-officers")
    for place, day in ((ALFA, date(2016, 9, 5)), (ALFA, date(2017, 2, 5)), (BETA, date(2016, 7, 5))):
        await world.record(f"{place} {day}", "school-visit", place, start=day)
    await world.settle(date(2017, 8, 1))
    assert (await said(world, indicator=VISITED))["2017-07"] == "missed"
    await world.record("b", "school-visit", BETA, start=date(2016, 10, 5))
    await world.settle()
    assert (await said(world, indicator=VISITED))["2017-07"] == "met"


async def test_generality_w8_a_year_of_zeros_before_anyone_reported_is_not_compared_with(world: World) -> None:
    days = Span(date(2015, 1, 1), date(2016, 12, 31))
    await agree(world, days, Goal(CLEANUPS, LANDSKRONA, LESS))
    await clean(world, date(2016, 2, 5))
    await world.settle(date(2016, 6, 1))
    assert (await said(world))["2016"] == "beforeMissing"
    # The first report from before the year makes its zeros an honest zero.
    await clean(world, date(2014, 2, 5))
    await world.settle()
    assert (await said(world))["2016"] == "missed"


async def test_generality_w8_a_year_in_part_of_which_reporting_was_on_is_not_compared_with(world: World) -> None:
    await agree(world, Span(date(2015, 1, 15), date(2016, 12, 31)), Goal(CLEANUPS, LANDSKRONA, LESS))
    await clean(world, date(2015, 2, 5), date(2015, 3, 5), date(2016, 2, 5))
    await world.settle(date(2017, 1, 1))
    assert (await said(world))["2016"] == "beforePartial"
    # On the whole of January, too: its row is as empty as it was, and now says something.
    await agree(world, Span(date(2015, 1, 1), date(2016, 12, 31)), Goal(CLEANUPS, LANDSKRONA, LESS))
    await world.settle()
    assert (await said(world))["2016"] == "met"


async def test_generality_9_a_baseline_is_compared_with_whenever_it_changes(world: World) -> None:
    goal = Goal(CLEANUPS, LANDSKRONA, LESS, percent=Decimal(50), baseline="2013")
    await world.agree("b", Span(date(2013, 1, 1), date(2013, 12, 31)), [LANDSKRONA],
                      Annex("attractive-city", Span(date(2013, 1, 1), date(2013, 12, 31))))  # fmt: skip
    await agree(world, YEAR_2016, goal)
    await clean(world, date(2016, 2, 5))
    await world.settle(date(2017, 1, 1))
    assert (await said(world))["2016"] == "beforeMissing"
    await clean(world, date(2013, 2, 5))
    await world.settle()
    assert (await said(world))["2016"] == "missed"
    await clean(world, date(2013, 3, 5))
    await world.settle()
    (entry,) = (await entries(world))["2016"]
    assert entry == {"rule": "lessThanBefore", "per": "year", "percent": 50, "baseline": "2013", "judgement": "met"}


@pytest.mark.parametrize("areas", [(NORTH, HELSINGBORG), (SKANE, STOCKHOLM)])
async def test_generality_9_a_target_for_areas_together_is_judged_by_their_sum_in_each(
    world: World, areas: tuple[str, str]
) -> None:
    await agree(world, YEAR_2016, Goal(CLEANUPS, "", AT_LEAST, Decimal(3), areas=areas))
    one, other = areas
    await clean(world, date(2016, 2, 5), area=one)
    await clean(world, date(2016, 3, 5), area=other)
    await world.settle(date(2017, 1, 1))
    assert {(await said(world, area))["2016"] for area in areas} == {"missed"}
    await clean(world, date(2016, 4, 5), area=other)
    await world.settle()
    assert {(await said(world, area))["2016"] for area in areas} == {"met"}
    assert (await entries(world, one))["2016"][0]["areas"] == sorted(areas)


async def test_generality_9_a_share_of_areas_together_is_of_all_their_cases(world: World) -> None:
    """One of one, and none of two: a third, not the mean of 100 and 0 per cent."""
    await clean(world, date(2016, 2, 5))
    for number in (1, 2):
        late = {"reported": date(2016, 2, 1), "start": date(2016, 2, 29)}
        await world.record(f"late {number}", "graffiti-cleanup", HELSINGBORG, **late)
    for value, judgement in ((34, "missed"), (33, "met")):
        goal = Goal(IN_TIME, "", AT_LEAST, Decimal(value), areas=(LANDSKRONA, HELSINGBORG))
        await agree(world, YEAR_2016, goal)
        await world.settle(date(2017, 1, 1))
        assert [(await said(world, area, IN_TIME))["2016"] for area in goal.areas] == [judgement] * 2


async def test_generality_9_a_rate_is_judged_again_when_the_population_comes(world: World) -> None:
    goals = [Goal(CLEANUPS, area, AT_MOST, Decimal(1), per_inhabitants=1000) for area in (LANDSKRONA, SKANE)]
    await agree(world, YEAR_2016, *goals)
    await clean(world, date(2016, 2, 5), date(2016, 3, 5))
    await world.settle(date(2017, 1, 1))
    for area, inhabitants, judgement, above in (
        (LANDSKRONA, 1999, "missed", "populationMissing"),
        (HELSINGBORG, 1, "missed", "populationMissing"),  # one of the many that the county needs
        (SKANE, 1999, "missed", "missed"),  # its own number comes first
        (LANDSKRONA, 2000, "met", "missed"),
    ):
        await Observe("population", area, Period.parse("2015"), inhabitants, is_final=False).happen(world)
        await world.settle()
        assert [(await said(world, one))["2016"] for one in (LANDSKRONA, SKANE)] == [judgement, above]


REFUSED = [
    (Goal(FEELS_SAFE, "", AT_LEAST, Decimal(5), areas=(LANDSKRONA, STOCKHOLM)), "areas"),
    (Goal(CLEANUPS, "", AT_LEAST, Decimal(5), areas=(NORTH, SOUTH)), "areas[1]"),  # BETA is in both
    (Goal(CLEANUPS, "", AT_LEAST, Decimal(5), areas=(SKANE, LANDSKRONA)), "areas[1]"),
    (Goal(CLEANUPS, "", AT_LEAST, Decimal(5), areas=(LANDSKRONA,)), "areas"),
    (Goal(CLEANUPS, "", AT_LEAST, Decimal(5), areas=(LANDSKRONA, STOCKHOLM, STOCKHOLM)), "areas[2]"),
    (Goal(IN_TIME, LANDSKRONA, AT_LEAST, Decimal(5), per_inhabitants=1000), "perInhabitants"),
    (Goal(CLEANUPS, LANDSKRONA, LESS, baseline="2014-T3"), "baseline"),
    (Goal(CLEANUPS, LANDSKRONA, LESS, baseline="2016"), "baseline"),
    (
        Goal(CLEANUPS, LANDSKRONA, LESS, None, Per.SPAN, valid=Span(date(2016, 1, 2), date(2016, 3, 31))),
        "validFrom",
    ),
]


async def test_generality_9_what_figures_cannot_say_is_refused(world: World) -> None:
    for goal, field in REFUSED:
        with pytest.raises(InvalidAgreement) as refusal:
            await agree(world, YEAR_2016, goal)
        assert f"targets[0].{field}" in [violation.field for violation in refusal.value.violations], goal
