"""The figures that a small world should show, worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text

from services.indicators.series import put_series
from shared.catalogue.loader import Catalogue
from shared.domain.activity import Span
from shared.domain.period import PeriodType
from shared.domain.target import TargetRule
from shared.facts.areas import Area
from shared.facts.dirty import oldest_mark_seconds
from tests.indicators.world import (
    ALFA,
    ALWAYS,
    BETA,
    GAMMA,
    HELSINGBORG,
    LANDSKRONA,
    NORTH,
    SKANE,
    SOUTH,
    STOCKHOLM_COUNTY,
    SWEDEN,
    Annex,
    Goal,
    World,
    spot,
)

YEAR_2016 = Span(date(2016, 1, 1), date(2016, 12, 31))
ATTRACTIVE = Annex("attractive-city", YEAR_2016)
SCHOOLS = Annex("contact-officers", YEAR_2016)
CLEANUPS, IN_TIME, HATEFUL = "graffiti-cleanups", "graffiti-started-in-time", "hateful-graffiti-started-in-time"
VISITS, VISITED = "school-visits", "schools-visited"
WALKS, WALKERS, REACHING_20 = "safety-walks", "safety-walk-participants", "safety-walks-reaching-20"


@pytest.fixture(autouse=True)
async def no_difference_from_a_rebuild(world: World):
    yield
    await world.settle()
    assert (await world.verify()).total == 0


async def test_nothing_has_happened(world):
    await world.settle()
    assert await world.figures() == {}


async def test_one_activity_counts_once_at_every_level_and_in_every_period(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4), participants={"pupils": 25})
    await world.settle()
    periods = ("2016-03", "2016-T1", "2016")
    levels = (ALFA, LANDSKRONA, SKANE, SWEDEN)
    for indicator, numerator in ((VISITS, 1), (VISITED, 1), ("participants", 25)):
        assert await world.figures(only=indicator) == {
            (indicator, area, period): (numerator, None, 0) for area in levels for period in periods
        }


async def test_the_tertials_part_after_april_and_august(world):
    for number, day in enumerate((date(2016, 4, 30), date(2016, 5, 1), date(2016, 8, 31), date(2016, 9, 1))):
        await world.record(f"v{number}", "school-visit", ALFA, start=day)
    await world.settle()
    shown = [(await world.figure(VISITS, ALFA, f"2016-T{number}"))[0] for number in (1, 2, 3)]
    assert shown == [1, 2, 1]


async def test_a_correction_across_months_and_municipalities_shows_in_both(world):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 4), reported=date(2016, 3, 3))
    await world.settle()
    await world.record("a", "graffiti-cleanup", HELSINGBORG, start=date(2016, 5, 4), reported=date(2016, 5, 3))
    await world.settle()
    figures = await world.figures(only=CLEANUPS)
    assert {(area, period) for _, area, period in figures} == {
        (area, period) for area in (HELSINGBORG, SKANE, SWEDEN) for period in ("2016-05", "2016-T2", "2016")
    }


async def test_a_correction_moves_a_share_by_its_report(world):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 1), reported=date(2016, 2, 29))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") == (1, 1, 0)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 1), reported=date(2016, 1, 28))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") is None
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-01") == (0, 1, 0)
    assert await world.figure(CLEANUPS, LANDSKRONA, "2016-03") == (1, None, 0)


async def test_another_type_at_the_same_place_is_another_figure(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await world.record("a", "training", ALFA, start=date(2016, 3, 4))
    await world.settle()
    assert await world.figures(only=VISITS) == {}
    assert await world.figure("trainings", ALFA, "2016-03") == (1, None, 0)


@pytest.mark.parametrize("status", ["planned", "cancelled"])
async def test_only_what_was_performed_counts(world, status):
    await world.record("a", "school-visit", ALFA, status=status, start=date(2016, 3, 4))
    await world.settle()
    assert await world.figures() == {}


async def test_cancelling_takes_the_figure_away(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await world.record("a", "school-visit", ALFA, status="cancelled", start=date(2016, 3, 4))
    await world.settle()
    assert await world.figures() == {}


async def test_deletion_takes_the_figure_away(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    assert await world.erase("a")
    await world.settle()
    assert await world.figures() == {}


async def test_nothing_of_nothing_is_missing_and_nothing_counted_is_zero(world):
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    for area in (LANDSKRONA, SKANE, SWEDEN):
        assert await world.figure(CLEANUPS, area, "2016-02") == (0, None, 0)
        assert await world.figure(IN_TIME, area, "2016-T1") == (0, 0, 0)
    assert await world.figure(CLEANUPS, HELSINGBORG, "2016-02") is None
    assert await world.figure(VISITS, LANDSKRONA, "2016-02") is None


async def test_none_of_some_is_told_from_none_of_none(world):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 2, 1))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") == (0, 1, 0)


async def test_a_late_fact_changes_a_past_year(world):
    await world.settle(date(2017, 6, 1))
    await world.record("a", "school-visit", ALFA, start=date(2015, 12, 31))
    await world.settle()
    assert {period for _, area, period in await world.figures(only=VISITS) if area == SWEDEN} == {
        "2015-12",
        "2015-T3",
        "2015",
    }


async def test_graffiti_reported_before_easter_is_outside_until_its_time_is_up(world):
    world.as_of = date(2016, 3, 24)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 3, 24))
    await world.settle(date(2016, 3, 30))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (0, 0, 1)
    await world.settle(date(2016, 3, 31))
    for area in (LANDSKRONA, SWEDEN):
        assert await world.figure(IN_TIME, area, "2016-03") == (0, 1, 0)


@pytest.mark.parametrize(("start", "in_time"), [(date(2016, 3, 30), 1), (date(2016, 3, 31), 0)])
async def test_the_last_day_is_within_the_time(world, start, in_time):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 3, 24), start=start)
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (in_time, 1, 0)


async def test_a_worker_that_still_works_on_yesterday_does_not_lose_what_ripened_at_midnight(world):
    world.as_of = date(2016, 3, 31)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 3, 24))
    await world.settle(date(2016, 3, 30))
    await world.settle(date(2016, 3, 31))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (0, 1, 0)


@pytest.mark.parametrize(
    ("completed", "shown"),
    [(date(2016, 3, 30), (1, 1, 0)), (date(2016, 3, 31), (0, 0, 1))],
)
async def test_an_unknown_start_is_proved_by_completion_in_time_and_by_nothing_else(world, completed, shown):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 3, 24), completed=completed)
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == shown


async def test_without_a_report_date_a_cleanup_is_counted_apart_where_it_was_done(world):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 24))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (0, 0, 1)
    assert await world.figure(CLEANUPS, LANDSKRONA, "2016-03") == (1, None, 0)


async def test_only_racist_and_sexist_graffiti_is_hateful(world):
    for kind in ("racist", "sexist", "ordinary"):
        attributes = {"contentKind": kind}
        reported, start = date(2016, 2, 1), date(2016, 2, 2 if kind == "racist" else 9)
        await world.record(kind, "graffiti-cleanup", LANDSKRONA, reported=reported, start=start, attributes=attributes)
    await world.settle()
    assert await world.figure(HATEFUL, LANDSKRONA, "2016-02") == (1, 2, 0)
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-02") == (1, 3, 0)


async def test_a_walk_reaches_20_by_those_who_represent_no_one(world):
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


async def test_unknown_participants_are_not_none(world):
    await world.record("a", "safety-walk", NORTH, start=date(2016, 4, 1))
    await world.record("b", "safety-walk", NORTH, start=date(2016, 4, 2), participants={"police": 4})
    await world.settle()
    assert await world.figure(WALKERS, NORTH, "2016-04") == (None, None, 2)
    assert await world.figure(REACHING_20, NORTH, "2016-04") == (0, 0, 2)
    assert await world.figure("participants", NORTH, "2016-04") == (4, None, 1)


async def test_a_school_visited_twice_counts_once_in_every_span(world):
    for number, month in enumerate((1, 1, 2, 6)):
        await world.record(f"v{number}", "school-visit", ALFA, start=date(2016, month, 10 + number))
    await world.record("other", "school-visit", GAMMA, start=date(2016, 2, 1))
    await world.settle()
    shown = {
        (area, period): figure[0]
        for (_, area, period), figure in (await world.figures(only=VISITED)).items()
        if area in (LANDSKRONA, SWEDEN)
    }
    assert shown[LANDSKRONA, "2016"] == 1
    assert shown[SWEDEN, "2016"] == 2
    assert shown[LANDSKRONA, "2016-T1"] == shown[LANDSKRONA, "2016-T2"] == 1
    assert shown[SWEDEN, "2016-T1"] == 2


async def test_a_school_that_moves_in_mid_tertial_counts_in_each_municipality_and_once_above(world):
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 2, 15)), (HELSINGBORG, date(2016, 2, 15), None)))
    for number, day in enumerate((date(2016, 1, 10), date(2016, 2, 14), date(2016, 2, 15), date(2016, 4, 1))):
        await world.record(f"v{number}", "school-visit", ALFA, start=day)
    await world.settle()
    for area, visits in ((LANDSKRONA, 2), (HELSINGBORG, 2), (SKANE, 4), (ALFA, 4)):
        assert await world.figure(VISITS, area, "2016-T1") == (visits, None, 0)
        assert await world.figure(VISITED, area, "2016-T1") == (1, None, 0)
    assert await world.figure(VISITED, SKANE, "2016-02") == (1, None, 0)


async def test_an_edge_put_again_moves_the_figures(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await world.put(spot(ALFA, HELSINGBORG))
    await world.settle()
    assert await world.figure(VISITS, LANDSKRONA, "2016") is None
    assert await world.figure(VISITS, HELSINGBORG, "2016") == (1, None, 0)
    assert await world.figure(VISITS, ALFA, "2016") == (1, None, 0)


async def test_what_ripens_later_follows_the_place_to_its_new_municipality(world):
    world.as_of = date(2016, 3, 24)
    await world.record("a", "graffiti-cleanup", ALFA, status="planned", reported=date(2016, 3, 24))
    await world.put(spot(ALFA, HELSINGBORG))
    await world.settle(date(2016, 3, 30))
    assert await world.figure(IN_TIME, HELSINGBORG, "2016-03") == (0, 0, 1)
    await world.settle(date(2016, 3, 31))
    assert await world.figure(IN_TIME, HELSINGBORG, "2016-03") == (0, 1, 0)


async def test_a_place_in_two_districts_counts_once_where_they_meet(world):
    await world.record("a", "school-visit", BETA, start=date(2016, 3, 4))
    await world.settle()
    for area in (BETA, NORTH, SOUTH, LANDSKRONA, SWEDEN):
        assert await world.figure(VISITS, area, "2016-03") == (1, None, 0)


async def test_a_fact_on_an_upper_level_counts_there_and_above_and_never_below(world):
    await world.record("a", "training", SKANE, start=date(2016, 3, 4))
    await world.record("b", "training", SWEDEN, start=date(2016, 3, 4))
    await world.settle()
    assert await world.figure("trainings", SWEDEN, "2016") == (2, None, 0)
    assert await world.figure("trainings", SKANE, "2016") == (1, None, 0)
    assert {area for _, area, _ in await world.figures(only="trainings")} == {SKANE, SWEDEN}


async def test_a_new_month_brings_its_rows_without_anyone_writing(world):
    world.as_of = date(2016, 4, 30)
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    assert await world.figure(CLEANUPS, LANDSKRONA, "2016-05") is None
    await world.settle(date(2016, 5, 1))
    for area in (LANDSKRONA, SKANE, SWEDEN):
        for period in ("2016-05", "2016-T2"):
            assert await world.figure(CLEANUPS, area, period) == (0, None, 0)


async def test_a_period_that_an_agreement_reaches_only_later_has_its_row_once_it_has_begun(world):
    world.as_of = date(2016, 1, 1)
    await world.agree(
        "a",
        Span(date(2016, 3, 15), date(2016, 12, 31)),
        [LANDSKRONA],
        Annex("attractive-city", Span(date(2016, 3, 15), date(2016, 12, 31))),
    )
    await world.settle()
    periods = {period for _, area, period in await world.figures(only=CLEANUPS) if area == LANDSKRONA}
    assert periods == {"2016-T1", "2016"}


async def test_a_shortened_agreement_takes_its_empty_rows_along(world):
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 10, 3), start=date(2016, 10, 3))
    await world.settle()
    short = Span(date(2016, 1, 1), date(2016, 6, 15))
    await world.agree("a", short, [LANDSKRONA], Annex("attractive-city", short))
    await world.settle()
    periods = {period for _, area, period in await world.figures(only=CLEANUPS) if area == LANDSKRONA}
    assert periods == {f"2016-{month:02}" for month in (*range(1, 7), 10)} | {"2016-T1", "2016-T2", "2016-T3", "2016"}


async def test_a_municipality_that_changes_county_takes_its_empty_rows_along(world):
    await world.agree("a", YEAR_2016, [HELSINGBORG], ATTRACTIVE)
    await world.settle()
    await world.put(spot(HELSINGBORG, STOCKHOLM_COUNTY, kind="municipality"))
    await world.settle()
    assert await world.figure(CLEANUPS, SKANE, "2016") is None
    assert await world.figure(CLEANUPS, STOCKHOLM_COUNTY, "2016") == (0, None, 0)


async def test_an_agreement_of_a_county_covers_its_municipalities(world):
    await world.agree("a", YEAR_2016, [SKANE], SCHOOLS)
    await world.settle()
    for area in (LANDSKRONA, HELSINGBORG, SKANE, SWEDEN):
        assert await world.figure(VISITED, area, "2016") == (0, None, 0)
    assert await world.figure(VISITED, STOCKHOLM_COUNTY, "2016") is None
    assert await world.figure(VISITED, NORTH, "2016") is None


async def test_a_place_outside_its_days_is_not_placed(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    parents = spot(ALFA, LANDSKRONA).parents
    await world.put(Area(ALFA, "place", "school", ALFA, None, DateRange(date(2016, 4, 1), None), parents))
    await world.settle()
    assert await world.figures() == {}
    await world.put(Area(ALFA, "place", "school", ALFA, None, ALWAYS, parents))
    await world.settle()
    assert await world.figure(VISITS, ALFA, "2016") == (1, None, 0)


def revised(catalogue: Catalogue, code: str, **changes: object) -> Catalogue:
    """Return a catalogue with one definition changed."""
    definition = catalogue.indicators[code].model_copy(update=changes)
    return Catalogue(catalogue.activity_types, {**catalogue.indicators, code: definition})


async def put(world: World, catalogue: Catalogue) -> None:
    world.catalogue = catalogue
    async with world.engine.begin() as connection:
        await put_series(connection, catalogue, world.as_of)


async def test_a_changed_definition_is_computed_anew(world):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 5))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (0, 1, 0)
    deadline = world.catalogue.indicators[IN_TIME].deadline.model_copy(update={"working_days": 4})
    await put(world, revised(world.catalogue, IN_TIME, deadline=deadline, version=2))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (1, 1, 0)


async def test_a_longer_time_limit_also_ripens(world):
    world.as_of = date(2016, 3, 24)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 3, 24))
    deadline = world.catalogue.indicators[IN_TIME].deadline.model_copy(update={"working_days": 4})
    await put(world, revised(world.catalogue, IN_TIME, deadline=deadline, version=2))
    await world.settle(date(2016, 4, 1))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (0, 0, 1)
    await world.settle(date(2016, 4, 2))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (0, 1, 0)


async def test_an_edited_definition_is_computed_anew_even_without_a_new_version(world):
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    await put(world, revised(world.catalogue, CLEANUPS, themes=("contact-officers",)))
    await world.settle()
    assert await world.figures(only=CLEANUPS) == {}


async def test_an_unchanged_catalogue_marks_nothing(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await put(world, world.catalogue)
    async with world.engine.begin() as connection:
        assert await oldest_mark_seconds(connection, world.as_of) is None


async def test_a_removed_definition_takes_its_values_along_and_a_new_one_brings_them(world):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    before = await world.figures()
    whole = world.catalogue
    definitions = {code: one for code, one in whole.indicators.items() if code != VISITED}
    await put(world, Catalogue(whole.activity_types, definitions))
    await world.settle()
    assert await world.figures() == {key: figure for key, figure in before.items() if key[0] != VISITED}
    await put(world, whole)
    await world.settle()
    assert await world.figures() == before


async def test_revision_and_time_move_only_with_the_figure(world):
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 1))
    await world.settle()

    async def state(indicator: str) -> tuple[int, object]:
        return (
            await world.column("revision", indicator, LANDSKRONA, "2016-02"),
            await world.column("computed_at", indicator, LANDSKRONA, "2016-02"),
        )

    before = await state(CLEANUPS), await state(IN_TIME)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 2))
    await world.settle()
    assert (await state(CLEANUPS), await state(IN_TIME)) == before
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 9))
    await world.settle()
    assert await state(CLEANUPS) == before[0]
    revision, computed_at = await state(IN_TIME)
    assert (revision, computed_at > before[1][1]) == (2, True)


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


async def test_a_ceiling_is_missed_once_exceeded_and_met_only_at_the_end(world):
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
async def test_a_forecast_moves_with_the_day_alone_until_the_year_has_ended(world, area):
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


async def test_a_place_without_a_single_municipality_is_judged_too(world):
    world.as_of = date(2016, 3, 1)
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 2, 1)), (HELSINGBORG, date(2016, 2, 1), None)))
    await world.agree("a", YEAR_2016, [SKANE], ceiling(4, ALFA))
    await clean(world, date(2016, 1, 5), area=ALFA)
    await world.settle()
    assert (await judgements(world, ALFA))["year 2016-01-01"] == "atRisk"
    await world.settle(date(2016, 4, 30))
    assert (await judgements(world, ALFA))["year 2016-01-01"] == "onCourse"


@pytest.mark.parametrize("area", [LANDSKRONA, SKANE])
async def test_fewer_than_the_year_before_is_judged_again_when_the_year_before_changes(world, area):
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


async def test_a_year_before_that_becomes_known_only_by_its_empty_rows_is_compared_with(world):
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


async def test_a_target_that_goes_takes_its_judgement_along(world):
    await world.agree("a", YEAR_2016, [LANDSKRONA], ceiling(2))
    await clean(world, date(2016, 1, 5))
    await world.settle()
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    assert await judgements(world) == {}


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE indicator_value SET numerator = 2 WHERE period_type = 'tertial' AND numerator = 1",
        "DELETE FROM indicator_value WHERE period_type = 'year'",
        """INSERT INTO indicator_value
           SELECT series_id, area_id, 'month', '2016-09-01', 1, NULL, 0 FROM indicator_value LIMIT 1""",
        "UPDATE cell SET numerator = 7 WHERE numerator = 1",
        "DELETE FROM atom_figure",
        "UPDATE indicator_value SET targets = '[]' WHERE targets IS NULL",
    ],
)
async def test_verify_finds_a_planted_fault_and_mends_nothing(world, planted):
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    async with world.engine.begin() as connection:
        await connection.execute(text(planted))
    found = (await world.verify()).total
    assert found > 0
    assert (await world.verify()).total == found
    await world.rebuild()


async def test_settled_figures_are_written_no_more(world):
    """Days that bring nothing write nothing."""
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await clean(world, date(2016, 1, 5))
    await world.settle(date(2017, 1, 1))
    before = await world.column("computed_at", CLEANUPS, SWEDEN, "2016")
    await world.settle(date(2017, 1, 1) + timedelta(40))
    assert await world.column("computed_at", CLEANUPS, SWEDEN, "2016") == before
