"""The figures that a small world should show, worked out by hand."""

from datetime import date

import pytest

from services.indicators.compute.day_rollover import roll_over_day
from services.indicators.compute.recompute import recompute
from shared.domain.activity import Span
from shared.domain.role import RoleSpan
from shared.domain.term import Term
from tests.indicators.other_events import Promise, Roles, Terms
from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    CLEANUPS,
    GAMMA,
    HATEFUL,
    HELSINGBORG,
    IN_TIME,
    LANDSKRONA,
    NORTH,
    REACHING_20,
    SKANE,
    SOUTH_REGION,
    SWEDEN,
    VISITED,
    VISITS,
    VISITS_AS_NEEDED,
    WALKERS,
    WALKS,
    YEAR_2016,
    World,
)

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("no_difference_from_a_rebuild")]


async def test_nothing_has_happened(world: World) -> None:
    await world.settle()
    assert await world.figures() == {}


async def test_one_activity_counts_once_at_every_level_and_in_every_period(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4), participants={"pupils": 25})
    await world.settle()
    periods = ("2016-03", "2016-T1", "2016")
    levels = (ALFA, LANDSKRONA, SKANE, SOUTH_REGION, SWEDEN)
    for indicator, numerator in ((VISITS, 1), (VISITED, 1), ("participants", 25)):
        assert await world.figures(only=indicator) == {
            (indicator, area, period): (numerator, None, 0) for area in levels for period in periods
        }


async def test_the_tertials_part_after_april_and_august(world: World) -> None:
    for number, day in enumerate((date(2016, 4, 30), date(2016, 5, 1), date(2016, 8, 31), date(2016, 9, 1))):
        await world.record(f"v{number}", "school-visit", ALFA, start=day)
    await world.settle()
    figures = [(await world.existing_figure(VISITS, ALFA, f"2016-T{number}"))[0] for number in (1, 2, 3)]
    assert figures == [1, 2, 1]


async def test_a_correction_across_months_and_municipalities_shows_in_both(world: World) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 4), reported=date(2016, 3, 3))
    await world.settle()
    await world.record("a", "graffiti-cleanup", HELSINGBORG, start=date(2016, 5, 4), reported=date(2016, 5, 3))
    await world.settle()
    figures = await world.figures(only=CLEANUPS)
    assert {(area, period) for _, area, period in figures} == {
        (area, period)
        for area in (HELSINGBORG, SKANE, SOUTH_REGION, SWEDEN)
        for period in ("2016-05", "2016-T2", "2016")
    }


async def test_a_correction_moves_a_share_by_its_report(world: World) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 1), reported=date(2016, 2, 29))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") == (1, 1, 0)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 1), reported=date(2016, 1, 28))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") is None
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-01") == (0, 1, 0)
    assert await world.figure(CLEANUPS, LANDSKRONA, "2016-03") == (1, None, 0)


async def test_another_type_at_the_same_place_is_another_figure(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await world.record("a", "training", ALFA, start=date(2016, 3, 4))
    await world.settle()
    assert await world.figures(only=VISITS) == {}
    assert await world.figure("trainings", ALFA, "2016-03") == (1, None, 0)


@pytest.mark.parametrize("status", ["planned", "cancelled"])
async def test_only_what_was_performed_counts(world: World, status: str) -> None:
    await world.record("a", "school-visit", ALFA, status=status, start=date(2016, 3, 4))
    await world.settle()
    assert await world.figures() == {}


async def test_cancelling_takes_the_figure_away(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await world.record("a", "school-visit", ALFA, status="cancelled", start=date(2016, 3, 4))
    await world.settle()
    assert await world.figures() == {}


async def test_deletion_takes_the_figure_away(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    assert await world.erase("a")
    await world.settle()
    assert await world.figures() == {}


async def test_nothing_of_nothing_is_missing_and_nothing_counted_is_zero(world: World) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    for area in (LANDSKRONA, SKANE, SWEDEN):
        assert await world.figure(CLEANUPS, area, "2016-02") == (0, None, 0)
        assert await world.figure(IN_TIME, area, "2016-T1") == (0, 0, 0)
    assert await world.figure(CLEANUPS, HELSINGBORG, "2016-02") is None
    assert await world.figure(VISITS, LANDSKRONA, "2016-02") is None


async def test_none_of_some_is_told_from_none_of_none(world: World) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 2, 1))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") == (0, 1, 0)


async def test_a_late_fact_changes_a_past_year(world: World) -> None:
    await world.settle(date(2017, 6, 1))
    await world.record("a", "school-visit", ALFA, start=date(2015, 12, 31))
    await world.settle()
    assert {period for _, area, period in await world.figures(only=VISITS) if area == SWEDEN} == {
        "2015-12",
        "2015-T3",
        "2015",
    }


async def test_graffiti_reported_before_easter_is_outside_until_its_time_is_up(world: World) -> None:
    world.as_of = date(2016, 3, 24)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 3, 24))
    await world.settle(date(2016, 3, 30))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (0, 0, 1)
    await world.settle(date(2016, 3, 31))
    for area in (LANDSKRONA, SWEDEN):
        assert await world.figure(IN_TIME, area, "2016-03") == (0, 1, 0)


@pytest.mark.parametrize(("start", "in_time"), [(date(2016, 3, 30), 1), (date(2016, 3, 31), 0)])
async def test_the_last_day_is_within_the_time(world: World, start: date, in_time: int) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 3, 24), start=start)
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (in_time, 1, 0)


async def test_a_worker_that_still_works_on_yesterday_does_not_lose_what_ripened_at_midnight(world: World) -> None:
    world.as_of = date(2016, 3, 31)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 3, 24))
    await world.settle(date(2016, 3, 30))
    await world.settle(date(2016, 3, 31))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (0, 1, 0)


async def test_a_school_month_shows_when_it_begins_and_counts_when_it_is_over(world: World) -> None:
    world.as_of = date(2016, 9, 30)
    await Terms(LANDSKRONA, (Term("Hösten", Span(date(2016, 8, 22), date(2016, 12, 21))),)).happen(world)
    await world.settle()
    await Roles(ALFA, (RoleSpan("contact-officer", date(2016, 1, 1), None, 1),)).happen(world)
    await world.settle()
    assert await world.figure(VISITS_AS_NEEDED, ALFA, "2016-10") is None
    await world.settle(date(2016, 10, 1))
    assert await world.figure(VISITS_AS_NEEDED, ALFA, "2016-09") == (0, 1, 0)
    assert await world.figure(VISITS_AS_NEEDED, ALFA, "2016-10") == (0, 0, 1)


async def test_a_day_that_was_turned_while_a_clock_was_behind_is_looked_back_to(world: World) -> None:
    world.as_of = date(2016, 9, 30)
    await Terms(LANDSKRONA, (Term("Hösten", Span(date(2016, 8, 22), date(2016, 12, 21))),)).happen(world)
    await Roles(ALFA, (RoleSpan("contact-officer", date(2016, 1, 1), None, 1),)).happen(world)
    await Promise("visits", (ALFA,), times=2, due_in=0, withdrawn=False, decided=False).happen(world)
    await world.settle()
    async with world.engine.begin() as connection:
        await roll_over_day(connection, world.definitions, lambda: date(2016, 10, 1))
    await world.settle(date(2016, 9, 30))
    assert await world.figure(VISITS_AS_NEEDED, ALFA, "2016-09") == (0, 0, 1)
    assert await world.figure("citizen-promises-kept", ALFA, "2016-09") == (0, 0, 1)
    await world.settle(date(2016, 10, 2))
    assert await world.figure(VISITS_AS_NEEDED, ALFA, "2016-09") == (0, 1, 0)
    assert await world.figure("citizen-promises-kept", ALFA, "2016-09") == (0, 1, 0)


async def test_a_day_that_begins_while_a_worker_claims_is_the_one_it_works_on(world: World) -> None:
    world.as_of = date(2016, 9, 30)
    await Terms(LANDSKRONA, (Term("Hösten", Span(date(2016, 8, 22), date(2016, 12, 21))),)).happen(world)
    await Roles(ALFA, (RoleSpan("contact-officer", date(2016, 1, 1), None, 1),)).happen(world)
    await world.settle()
    days = iter([date(2016, 9, 30), date(2016, 10, 1)])
    async with world.engine.begin() as connection:
        await roll_over_day(connection, world.definitions, lambda: date(2016, 10, 1))
        scope = (world.ids[LANDSKRONA], 2016)
        assert await recompute(connection, world.definitions, [scope], lambda: next(days)) == [scope]
    await world.settle(date(2016, 10, 1))
    assert await world.figure(VISITS_AS_NEEDED, ALFA, "2016-09") == (0, 1, 0)


@pytest.mark.parametrize(
    ("completed", "expected"),
    [(date(2016, 3, 30), (1, 1, 0)), (date(2016, 3, 31), (0, 0, 1))],
)
async def test_an_unknown_start_is_proved_by_completion_in_time_and_by_nothing_else(
    world: World, completed: date, expected: tuple[int, ...]
) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 3, 24), completed=completed)
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == expected


async def test_without_a_report_date_a_cleanup_is_counted_apart_where_it_was_done(world: World) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 24))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (0, 0, 1)
    assert await world.figure(CLEANUPS, LANDSKRONA, "2016-03") == (1, None, 0)


async def test_only_racist_and_sexist_graffiti_is_hateful(world: World) -> None:
    for kind in ("racist", "sexist", "ordinary"):
        attributes = {"contentKind": kind}
        reported, start = date(2016, 2, 1), date(2016, 2, 2 if kind == "racist" else 9)
        await world.record(kind, "graffiti-cleanup", LANDSKRONA, reported=reported, start=start, attributes=attributes)
    await world.settle()
    assert await world.figure(HATEFUL, LANDSKRONA, "2016-02") == (1, 2, 0)
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") == (1, 3, 0)


async def test_a_walk_reaches_20_by_those_who_represent_no_one(world: World) -> None:
    crowd = {"residents": 12, "pupils": 3, "volunteers": 5}
    officials = {"police": 9, "municipality": 9, "propertyOwners": 9, "principals": 9, "socialServices": 9}
    await world.record("enough", "safety-walk", NORTH, start=date(2016, 4, 1), participants=crowd | officials)
    await world.record("few", "safety-walk", NORTH, start=date(2016, 4, 2), participants={"residents": 19} | officials)
    await world.record(
        "autumn", "safety-walk", NORTH, start=date(2016, 10, 1), participants=crowd, attributes={"followsUp": "enough"}
    )
    await world.settle()
    assert await world.figure(REACHING_20, LANDSKRONA, "2016") == (1, 2, 0)
    assert await world.figure(WALKS, LANDSKRONA, "2016") == (3, None, 0)
    assert await world.figure(WALKERS, LANDSKRONA, "2016") == (59, None, 0)


async def test_unknown_participants_are_not_none(world: World) -> None:
    await world.record("a", "safety-walk", NORTH, start=date(2016, 4, 1))
    await world.record("b", "safety-walk", NORTH, start=date(2016, 4, 2), participants={"police": 4})
    await world.settle()
    assert await world.figure(WALKERS, NORTH, "2016-04") == (None, None, 2)
    assert await world.figure(REACHING_20, NORTH, "2016-04") == (0, 0, 2)
    assert await world.figure("participants", NORTH, "2016-04") == (4, None, 1)


async def test_a_school_visited_twice_counts_once_in_every_span(world: World) -> None:
    for number, month in enumerate((1, 1, 2, 6)):
        await world.record(f"v{number}", "school-visit", ALFA, start=date(2016, month, 10 + number))
    await world.record("other", "school-visit", GAMMA, start=date(2016, 2, 1))
    await world.settle()
    figures = {
        (area, period): figure[0]
        for (_, area, period), figure in (await world.figures(only=VISITED)).items()
        if area in (LANDSKRONA, SWEDEN)
    }
    assert figures[LANDSKRONA, "2016"] == 1
    assert figures[SWEDEN, "2016"] == 2
    assert figures[LANDSKRONA, "2016-T1"] == figures[LANDSKRONA, "2016-T2"] == 1
    assert figures[SWEDEN, "2016-T1"] == 2
