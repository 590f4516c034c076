"""The comparisons of a value, worked out by hand, and then by an independent and slower way for random figures."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.indicators.compute.values import SeriesYear
from shared.domain.activity import Span
from shared.domain.period import PeriodType
from tests.indicators.slow_comparisons import compared_slowly, periods_between
from tests.indicators.stored_values import (
    AS_OF,
    GYMS,
    MISSING,
    MONTHS_2015,
    MONTHS_2016,
    NOTHING,
    POPULATION,
    StoredValues,
    ValueRow,
    changed,
    count,
    mark_and_compare,
    numbered,
    share,
)
from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    BETA,
    CLEANUPS,
    FEELS_SAFE,
    GAMMA,
    HELSINGBORG,
    IN_TIME,
    LANDSKRONA,
    SKANE,
    STOCKHOLM,
    SWEDEN,
    VANDALISM_COST,
    VISITED,
    YEAR_2016,
    Annex,
    World,
)


async def test_a_month_stands_beside_the_month_before_and_the_same_month_last_year(stored_values: StoredValues) -> None:
    await stored_values.put(CLEANUPS, LANDSKRONA, {"2015-03": count(8), "2016-02": count(4), "2016-03": count(5)})
    march = (await stored_values.comparisons(CLEANUPS, LANDSKRONA))["2016-03"]
    assert march == NOTHING | {"previousPeriod": changed(4, 1, 25), "samePeriodLastYear": changed(8, -3, -37.5)}


@pytest.mark.parametrize(
    ("own", "before", "last_year"),
    [("2016-T1", "2015-T3", "2015-T1"), ("2016", "2015", "2015"), ("2016-01", "2015-12", "2015-01")],
)
async def test_a_period_stands_beside_its_own_kind(
    stored_values: StoredValues, own: str, before: str, last_year: str
) -> None:
    await stored_values.put(
        CLEANUPS, LANDSKRONA, {own: count(9), before: count(3), last_year: count(3), "2015-T2": count(1)}
    )
    comparisons = (await stored_values.comparisons(CLEANUPS, LANDSKRONA))[own]
    assert (comparisons["previousPeriod"], comparisons["samePeriodLastYear"]) == (
        changed(3, 6, 200),
        changed(3, 6, 200),
    )


async def test_nothing_of_a_base_of_nothing_is_infinite(stored_values: StoredValues) -> None:
    await stored_values.put(CLEANUPS, LANDSKRONA, {"2016-02": count(0), "2016-03": count(5)})
    assert (await stored_values.comparisons(CLEANUPS, LANDSKRONA))["2016-03"]["previousPeriod"] == changed(0, 5, None)


async def test_a_running_period_is_compared_with_nothing(stored_values: StoredValues) -> None:
    await stored_values.put(CLEANUPS, LANDSKRONA, {"2016-02": count(4), "2016-03": count(5)})
    assert "2016-03" not in await stored_values.comparisons(CLEANUPS, LANDSKRONA, date(2016, 3, 31))
    assert "2016-03" in await stored_values.comparisons(CLEANUPS, LANDSKRONA, date(2016, 4, 1))


async def test_the_year_to_date_and_the_last_12_months_are_of_complete_months(stored_values: StoredValues) -> None:
    await stored_values.put(CLEANUPS, LANDSKRONA, numbered(MONTHS_2015) | numbered(MONTHS_2016, 13))
    comparisons = await stored_values.comparisons(CLEANUPS, LANDSKRONA)
    assert comparisons["2016-02"]["yearToDate"] == changed(13 + 14, 24, 800)
    assert comparisons["2016-02"]["last12Months"] == changed(sum(range(3, 15)), None, None)
    assert comparisons["2016-12"]["last12Months"] == comparisons["2016-12"]["yearToDate"]
    assert comparisons["2016-12"]["last12Months"] == changed(sum(range(13, 25)), 144, 184.615385)
    assert comparisons["2015-11"]["last12Months"] is None


async def test_a_tertial_has_the_last_three_tertials_and_a_year_has_neither(stored_values: StoredValues) -> None:
    tertials = {"2015-T1": count(10), "2016-T1": count(58), "2015": count(78), "2016": count(222)}
    await stored_values.put(CLEANUPS, LANDSKRONA, numbered(MONTHS_2015) | numbered(MONTHS_2016, 13) | tertials)
    comparisons = await stored_values.comparisons(CLEANUPS, LANDSKRONA)
    assert comparisons["2016-T1"]["yearToDate"] == changed(58, 48, 480)
    assert comparisons["2016-T1"]["last12Months"] == changed(sum(range(5, 17)), None, None)
    assert comparisons["2016"] == NOTHING | {
        "previousPeriod": changed(78, 144, 184.615385),
        "samePeriodLastYear": changed(78, 144, 184.615385),
    }


@pytest.mark.parametrize("hole", [None, MISSING, (3, None, "suppressed")])
async def test_a_span_with_a_hole_is_partial(stored_values: StoredValues, hole: tuple[Any, Any, str] | None) -> None:
    months = numbered(MONTHS_2015) | numbered(MONTHS_2016, 13)
    del months["2016-02"]
    await stored_values.put(CLEANUPS, LANDSKRONA, months | ({"2016-02": hole} if hole else {}))
    comparisons = await stored_values.comparisons(CLEANUPS, LANDSKRONA)
    assert comparisons["2016-01"]["yearToDate"] is not None
    assert {comparisons[month]["yearToDate"] for month in ("2016-03", "2016-12")} == {None}
    assert comparisons["2016-03"]["previousPeriod"] is None
    assert comparisons["2016-01"]["last12Months"] is not None
    assert comparisons["2016-03"]["last12Months"] is None


async def test_shares_change_in_percentage_points_and_a_month_of_nothing_adds_nothing(
    stored_values: StoredValues,
) -> None:
    months = {month: share(1, 3) for month in MONTHS_2015} | {month: share(2, 4) for month in MONTHS_2016}
    await stored_values.put(IN_TIME, LANDSKRONA, months | {"2016-02": share(0, 0)})
    comparisons = await stored_values.comparisons(IN_TIME, LANDSKRONA)
    assert comparisons["2016-03"]["samePeriodLastYear"] == changed(33.333333, 16.666667, None)
    assert comparisons["2016-03"]["previousPeriod"] is None
    assert comparisons["2016-03"]["yearToDate"] == changed(50, 16.666667, None)
    assert comparisons["2016-02"]["samePeriodLastYear"] == changed(33.333333, None, None)
    assert comparisons["2016-02"]["per100000"] is None


async def test_states_are_not_added_over_months(stored_values: StoredValues) -> None:
    await stored_values.put(GYMS, LANDSKRONA, {month: share(1, 2) for month in (*MONTHS_2015, *MONTHS_2016)})
    december = (await stored_values.comparisons(GYMS, LANDSKRONA))["2016-12"]
    assert december["previousPeriod"] == changed(50, 0, None)
    assert (december["yearToDate"], december["last12Months"]) == (None, None)


async def test_across_a_changed_boundary_nothing_is_compared(stored_values: StoredValues) -> None:
    await stored_values.put(CLEANUPS, LANDSKRONA, {month: count(2) for month in (*MONTHS_2015, *MONTHS_2016)})
    await stored_values.run(
        "INSERT INTO boundary_change (area_id, day) VALUES (:area, '2016-03-10')",
        area=stored_values.world.ids[LANDSKRONA],
    )
    comparisons = await stored_values.comparisons(CLEANUPS, LANDSKRONA)
    await stored_values.run("DELETE FROM boundary_change WHERE day = '2016-03-10'")
    assert comparisons["2016-02"]["previousPeriod"] == changed(2, 0, 0)
    assert comparisons["2016-02"]["last12Months"] is not None
    assert {"2016-03", "2016-04"}.isdisjoint(comparisons)
    assert comparisons["2016-05"]["previousPeriod"] == changed(2, 0, 0)
    assert {comparisons["2016-05"][name] for name in ("samePeriodLastYear", "yearToDate", "last12Months")} == {None}


async def test_a_place_counts_once_in_a_span_and_in_each_of_12_months_after_a_visit(
    world: World, stored_values: StoredValues
) -> None:
    visits = {ALFA: ((2015, 2), (2015, 3), (2016, 3)), BETA: ((2015, 12),), GAMMA: ((2015, 6), (2016, 2))}
    for area, months in visits.items():
        for year, month in months:
            await world.record(f"{area} {year} {month}", "school-visit", area, start=date(year, month, 9))
    years = Span(date(2014, 1, 1), date(2016, 12, 31))
    await world.agree("all", years, [LANDSKRONA, HELSINGBORG], Annex("contact-officers", years))
    await world.settle(AS_OF)
    comparisons = await stored_values.comparisons(VISITED, SKANE)
    assert comparisons["2015-12"]["yearToDate"] == changed(3, 3, None)
    assert comparisons["2016-01"]["yearToDate"] == changed(0, 0, None)
    assert comparisons["2016-03"]["yearToDate"] == changed(2, 1, 100)
    assert comparisons["2016-02"]["last12Months"]["value"] == 3
    assert comparisons["2016-11"]["last12Months"]["value"] == 3
    assert comparisons["2016-12"]["last12Months"] == changed(2, -1, -33.333333)
    assert (await stored_values.comparisons(VISITED, LANDSKRONA))["2016-T1"]["last12Months"]["value"] == 2


async def test_per_100_000_is_by_the_inhabitants_of_the_year_before(stored_values: StoredValues) -> None:
    await stored_values.put(CLEANUPS, LANDSKRONA, {"2016-03": count(11), "2016": count(90)})
    await stored_values.run(
        POPULATION, area=stored_values.world.ids[LANDSKRONA], year=date(2016, 1, 1), number=1, finality="final"
    )
    assert await stored_values.comparisons(CLEANUPS, LANDSKRONA) == {}
    for finality, number in (("final", 44000), ("preliminary", 40000)):
        await stored_values.run(
            POPULATION,
            area=stored_values.world.ids[LANDSKRONA],
            year=date(2015, 1, 1),
            number=number,
            finality=finality,
        )
    comparisons = await stored_values.comparisons(CLEANUPS, LANDSKRONA)
    assert comparisons == {"2016-03": NOTHING | {"per100000": 25}, "2016": NOTHING | {"per100000": 204.545455}}


async def test_above_municipalities_it_is_by_those_that_report_and_their_number_is_told(
    world: World, stored_values: StoredValues
) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA, STOCKHOLM], ATTRACTIVE)
    for area in (SKANE, SWEDEN):
        await stored_values.put(CLEANUPS, area, {"2016-03": count(30), "2015-12": count(1)})
        await stored_values.put(VANDALISM_COST, area, {"2016-03": count(30)})
    for area, number in ((LANDSKRONA, 20_000), (STOCKHOLM, 100_000), (SKANE, 600_000)):
        await stored_values.run(
            POPULATION, area=world.ids[area], year=date(2015, 1, 1), number=number, finality="preliminary"
        )
    comparisons = await stored_values.comparisons(CLEANUPS, SWEDEN)
    assert comparisons["2016-03"]["per100000"] == 25
    assert comparisons["2016-03"]["reportingMunicipalities"] == {"reporting": 2, "of": 290}
    assert comparisons["2015-12"] == NOTHING | {"reportingMunicipalities": {"reporting": 0, "of": 290}}
    skane = (await stored_values.comparisons(CLEANUPS, SKANE))["2016-03"]
    assert (skane["per100000"], skane["reportingMunicipalities"]) == (150, {"reporting": 1, "of": 33})
    # What others publish is of everyone: the area's own number, and none where a part's is unknown.
    assert (await stored_values.comparisons(VANDALISM_COST, SKANE))["2016-03"] == NOTHING | {"per100000": 5}
    assert await stored_values.comparisons(VANDALISM_COST, SWEDEN) == {}
    await stored_values.run("DELETE FROM observation WHERE area_id = :area", area=world.ids[STOCKHOLM])
    assert (await stored_values.comparisons(CLEANUPS, SWEDEN))["2016-03"]["per100000"] is None


async def test_a_running_period_tells_how_many_report(world: World, stored_values: StoredValues) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await stored_values.put(CLEANUPS, SKANE, {"2016-03": count(3)})
    comparisons = await stored_values.comparisons(CLEANUPS, SKANE, date(2016, 3, 2))
    assert comparisons["2016-03"] == NOTHING | {"reportingMunicipalities": {"reporting": 1, "of": 33}}


async def test_where_nothing_was_measured_the_latest_measurement_is_told_for_good(
    world: World, stored_values: StoredValues
) -> None:
    await stored_values.put(FEELS_SAFE, LANDSKRONA, {"2010": share(41, 60), "2016-T1": MISSING, "2016": MISSING})
    await stored_values.put(FEELS_SAFE, HELSINGBORG, {"2015-T3": share(1, 2), "2015": share(3, 4), "2016-03": MISSING})
    comparisons = await stored_values.comparisons(FEELS_SAFE, LANDSKRONA)
    assert comparisons["2016"] == NOTHING | {"latestMeasurement": {"period": "2010", "value": 68.333333}}
    assert comparisons["2016-T1"] == comparisons["2016"]
    march = (await stored_values.comparisons(FEELS_SAFE, HELSINGBORG))["2016-03"]
    assert march["latestMeasurement"] == {"period": "2015-T3", "value": 50}
    await stored_values.put(FEELS_SAFE, LANDSKRONA, {"2010": share(42, 60)})
    await mark_and_compare(stored_values, SeriesYear(stored_values.series[FEELS_SAFE], world.ids[LANDSKRONA], 2010))
    assert await stored_values.compare_all() == 0


@pytest.mark.parametrize("seed", range(4))
async def test_random_figures_compare_as_they_do_the_slow_way(
    world: World, stored_values: StoredValues, seed: int
) -> None:
    chance = random.Random(seed)
    for indicator, make in ((CLEANUPS, _random_count), (IN_TIME, _random_share)):
        for area in (LANDSKRONA, HELSINGBORG):
            put = {
                period.code: make(chance)
                for period in periods_between(date(2013, 1, 1), AS_OF)
                if period.type is not PeriodType.MONTH or chance.random() < (0.97 if seed % 2 else 0.8)
            }
            await stored_values.put(indicator, area, put)
            expected = {
                code: comparison
                for code in put
                if (comparison := compared_slowly(put, code, is_share=indicator == IN_TIME))
            }
            comparisons = await stored_values.comparisons(indicator, area)
            assert {code: {k: v for k, v in row.items() if v} for code, row in comparisons.items()} == expected


def _random_count(chance: random.Random) -> ValueRow:
    return chance.choices([count(chance.randrange(5)), MISSING, (1, None, "suppressed")], [96, 2, 2])[0]


def _random_share(chance: random.Random) -> ValueRow:
    denominator = chance.randrange(4)
    value = share(chance.randint(0, denominator), denominator)
    return chance.choices([value, (1, 2, "suppressed")], [98, 2])[0]


_SERIES = text("SELECT indicator_code, series_id FROM indicator_series WHERE slice = 'all'")
