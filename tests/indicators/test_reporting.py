"""Rows without activity: where reporting is on, and when they come and go."""

from datetime import date

import pytest

from shared.domain.activity import Span
from shared.domain.role import RoleSpan
from tests.indicators.other_events import Roles
from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    CLEANUPS,
    HELSINGBORG,
    LANDSKRONA,
    NORTH,
    SCHOOLS,
    SKANE,
    STOCKHOLM_COUNTY,
    SWEDEN,
    VISITED,
    YEAR_2016,
    Annex,
    World,
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


async def test_a_state_is_not_told_at_the_end_of_a_period_that_reporting_does_not_reach(world: World) -> None:
    world.as_of = date(2016, 6, 30)
    spring = Span(date(2016, 1, 1), date(2016, 6, 10))
    await world.agree("a", spring, [LANDSKRONA], Annex("contact-officers", spring))
    await Roles(ALFA, (RoleSpan("contact-officer-school", date(2015, 1, 1), None, None),)).happen(world)
    await world.settle()
    periods = {"2016-01", "2016-02", "2016-03", "2016-04", "2016-05", "2016-06", "2016-T1"}
    for area in (ALFA, LANDSKRONA, SWEDEN):
        for indicator in ("contact-officer-schools", "schools-with-contact-officer"):
            assert await periods_of(world, indicator, area) == periods | {"2016-T2", "2016"}
    await world.settle(date(2016, 7, 1))
    for area in (ALFA, LANDSKRONA, SWEDEN):
        for indicator in ("contact-officer-schools", "schools-with-contact-officer"):
            assert await periods_of(world, indicator, area) == periods


async def test_an_agreement_of_a_county_covers_its_municipalities(world: World) -> None:
    await world.agree("a", YEAR_2016, [SKANE], SCHOOLS)
    await world.settle()
    for area in (LANDSKRONA, HELSINGBORG, SKANE, SWEDEN):
        assert await world.figure(VISITED, area, "2016") == (0, None, 0)
    assert await world.figure(VISITED, STOCKHOLM_COUNTY, "2016") is None
    assert await world.figure(VISITED, NORTH, "2016") is None
