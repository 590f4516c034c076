"""What stands beside a value, worked out by hand, and then by an independent and slower way for random figures."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from services.indicators.comparing import compare, compare_all, mark_comparisons, mark_turned_days
from services.indicators.read_model import Wanted
from shared.domain.activity import Span
from shared.domain.period import Period, PeriodType
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

GYMS = "certified-gyms"
AS_OF = date(2017, 1, 1)
MONTHS_2015, MONTHS_2016 = ([f"{year}-{month:02}" for month in range(1, 13)] for year in (2015, 2016))
NOTHING = dict.fromkeys(
    (
        *("previousPeriod", "samePeriodLastYear", "yearToDate", "last12Months", "per100000", "latestMeasurement"),
        "reportingMunicipalities",
    )
)

# Numerator, denominator, status.
Told = tuple[Any, Any, str]


def count(number: int) -> Told:
    return number, None, "observed" if number else "zero"


def share(numerator: int, denominator: int) -> Told:
    return numerator, denominator, "observed" if denominator else "missing"


MISSING: Told = (None, None, "missing")


@dataclass
class Shelf:
    """Values put there as they are, and what the comparing makes of them."""

    world: World
    series: dict[str, int] = field(default_factory=dict)

    async def put(self, indicator: str, area: str, values: Mapping[str, Told]) -> None:
        """Put values by period, replacing those that are there."""
        rows = [
            {
                "series_id": self.series[indicator],
                "area_id": self.world.ids[area],
                "period_type": Period.parse(code).type.value,
                "period_start": Period.parse(code).start,
                "numerator": numerator,
                "denominator": denominator,
                "status": status,
            }
            for code, (numerator, denominator, status) in values.items()
        ]
        async with self.world.engine.begin() as connection:
            await connection.execute(_PUT, rows)

    async def run(self, statement: str, **parameters: Any) -> None:
        async with self.world.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def compare_all(self, as_of: date = AS_OF) -> int:
        async with self.world.engine.begin() as connection:
            return await compare_all(connection, as_of)

    async def beside(self, indicator: str, area: str, as_of: date = AS_OF) -> dict[str, dict[str, Any]]:
        """Compare everything and return what stands beside each period of an indicator in an area."""
        await self.compare_all(as_of)
        async with self.world.engine.begin() as connection:
            rows = await connection.execute(
                _BESIDE, {"series_id": self.series[indicator], "area_id": self.world.ids[area]}
            )
            return {Period(PeriodType(row.period_type), row.period_start).code: row.beside for row in rows}


@pytest.fixture
async def shelf(world: World) -> Shelf:
    async with world.engine.begin() as connection:
        rows = await connection.execute(
            text("SELECT indicator_code, series_id FROM indicator_series WHERE slice = 'all'")
        )
        return Shelf(world, {row.indicator_code: row.series_id for row in rows})


def changed(value: float, change: float | None, percent: float | None) -> dict[str, float | None]:
    return {"value": value, "change": change, "changePercent": percent}


def numbered(months: Sequence[str], first: int = 1) -> dict[str, Told]:
    return {code: count(number) for number, code in enumerate(months, first)}


async def test_a_month_stands_beside_the_month_before_and_the_same_month_last_year(shelf: Shelf) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, {"2015-03": count(8), "2016-02": count(4), "2016-03": count(5)})
    march = (await shelf.beside(CLEANUPS, LANDSKRONA))["2016-03"]
    assert march == NOTHING | {"previousPeriod": changed(4, 1, 25), "samePeriodLastYear": changed(8, -3, -37.5)}


@pytest.mark.parametrize(
    ("own", "before", "last_year"),
    [("2016-T1", "2015-T3", "2015-T1"), ("2016", "2015", "2015"), ("2016-01", "2015-12", "2015-01")],
)
async def test_a_period_stands_beside_its_own_kind(shelf: Shelf, own: str, before: str, last_year: str) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, {own: count(9), before: count(3), last_year: count(3), "2015-T2": count(1)})
    shown = (await shelf.beside(CLEANUPS, LANDSKRONA))[own]
    assert (shown["previousPeriod"], shown["samePeriodLastYear"]) == (changed(3, 6, 200), changed(3, 6, 200))


async def test_nothing_of_a_base_of_nothing_is_infinite(shelf: Shelf) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, {"2016-02": count(0), "2016-03": count(5)})
    assert (await shelf.beside(CLEANUPS, LANDSKRONA))["2016-03"]["previousPeriod"] == changed(0, 5, None)


async def test_a_running_period_is_compared_with_nothing(shelf: Shelf) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, {"2016-02": count(4), "2016-03": count(5)})
    assert "2016-03" not in await shelf.beside(CLEANUPS, LANDSKRONA, date(2016, 3, 31))
    assert "2016-03" in await shelf.beside(CLEANUPS, LANDSKRONA, date(2016, 4, 1))


async def test_the_year_to_date_and_the_last_12_months_are_of_complete_months(shelf: Shelf) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, numbered(MONTHS_2015) | numbered(MONTHS_2016, 13))
    shown = await shelf.beside(CLEANUPS, LANDSKRONA)
    assert shown["2016-02"]["yearToDate"] == changed(13 + 14, 24, 800)
    assert shown["2016-02"]["last12Months"] == changed(sum(range(3, 15)), None, None)
    assert shown["2016-12"]["last12Months"] == shown["2016-12"]["yearToDate"]
    assert shown["2016-12"]["last12Months"] == changed(sum(range(13, 25)), 144, 184.615385)
    assert shown["2015-11"]["last12Months"] is None


async def test_a_tertial_has_the_last_three_tertials_and_a_year_has_neither(shelf: Shelf) -> None:
    tertials = {"2015-T1": count(10), "2016-T1": count(58), "2015": count(78), "2016": count(222)}
    await shelf.put(CLEANUPS, LANDSKRONA, numbered(MONTHS_2015) | numbered(MONTHS_2016, 13) | tertials)
    shown = await shelf.beside(CLEANUPS, LANDSKRONA)
    assert shown["2016-T1"]["yearToDate"] == changed(58, 48, 480)
    assert shown["2016-T1"]["last12Months"] == changed(sum(range(5, 17)), None, None)
    assert shown["2016"] == NOTHING | {
        "previousPeriod": changed(78, 144, 184.615385),
        "samePeriodLastYear": changed(78, 144, 184.615385),
    }


@pytest.mark.parametrize("hole", [None, MISSING, (3, None, "suppressed")])
async def test_a_span_with_a_hole_is_partial(shelf: Shelf, hole: tuple[Any, Any, str] | None) -> None:
    months = numbered(MONTHS_2015) | numbered(MONTHS_2016, 13)
    del months["2016-02"]
    await shelf.put(CLEANUPS, LANDSKRONA, months | ({"2016-02": hole} if hole else {}))
    shown = await shelf.beside(CLEANUPS, LANDSKRONA)
    assert shown["2016-01"]["yearToDate"] is not None
    assert {shown[month]["yearToDate"] for month in ("2016-03", "2016-12")} == {None}
    assert shown["2016-03"]["previousPeriod"] is None
    assert shown["2016-01"]["last12Months"] is not None
    assert shown["2016-03"]["last12Months"] is None


async def test_shares_change_in_percentage_points_and_a_month_of_nothing_adds_nothing(shelf: Shelf) -> None:
    months = {month: share(1, 3) for month in MONTHS_2015} | {month: share(2, 4) for month in MONTHS_2016}
    await shelf.put(IN_TIME, LANDSKRONA, months | {"2016-02": share(0, 0)})
    shown = await shelf.beside(IN_TIME, LANDSKRONA)
    assert shown["2016-03"]["samePeriodLastYear"] == changed(33.333333, 16.666667, None)
    assert shown["2016-03"]["previousPeriod"] is None
    assert shown["2016-03"]["yearToDate"] == changed(50, 16.666667, None)
    assert shown["2016-02"]["samePeriodLastYear"] == changed(33.333333, None, None)
    assert shown["2016-02"]["per100000"] is None


async def test_states_are_not_added_over_months(shelf: Shelf) -> None:
    await shelf.put(GYMS, LANDSKRONA, {month: share(1, 2) for month in (*MONTHS_2015, *MONTHS_2016)})
    december = (await shelf.beside(GYMS, LANDSKRONA))["2016-12"]
    assert december["previousPeriod"] == changed(50, 0, None)
    assert (december["yearToDate"], december["last12Months"]) == (None, None)


async def test_across_a_changed_boundary_nothing_is_compared(shelf: Shelf) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, {month: count(2) for month in (*MONTHS_2015, *MONTHS_2016)})
    await shelf.run(
        "INSERT INTO boundary_change (area_id, day) VALUES (:area, '2016-03-10')", area=shelf.world.ids[LANDSKRONA]
    )
    shown = await shelf.beside(CLEANUPS, LANDSKRONA)
    await shelf.run("DELETE FROM boundary_change WHERE day = '2016-03-10'")
    assert shown["2016-02"]["previousPeriod"] == changed(2, 0, 0)
    assert shown["2016-02"]["last12Months"] is not None
    assert {"2016-03", "2016-04"}.isdisjoint(shown)
    assert shown["2016-05"]["previousPeriod"] == changed(2, 0, 0)
    assert {shown["2016-05"][name] for name in ("samePeriodLastYear", "yearToDate", "last12Months")} == {None}


async def test_a_place_counts_once_in_a_span_and_in_each_of_12_months_after_a_visit(world: World, shelf: Shelf) -> None:
    visits = {ALFA: ((2015, 2), (2015, 3), (2016, 3)), BETA: ((2015, 12),), GAMMA: ((2015, 6), (2016, 2))}
    for area, months in visits.items():
        for year, month in months:
            await world.record(f"{area} {year} {month}", "school-visit", area, start=date(year, month, 9))
    years = Span(date(2014, 1, 1), date(2016, 12, 31))
    await world.agree("all", years, [LANDSKRONA, HELSINGBORG], Annex("contact-officers", years))
    await world.settle(AS_OF)
    shown = await shelf.beside(VISITED, SKANE)
    assert shown["2015-12"]["yearToDate"] == changed(3, 3, None)
    assert shown["2016-01"]["yearToDate"] == changed(0, 0, None)
    assert shown["2016-03"]["yearToDate"] == changed(2, 1, 100)
    assert shown["2016-02"]["last12Months"]["value"] == 3
    assert shown["2016-11"]["last12Months"]["value"] == 3
    assert shown["2016-12"]["last12Months"] == changed(2, -1, -33.333333)
    assert (await shelf.beside(VISITED, LANDSKRONA))["2016-T1"]["last12Months"]["value"] == 2


async def test_per_100_000_is_by_the_inhabitants_of_the_year_before(shelf: Shelf) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, {"2016-03": count(11), "2016": count(90)})
    await shelf.run(_POPULATION, area=shelf.world.ids[LANDSKRONA], year=date(2016, 1, 1), number=1, finality="final")
    assert await shelf.beside(CLEANUPS, LANDSKRONA) == {}
    for finality, number in (("final", 44000), ("preliminary", 40000)):
        await shelf.run(
            _POPULATION, area=shelf.world.ids[LANDSKRONA], year=date(2015, 1, 1), number=number, finality=finality
        )
    shown = await shelf.beside(CLEANUPS, LANDSKRONA)
    assert shown == {"2016-03": NOTHING | {"per100000": 25}, "2016": NOTHING | {"per100000": 204.545455}}


async def test_above_municipalities_it_is_by_those_that_report_and_their_number_is_told(
    world: World, shelf: Shelf
) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA, STOCKHOLM], ATTRACTIVE)
    for area in (SKANE, SWEDEN):
        await shelf.put(CLEANUPS, area, {"2016-03": count(30), "2015-12": count(1)})
        await shelf.put(VANDALISM_COST, area, {"2016-03": count(30)})
    for area, number in ((LANDSKRONA, 20_000), (STOCKHOLM, 100_000), (SKANE, 600_000)):
        await shelf.run(_POPULATION, area=world.ids[area], year=date(2015, 1, 1), number=number, finality="preliminary")
    shown = await shelf.beside(CLEANUPS, SWEDEN)
    assert shown["2016-03"]["per100000"] == 25
    assert shown["2016-03"]["reportingMunicipalities"] == {"reporting": 2, "of": 290}
    assert shown["2015-12"] == NOTHING | {"reportingMunicipalities": {"reporting": 0, "of": 290}}
    skane = (await shelf.beside(CLEANUPS, SKANE))["2016-03"]
    assert (skane["per100000"], skane["reportingMunicipalities"]) == (150, {"reporting": 1, "of": 33})
    # What others publish is of everyone: the area's own number, and none where a part's is unknown.
    assert (await shelf.beside(VANDALISM_COST, SKANE))["2016-03"] == NOTHING | {"per100000": 5}
    assert await shelf.beside(VANDALISM_COST, SWEDEN) == {}
    await shelf.run("DELETE FROM observation WHERE area_id = :area", area=world.ids[STOCKHOLM])
    assert (await shelf.beside(CLEANUPS, SWEDEN))["2016-03"]["per100000"] is None


async def test_a_running_period_tells_how_many_report(world: World, shelf: Shelf) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await shelf.put(CLEANUPS, SKANE, {"2016-03": count(3)})
    shown = await shelf.beside(CLEANUPS, SKANE, date(2016, 3, 2))
    assert shown["2016-03"] == NOTHING | {"reportingMunicipalities": {"reporting": 1, "of": 33}}


async def test_where_nothing_was_measured_the_latest_measurement_is_told_for_good(world: World, shelf: Shelf) -> None:
    await shelf.put(FEELS_SAFE, LANDSKRONA, {"2010": share(41, 60), "2016-T1": MISSING, "2016": MISSING})
    await shelf.put(FEELS_SAFE, HELSINGBORG, {"2015-T3": share(1, 2), "2015": share(3, 4), "2016-03": MISSING})
    shown = await shelf.beside(FEELS_SAFE, LANDSKRONA)
    assert shown["2016"] == NOTHING | {"latestMeasurement": {"period": "2010", "value": 68.333333}}
    assert shown["2016-T1"] == shown["2016"]
    march = (await shelf.beside(FEELS_SAFE, HELSINGBORG))["2016-03"]
    assert march["latestMeasurement"] == {"period": "2015-T3", "value": 50}
    await shelf.put(FEELS_SAFE, LANDSKRONA, {"2010": share(42, 60)})
    await _mark_and_compare(shelf, Wanted(shelf.series[FEELS_SAFE], world.ids[LANDSKRONA], 2010))
    assert await shelf.compare_all() == 0


@pytest.mark.parametrize("month", ["2014-02", "2014-12", "2016-05"])
async def test_a_mark_reaches_all_that_compares_with_its_year(world: World, shelf: Shelf, month: str) -> None:
    months = [f"{year}-{number:02}" for year in (2013, 2014, 2015, 2016) for number in range(1, 13)]
    await shelf.put(CLEANUPS, LANDSKRONA, {code: count(2) for code in months})
    assert await shelf.compare_all() > 0
    await shelf.put(CLEANUPS, LANDSKRONA, {month: count(7)})
    assert await _mark_and_compare(shelf, Wanted(shelf.series[CLEANUPS], world.ids[LANDSKRONA], int(month[:4]))) > 0
    assert await shelf.compare_all() == 0


@pytest.mark.parametrize("day", [date(2016, 4, 1), date(2016, 5, 1), date(2017, 1, 1)])
async def test_a_turned_day_marks_what_has_ended(world: World, shelf: Shelf, day: date) -> None:
    periods = {code: count(2) for code in (*MONTHS_2015, *MONTHS_2016, "2015-T1", "2016-T1", "2015", "2016")}
    await shelf.put(CLEANUPS, LANDSKRONA, periods)
    await shelf.compare_all(day - timedelta(1))
    async with world.engine.begin() as connection:
        await mark_turned_days(connection, day, day)
        assert await compare(connection, lambda: day) > 0
    assert await shelf.compare_all(day) == 0


async def test_what_stands_beside_a_value_that_is_gone_goes_too(world: World, shelf: Shelf) -> None:
    await shelf.put(CLEANUPS, LANDSKRONA, {"2016-02": count(4), "2016-03": count(5)})
    assert await shelf.beside(CLEANUPS, LANDSKRONA)
    await shelf.run("DELETE FROM indicator_value")
    assert await _mark_and_compare(shelf, Wanted(shelf.series[CLEANUPS], world.ids[LANDSKRONA], 2016)) == 1
    assert await shelf.beside(CLEANUPS, LANDSKRONA) == {}


async def test_a_second_pass_meanwhile_leaves_the_marks_to_the_first(world: World, shelf: Shelf) -> None:
    async with world.engine.begin() as first, world.engine.begin() as second:
        await compare(first, lambda: AS_OF)
        await mark_comparisons(second, [Wanted(shelf.series[CLEANUPS], world.ids[LANDSKRONA], 2016)])
        assert await compare(second, lambda: AS_OF) == 0
        assert (await second.execute(text("SELECT count(*) FROM comparison_mark"))).scalar_one() == 1


async def test_places_are_compared_last(world: World, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.indicators.comparing.MOST_MARKS", 1)
    marked = [ALFA, LANDSKRONA, BETA, SKANE]
    for area in marked:
        await shelf.put(CLEANUPS, area, {"2016-02": count(4), "2016-03": count(5)})
        async with world.engine.begin() as connection:
            await mark_comparisons(connection, [Wanted(shelf.series[CLEANUPS], world.ids[area], 2016)])
    for compared in (1, 2, 3, 4):
        async with world.engine.begin() as connection:
            assert await compare(connection, lambda: AS_OF, seconds=0) > 0
            left = set((await connection.execute(_MARKED)).scalars())
        assert left == {*[LANDSKRONA, SKANE, ALFA, BETA][compared:]}


@pytest.mark.parametrize("seed", range(4))
async def test_random_figures_compare_as_they_do_the_slow_way(world: World, shelf: Shelf, seed: int) -> None:
    chance = random.Random(seed)
    for indicator, make in ((CLEANUPS, _random_count), (IN_TIME, _random_share)):
        for area in (LANDSKRONA, HELSINGBORG):
            put = {
                period.code: make(chance)
                for period in _periods(date(2013, 1, 1), AS_OF)
                if period.type is not PeriodType.MONTH or chance.random() < (0.97 if seed % 2 else 0.8)
            }
            await shelf.put(indicator, area, put)
            expected = {code: told for code in put if (told := _slowly(put, code, is_share=indicator == IN_TIME))}
            shown = await shelf.beside(indicator, area)
            assert {code: {k: v for k, v in row.items() if v} for code, row in shown.items()} == expected


def _random_count(chance: random.Random) -> Told:
    return chance.choices([count(chance.randrange(5)), MISSING, (1, None, "suppressed")], [96, 2, 2])[0]


def _random_share(chance: random.Random) -> Told:
    denominator = chance.randrange(4)
    told = share(chance.randint(0, denominator), denominator)
    return chance.choices([told, (1, 2, "suppressed")], [98, 2])[0]


def _periods(first: date, last: date) -> list[Period]:
    periods = []
    for kind in PeriodType:
        period = Period.containing(kind, first)
        while period.end < last:
            periods.append(period)
            period = period.next()
    return periods


def _slowly(put: Mapping[str, Told], code: str, *, is_share: bool) -> dict[str, Any]:
    """Return the spans and periods beside a value, each looked up and added up by itself."""
    period = Period.parse(code)
    own = _value([put[code]], is_share=is_share)
    last_year = Period(period.type, period.start.replace(year=period.start.year - 1))
    told = {}
    for name, base in (("previousPeriod", period.previous()), ("samePeriodLastYear", last_year)):
        value = _value([put.get(base.code)], is_share=is_share)
        if value is not None:
            told[name] = _change(value, own, value, is_share=is_share)
    for name, months in (("yearToDate", period.end.month), ("last12Months", 12)):
        span, before = (
            _value([put.get(month) for month in _months_until(end, months)], is_share=is_share)
            for end in (period.end, last_year.end)
        )
        if span is not None and period.type is not PeriodType.YEAR:
            told[name] = _change(span, span, before, is_share=is_share)
    return told


def _months_until(day: date, number: int) -> list[str]:
    months = [day.replace(day=1)]
    while len(months) < number:
        months.append((months[-1] - timedelta(1)).replace(day=1))
    return [Period(PeriodType.MONTH, month).code for month in months]


def _value(told: Sequence[Told | None], *, is_share: bool) -> Decimal | None:
    if any(one is None or one[2] == "suppressed" or (one[2] == "missing" and not is_share) for one in told):
        return None
    numerator = sum(one[0] or 0 for one in told if one)
    denominator = sum(one[1] or 0 for one in told if one)
    if not is_share:
        return Decimal(numerator)
    return 100 * Decimal(numerator) / denominator if denominator else None


def _change(shown: Decimal, own: Decimal | None, base: Decimal | None, *, is_share: bool) -> dict[str, float | None]:
    change = None if own is None or base is None else own - base
    percent = None if is_share or change is None or not base else round(float(100 * change / base), 6)
    return changed(round(float(shown), 6), None if change is None else round(float(change), 6), percent)


async def _mark_and_compare(shelf: Shelf, wanted: Wanted) -> int:
    async with shelf.world.engine.begin() as connection:
        await mark_comparisons(connection, [wanted])
        return await compare(connection, lambda: AS_OF)


_SERIES = text("SELECT indicator_code, series_id FROM indicator_series WHERE slice = 'all'")
_PUT = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                    status)
       VALUES (:series_id, :area_id, :period_type, :period_start, :numerator, :denominator, 0, :status)
       ON CONFLICT (series_id, area_id, period_type, period_start) DO UPDATE
       SET numerator = excluded.numerator, denominator = excluded.denominator, status = excluded.status"""
)
_BESIDE = text(
    """SELECT period_type, period_start, beside FROM comparison
       WHERE series_id = :series_id AND area_id = :area_id"""
)
_MARKED = text("SELECT code FROM comparison_mark JOIN area USING (area_id)")
_POPULATION = """INSERT INTO observation (source, measure, area_id, period_type, period_start, numerator, finality)
                 VALUES (:finality, 'population', :area, 'year', :year, :number, :finality)"""
