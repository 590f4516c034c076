"""Rows without activity: where reporting is on, and when they come and go."""

from datetime import date
from decimal import Decimal

import pytest

from shared.catalogue.loader import Catalogue
from shared.domain.activity import Span
from shared.domain.role import RoleSpan
from shared.domain.target import TargetRule
from tests.indicators.other_events import DefineShared, Roles
from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    CLEANUPS,
    GAMMA,
    HELSINGBORG,
    LANDSKRONA,
    NORTH,
    SCHOOLS,
    SKANE,
    STOCKHOLM,
    STOCKHOLM_COUNTY,
    SWEDEN,
    VISITED,
    VISITS,
    YEAR_2016,
    Annex,
    Goal,
    World,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


async def periods_of(world: World, indicator: str, area: str) -> set[str]:
    return {period for _, code, period in await world.figures(only=indicator) if code == area}


async def test_a_new_month_brings_its_rows_without_anyone_writing(world: World) -> None:
    world.as_of = date(2016, 4, 30)
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    assert await world.figure(CLEANUPS, LANDSKRONA, "2016-05") is None
    await world.settle(date(2016, 5, 1))
    for area in (LANDSKRONA, SKANE, SWEDEN):
        for period in ("2016-05", "2016-T2"):
            assert await world.figure(CLEANUPS, area, period) == (0, None, 0)


async def test_a_period_that_an_agreement_reaches_only_later_has_its_row_once_it_has_begun(world: World) -> None:
    world.as_of = date(2016, 1, 1)
    await world.agree(
        "a",
        Span(date(2016, 3, 15), date(2016, 12, 31)),
        [LANDSKRONA],
        Annex("attractive-city", Span(date(2016, 3, 15), date(2016, 12, 31))),
    )
    await world.settle()
    assert await periods_of(world, CLEANUPS, LANDSKRONA) == {"2016-T1", "2016"}


async def test_a_shortened_agreement_takes_its_empty_rows_along(world: World) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 10, 3), start=date(2016, 10, 3))
    await world.settle()
    short = Span(date(2016, 1, 1), date(2016, 6, 15))
    await world.agree("a", short, [LANDSKRONA], Annex("attractive-city", short))
    await world.settle()
    months = {f"2016-{month:02}" for month in (*range(1, 7), 10)}
    assert await periods_of(world, CLEANUPS, LANDSKRONA) == months | {"2016-T1", "2016-T2", "2016-T3", "2016"}


STATES = ("contact-officer-schools", "schools-with-contact-officer")
AGREED = RoleSpan("contact-officer-school", date(2015, 1, 1), None, None)


async def put_officer(world: World, first: date, last: date | None = None) -> None:
    await Roles(ALFA, (AGREED, RoleSpan("contact-officer", first, last, 1))).happen(world)


async def report(world: World, last: date, *areas: str) -> None:
    days = Span(date(2016, 1, 1), last)
    await world.agree("-".join(areas), days, areas, Annex("contact-officers", days))


async def test_a_state_of_a_period_is_that_of_the_last_day_with_an_agreement(world: World) -> None:
    """Trials A18: the agreement ends on 20 November; the tertial and the year, and so their targets, had no figure."""
    world.as_of = date(2016, 11, 20)
    await report(world, date(2016, 11, 20), LANDSKRONA)
    await put_officer(world, date(2016, 1, 1), date(2016, 11, 20))
    for day in (world.as_of, date(2016, 11, 21), date(2017, 1, 1)):
        await world.settle(day)
        for area in (ALFA, LANDSKRONA, SKANE, SWEDEN):
            for period in ("2016-11", "2016-T3", "2016"):
                assert await world.figure(STATES[0], area, period) == (1, None, 0), (day, area, period)
                assert await world.figure(STATES[1], area, period) == (1, 1, 0)
            for indicator in STATES:
                found = await periods_of(world, indicator, area)
                months = {f"2016-{month:02}" for month in range(1, 12)}
                assert found == months | {"2016-T1", "2016-T2", "2016-T3", "2016"}


async def test_what_changes_after_the_last_day_with_an_agreement_changes_no_state(world: World) -> None:
    """Trials A18."""
    await report(world, date(2016, 11, 20), LANDSKRONA)
    await put_officer(world, date(2016, 11, 21))
    await world.settle()
    for period in ("2016-11", "2016-T3", "2016"):
        assert await world.figure(STATES[1], LANDSKRONA, period) == (0, 1, 0)
    await put_officer(world, date(2016, 11, 20))
    await world.settle()
    for period in ("2016-11", "2016-T3", "2016"):
        assert await world.figure(STATES[1], LANDSKRONA, period) == (1, 1, 0)


async def test_above_them_each_municipality_counts_as_of_its_own_last_day(world: World) -> None:
    """Trials A18: that of one ends in November, that of the other does not."""
    await report(world, date(2016, 11, 20), LANDSKRONA)
    await report(world, date(2016, 12, 31), HELSINGBORG)
    await Roles(GAMMA, (AGREED,)).happen(world)
    await put_officer(world, date(2016, 1, 1), date(2016, 11, 30))
    await world.settle()
    assert await world.figure(STATES[1], SKANE, "2016-11") == (1, 2, 0)
    assert await world.figure(STATES[1], SKANE, "2016-12") == (0, 1, 0)
    assert await world.figure(STATES[1], SKANE, "2016-T3") == (1, 2, 0)
    assert await world.figure(STATES[1], SKANE, "2016") == (1, 2, 0)


async def test_a_place_that_two_municipalities_count_counts_once_above_them(world: World) -> None:
    """Trials A18: as the one has it that counts it last; each has it for itself."""
    await report(world, date(2016, 9, 20), LANDSKRONA)
    await report(world, date(2016, 12, 31), HELSINGBORG)
    await put_officer(world, date(2016, 1, 1), date(2016, 11, 30))
    for moved_on, month in ((date(2016, 11, 1), "2016-12"), (date(2016, 9, 25), "2016-09")):
        await world.put(spot(ALFA, (LANDSKRONA, None, moved_on), (HELSINGBORG, moved_on, None)))
        await world.settle()
        assert (await world.verify()).total == 0
        for period in ("2016-T3", "2016"):
            assert await world.figure(STATES[1], LANDSKRONA, period) == (1, 1, 0)
            for area in (ALFA, HELSINGBORG, SKANE, SWEDEN):
                assert await world.figure(STATES[1], area, period) == (0, 1, 0), (area, period)
                assert await world.figure(STATES[0], area, period) == (0, None, 0)
        assert await world.figure(STATES[1], SKANE, month) == (int(month == "2016-09"), 1, 0)
    # Once the later agreement is over by the day of the move, the place is only where it was.
    await report(world, date(2016, 9, 24), HELSINGBORG)
    await world.settle()
    for area in (ALFA, LANDSKRONA, SKANE, SWEDEN):
        assert await world.figure(STATES[1], area, "2016") == (1, 1, 0), area
    assert await world.figure(STATES[1], HELSINGBORG, "2016") == (0, 0, 0)


async def test_an_agreement_that_is_shortened_or_prolonged_moves_its_states(world: World) -> None:
    """Trials A18: also at a place that has since moved to where no one reports."""
    await report(world, date(2016, 12, 31), LANDSKRONA)
    await put_officer(world, date(2016, 1, 1))
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 10, 1)), (STOCKHOLM, date(2016, 10, 1), None)))
    await world.settle()
    for last, at_the_end in ((date(2016, 12, 31), None), (date(2016, 9, 10), (1, 1, 0)), (date(2016, 11, 20), None)):
        await report(world, last, LANDSKRONA)
        await world.settle()
        assert (await world.verify()).total == 0
        assert await world.figure(STATES[1], ALFA, "2016-T1") == (1, 1, 0)
        assert await world.figure(STATES[1], ALFA, "2016-T3") == at_the_end


async def test_a_definition_that_ends_inside_a_period_has_its_state_on_its_last_day(world: World) -> None:
    """Trials A18: what ends is the definition here."""
    whole = world.catalogue
    ending = whole.indicators[STATES[1]].model_copy(update={"valid_to": date(2016, 11, 20)})
    world.catalogue = Catalogue(whole.activity_types, {ending.code: ending}, roles=whole.roles)
    await world.begin()
    await report(world, date(2016, 12, 31), LANDSKRONA)
    await put_officer(world, date(2016, 11, 20), date(2016, 11, 20))
    await world.settle()
    for period in ("2016-11", "2016-T3", "2016"):
        assert await world.figure(STATES[1], LANDSKRONA, period) == (1, 1, 0)


async def test_an_agreement_of_a_county_covers_its_municipalities(world: World) -> None:
    await world.agree("a", YEAR_2016, [SKANE], SCHOOLS)
    await world.settle()
    for area in (LANDSKRONA, HELSINGBORG, SKANE, SWEDEN):
        assert await world.figure(VISITED, area, "2016") == (0, None, 0)
    assert await world.figure(VISITED, STOCKHOLM_COUNTY, "2016") is None
    assert await world.figure(VISITED, NORTH, "2016") is None


async def test_a_role_that_begins_later_in_the_year_brings_the_year_s_row_at_once(world: World) -> None:
    world.as_of = date(2016, 1, 7)
    await report(world, date(2016, 12, 31), LANDSKRONA)
    await world.settle()
    await Roles(ALFA, (RoleSpan("contact-officer", date(2016, 11, 13), None, 1),)).happen(world)
    await world.settle()
    assert await world.figure(VISITS, ALFA, "2016") == (0, None, 0)
    assert await world.figure(VISITS, ALFA, "2016-T1") is None


async def test_weeks_of_a_district_are_told_while_its_own_target_is_in_force_and_of_no_other_indicator(
    world: World,
) -> None:
    """They are due by the municipality's agreement; that alone brings the district no rows of nothing."""
    weeks = "own-weeks"
    await DefineShared((LANDSKRONA,), 1).happen(world)
    years, spring = Span(date(2015, 1, 1), date(2016, 12, 31)), Span(date(2016, 2, 1), date(2016, 4, 30))
    await world.agree("a", years, [LANDSKRONA], Annex("attractive-city", years, listed=(f"{weeks}/all",)))
    await world.settle()
    assert await world.figure(weeks, LANDSKRONA, "2015-03") == (0, 4, 0)
    for indicator, periods in ((CLEANUPS, set()), (weeks, {"2016-02", "2016-03", "2016-04", "2016-T1", "2016"})):
        goal = Goal(indicator, NORTH, TargetRule.AT_LEAST, Decimal(5))
        await world.agree("b", YEAR_2016, [LANDSKRONA], Annex("attractive-city", spring, (goal,)))
        await world.settle()
        assert await periods_of(world, weeks, NORTH) == periods
    await world.record("a", "traffic-check", NORTH, start=date(2015, 3, 4))
    await world.settle()
    assert await world.figure(weeks, NORTH, "2015-03") == (1, 4, 0)
