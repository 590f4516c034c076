"""Forecasts of years that have ended, beside what came: the demo's 2016, and Chicago's graffiti where that is at hand.

The demo has one year before 2016, so these forecasts are provisional and judge no target. Of Chicago's requests 10 044
of 12 621 came in August and September 2017, which nothing before foretells, and most wards have none in most years.
The share of these requests that was done within two working days is forecast as targets are judged by it: by the rule
that asks for two years with cases before, which few of Chicago's police districts have.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from shared.domain.target import Acceptance, Cases, MonthlyShares
from shared.signals.forecast import forecast_year
from shared.signals.prospect import prospect_of
from shared.signals.series import MOST_SEASONS, Kind, Series
from shared.signals.year_ends import BARELY
from tests.benchmarks.results import Result
from tests.chicago import independent

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "shared" / "data" / "landskrona"
CHICAGO = ROOT.parent / "shared" / "data" / "chicago_311_graffiti_2017.csv"
YEAR = 12
KNOWN = (4, 8)
DEMO_YEARS = range(2015, 2017)
CHICAGO_YEARS = range(2011, 2018)
FIRST_FORECAST_OF_CHICAGO = 2014
# Of shares two years before are asked for, and 2018, of which the list has no December, has one.
CHICAGO_YEARS_OF_SHARES = range(2011, 2019)
FIRST_SHARE_OF_CHICAGO = 2013
COSTS = frozenset({"vandalism-cost"})


@dataclass(frozen=True, slots=True)
class Past:
    """Series by month and the years of them, as places, that are forecast."""

    name: str
    many: tuple[Series, ...]
    years: tuple[int, ...]


class Tried(NamedTuple):
    """What was forecast of a year, what the year before made of it, and what came."""

    lower: float
    upper: float
    expected: float
    naive: float
    came: float


def measure() -> Iterator[Result]:
    """Forecast each year as it stood after four and eight months."""
    pasts = [demo_counts(), demo_costs()]
    if CHICAGO.exists():
        pasts += chicago()
    for past in pasts:
        for known in KNOWN:
            yield from results(past.name, known, [*_totals(past, known)])
    if CHICAGO.exists():
        yield from _results_of_shares()


def results(name: str, known: int, tried: Sequence[Tried], unit: str = "") -> Iterator[Result]:
    """Yield in how many of the years what came was within the interval, and how far off forecasts were."""
    name = f"forecast, {name}, {known} months in"
    inside = [one.lower - BARELY <= one.came <= one.upper + BARELY for one in tried]
    yield Result(f"{name}, {sum(inside)} of {len(inside)} covered, %", [100 * fmean(inside)])
    ours, naive = (fmean(abs(getattr(one, by) - one.came) for one in tried) for by in ("expected", "naive"))
    yield Result.at_most(f"{name}, mean absolute error{unit}", [ours], "seasonal naive", [naive], 1.0)


def _totals(past: Past, known: int) -> Iterator[Tried]:
    for series in past.many:
        for year in past.years:
            start = year * YEAR
            found = forecast_year(series, start, start + known)
            if found is not None and found.seasonal_naive is not None:
                total = sum(value or 0.0 for value in series.values[start : start + YEAR])
                yield Tried(found.lower, found.upper, found.expected, found.seasonal_naive, total)


def _results_of_shares() -> Iterator[Result]:
    """Forecast the shares of the whole and of the police districts, and tell of how many of their years this can be."""
    districts = shares_of_chicago()
    whole = districts.pop(independent.MUNICIPALITY)
    years = f"{FIRST_SHARE_OF_CHICAGO} to {CHICAGO_YEARS_OF_SHARES[-1]}"
    name = f"share of Chicago's graffiti done within two working days, {years}"
    by_district = f"{name} by police district"
    for of_many, many in ((name, [whole]), (by_district, [*districts.values()])):
        for known in KNOWN:
            yield from results(of_many, known, [*share_years(many, known)], ", points")
    forecast = len([*share_years(districts.values(), KNOWN[0])])
    with_cases = sum(any(of for _, of in year) for months in districts.values() for _, year in _years(months))
    what = f"{by_district}: years with two of cases before them, which are forecast"
    yield Result(what, [forecast], "years with cases", [with_cases])


def share_years(many: Iterable[Sequence[Cases]], known: int) -> Iterator[Tried]:
    """Yield the years with cases of which a target of the year would have been told a forecast after so many months."""
    for months in many:
        for before, year in _years(months):
            found = prospect_of(MonthlyShares(before, year[:known], None, 100), Acceptance(), Fraction(0))
            cases = sum(of for _, of in year)
            if found is not None and found.seasonal_naive is not None and cases:
                share = 100 * sum(counted for counted, _ in year) / cases
                yield Tried(found.lower, found.upper, found.expected, found.seasonal_naive, share)


def _years(months: Sequence[Cases]) -> Iterator[tuple[tuple[Cases, ...], tuple[Cases, ...]]]:
    """Yield each year that is forecast, after the months before it that a forecast looks at."""
    first = (FIRST_SHARE_OF_CHICAGO - CHICAGO_YEARS_OF_SHARES[0]) * YEAR
    for start in range(first, len(months), YEAR):
        yield tuple(months[max(0, start - MOST_SEASONS * YEAR) : start]), tuple(months[start : start + YEAR])


def shares_of_chicago() -> dict[str, tuple[Cases, ...]]:
    """Return how many requests of each month were done in time, of all that are judged, by place and for the whole.

    A request is of the month in which it came in. Duplicates do not count, nor does what is done on no known day.
    """
    done: Counter[tuple[str, int, int]] = Counter()
    judged: Counter[tuple[str, int, int]] = Counter()
    for request in independent.requests(CHICAGO):
        if request.duplicate or request.completed is None:
            continue
        for area in {request.area, independent.MUNICIPALITY}:
            month = (area, request.created.year, request.created.month)
            judged[month] += 1
            done[month] += request.completed <= independent.two_working_days_after(request.created)
    months = [(year, month) for year in CHICAGO_YEARS_OF_SHARES for month in _MONTHS]
    return {
        area: tuple((float(done[area, *month]), float(judged[area, *month])) for month in months)
        for area in sorted({area for area, _, _ in judged})
    }


def demo_counts() -> Past:
    """Return what the demo has of each month of two years and counts, its graffiti cleanups among it."""
    cleanups: Counter[tuple[int, int]] = Counter()
    for year in DEMO_YEARS:
        for row in _rows(DEMO / f"activities-{year}.csv"):
            if row["type"] == "graffiti-cleanup" and row["start"]:
                cleanups[year, int(row["start"][5:7])] += 1
    many = [Series(Kind.COUNT, tuple(float(cleanups[year, month]) for year in DEMO_YEARS for month in _MONTHS))]
    many += [series for measure, series in _observed(Kind.COUNT) if measure not in COSTS]
    return Past("the demo's counts", tuple(many), (1,))


def demo_costs() -> Past:
    """Return what the demo has of costs."""
    many = tuple(series for measure, series in _observed(Kind.LEVEL) if measure in COSTS)
    return Past("the demo's costs", many, (1,))


def chicago() -> Iterator[Past]:
    """Yield Chicago's requests, all together and by ward."""
    counts: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    for row in _rows(CHICAGO):
        month, _, year = row["Creation Date"].split("/")
        for of in ("", row["Ward"]):
            counts[of][int(year), int(month)] += 1
    together = counts.pop("")
    years = tuple(year - CHICAGO_YEARS[0] for year in CHICAGO_YEARS if year >= FIRST_FORECAST_OF_CHICAGO)
    yield Past("Chicago's graffiti 2014 to 2017", _by_month([together]), years)
    yield Past("Chicago's graffiti 2014 to 2017 by ward", _by_month(counts.values()), years)


def _by_month(many: Iterable[Counter[tuple[int, int]]]) -> tuple[Series, ...]:
    return tuple(
        Series(Kind.COUNT, tuple(float(one[year, month]) for year in CHICAGO_YEARS for month in _MONTHS))
        for one in many
    )


def _observed(kind: Kind) -> Iterator[tuple[str, Series]]:
    """Yield each measure that has a sum, or a count, of every month, with its series."""
    values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for year in DEMO_YEARS:
        for row in _rows(DEMO / f"observations-{year}.csv"):
            if not row["denominator"] and row["numerator"]:
                values[row["measure"], row["code"]][row["period"]] = float(row["numerator"])
    periods = [f"{year}-{month:02}" for year in DEMO_YEARS for month in _MONTHS]
    for (measure, _), of in sorted(values.items()):
        if all(period in of for period in periods):
            yield measure, Series(kind, tuple(of[period] for period in periods))


def _rows(file: Path) -> Sequence[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


_MONTHS = range(1, YEAR + 1)
