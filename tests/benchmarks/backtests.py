"""Forecasts of years that have ended, beside what came: the demo's 2016, and Chicago's graffiti where that is at hand.

The demo has one year before 2016, so these forecasts are provisional and judge no target. Of Chicago's requests 10 044
of 12 621 came in August and September 2017, which nothing before foretells, and most wards have none in most years.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from shared.signals.forecast import forecast_year
from shared.signals.series import Kind, Series
from tests.benchmarks.results import Result

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "shared" / "data" / "landskrona"
CHICAGO = ROOT.parent / "shared" / "data" / "chicago_311_graffiti_2017.csv"
YEAR = 12
KNOWN = (4, 8)
DEMO_YEARS = range(2015, 2017)
CHICAGO_YEARS = range(2011, 2018)
FIRST_FORECAST_OF_CHICAGO = 2014
COSTS = frozenset({"vandalism-cost"})


@dataclass(frozen=True, slots=True)
class Past:
    """Series by month and the years of them, as places, that are forecast."""

    name: str
    many: tuple[Series, ...]
    years: tuple[int, ...]


def measure() -> Iterator[Result]:
    """Forecast each year as it stood after four and eight months."""
    pasts = [demo_counts(), demo_costs()]
    if CHICAGO.exists():
        pasts += chicago()
    for past in pasts:
        for known in KNOWN:
            yield from _backtest(past, known)


def _backtest(past: Past, known: int) -> Iterator[Result]:
    inside, ours, naive = [], [], []
    for series in past.many:
        for year in past.years:
            start = year * YEAR
            found = forecast_year(series, start, start + known)
            if found is None or found.seasonal_naive is None:
                continue
            total = sum(value or 0.0 for value in series.values[start : start + YEAR])
            inside.append(found.lower <= total <= found.upper)
            ours.append(abs(found.expected - total))
            naive.append(abs(found.seasonal_naive - total))
    name = f"forecast, {past.name}, {known} months in"
    covered = 100 * fmean(inside)
    yield Result(f"{name}, {sum(inside)} of {len(inside)} covered, %", [covered])
    yield Result.at_most(f"{name}, mean absolute error", [fmean(ours)], "seasonal naive", [fmean(naive)], 1.0)


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
