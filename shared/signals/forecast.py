"""What a year will come to: what has come so far, and how what is to come is distributed, by the years before.

Counts are a mixture of negative binomials: Poissons, times the dispersion that the years before had, at a level that is
not known. Sums, such as costs and hours, vary as sums of counted things do: so they are counted in units of their own
spread, and what is to come is a gamma distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from shared.signals.limits import array
from shared.signals.seasons import UNKNOWN_SEASON
from shared.signals.series import MOST_SEASONS, Kind, Series
from shared.signals.year_ends import COVERAGE, CountEnds, SumEnds
from shared.signals.year_model import YearModel, YearsBefore, YearSoFar, spread_of_sums, things_counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.signals.limits import Array

LEAST_THINGS: Final = 2.0
"""Where sums vary as those of fewer things a month do, their intervals cover 68-75 % instead of 80."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a year's count or sum will come to, beside what the same months of the year before would make of it.

    `so_far` is what has come, `expected` what to expect at the end; with the probability `coverage` it ends from
    `lower` to `upper`, and what to expect is not outside of these. `seasonal_naive` adds the rest of the year before to
    what has come; None where that is unknown. It is provisional with less than a year before, and erratic where sums
    vary as those of too few things do: then the interval does not hold what it says.
    """

    so_far: float
    expected: float
    lower: float
    upper: float
    seasonal_naive: float | None
    is_provisional: bool
    is_erratic: bool
    distribution: CountEnds | SumEnds
    coverage: float = COVERAGE

    def at_most(self, total: float) -> float:
        """How likely the year ends with at most so many, or so much."""
        return float(self.distribution.at_most(np.array([total]))[0])


def forecast_year(series: Series, year_start: int, known: int) -> Forecast | None:
    """Forecast the year that begins at `year_start`, of which the periods before `known` have come.

    A level is taken as a sum. A period among those that have come without a figure is expected as one to come. None
    where there is neither a period of the year nor of those before. Raises ValueError for a share, a sum below 0, or
    what is outside the series.
    """
    length = series.season_length
    if series.kind is Kind.SHARE or any(value is not None and value < 0 for value in series.values):
        raise ValueError("only counts and sums are forecast")
    if not 0 <= year_start <= known <= min(len(series.values), year_start + length):
        raise ValueError("what has come of the year lies within it")
    since = max((place for place in series.breaks if place <= known), default=0)
    past = range(max(since, year_start - MOST_SEASONS * length, 0), year_start)
    values = [series.values[place] for place in range(year_start, known)]
    # What came before a break in the year is counted, but tells nothing of its level.
    tells = [value is not None and year_start + number >= since for number, value in enumerate(values)]
    rest = np.ones((1, length))
    rest[0, : len(values)] = [float(value is None) for value in values]
    counts_past, exposure_past = _row([series.values[place] for place in past])
    counts, _ = _row(values)
    if not exposure_past.any() and not any(tells):
        return None
    before = YearsBefore(counts_past, exposure_past, length, (series.first + past.start) % length)
    so_far = YearSoFar(counts, array([tells]).reshape(counts.shape), rest)
    found = forecast_counts(before, so_far) if series.kind is Kind.COUNT else forecast_sums(before, so_far)
    [lower], [upper] = found.interval()
    [expected] = found.so_far + found.mean
    is_erratic = series.kind is Kind.LEVEL and bool(things_counted(before)[0] < LEAST_THINGS)
    return Forecast(
        so_far=float(found.so_far[0]),
        expected=float(expected),
        lower=float(min(lower, expected)),
        upper=float(max(upper, expected)),
        seasonal_naive=_seasonal_naive(series, year_start, rest[0], float(found.so_far[0])),
        is_provisional=len(past) < length,
        is_erratic=is_erratic,
        distribution=found,
    )


def forecast_counts(before: YearsBefore, year: YearSoFar) -> CountEnds:
    """Forecast many series of counts at once."""
    parts = _rest(before, year)
    return CountEnds(year.counts.sum(axis=1), *parts)


def forecast_sums(before: YearsBefore, year: YearSoFar) -> SumEnds:
    """Forecast many series of sums at once."""
    worth = spread_of_sums(before if before.counts.shape[1] else _as_before(before, year))
    scaled = YearsBefore(before.counts / worth[:, np.newaxis], before.exposure, before.season_length, before.first)
    so_far = year.counts / worth[:, np.newaxis]
    found = CountEnds(so_far.sum(axis=1), *_rest(scaled, YearSoFar(so_far, year.exposure, year.rest)))
    return SumEnds(year.counts.sum(axis=1), found.mean * worth, found.variance * worth**2)


class _Rest(NamedTuple):
    """The mean and variance of what is to come by each spread of years, and how likely each is."""

    means: Array
    variances: Array
    weights: Array


def _rest(before: YearsBefore, year: YearSoFar) -> _Rest:
    observed = (year.counts * year.exposure).sum(axis=1)
    if before.counts.shape[1] == 0:
        return _rest_without_past(observed, year.exposure.sum(axis=1), year.rest.sum(axis=1))
    model = YearModel(before)
    places = (before.first + before.counts.shape[1] + np.arange(before.season_length)) % before.season_length
    level = model.level(observed, model.expect(places[: year.counts.shape[1]], year.exposure))
    to_come = model.expect(places, year.rest)
    expected = np.where(year.rest.any(axis=1), to_come.mean, 0.0)[:, np.newaxis]
    means = expected * level.mean
    of_level = expected**2 * level.variance + means**2 * to_come.variance[:, np.newaxis]
    return _Rest(means, model.dispersion[:, np.newaxis] * means + of_level, level.weights)


def _rest_without_past(observed: Array, periods: Array, rest: Array) -> _Rest:
    """By the pace of this year alone, in a season that is not known."""
    shape = (observed + 0.5)[:, np.newaxis]
    means = shape / np.maximum(periods, 1)[:, np.newaxis] * rest[:, np.newaxis]
    return _Rest(means, means + means**2 * (1 / shape + UNKNOWN_SEASON**2 / 2), np.ones_like(means))


def _as_before(before: YearsBefore, year: YearSoFar) -> YearsBefore:
    return YearsBefore(year.counts, year.exposure, before.season_length, before.first)


def _row(values: Sequence[float | None]) -> tuple[Array, Array]:
    """Return the values as a row, with 0 where one is unknown, and a row of 1 and 0 for known and unknown."""
    counts = array([[value or 0.0 for value in values]]).reshape(1, len(values))
    return counts, array([[value is not None for value in values]]).reshape(counts.shape)


def _seasonal_naive(series: Series, year_start: int, rest: Array, so_far: float) -> float | None:
    before = [year_start - series.season_length + number for number in np.flatnonzero(rest)]
    values = [series.values[place] if place >= 0 else None for place in before]
    known = [value for value in values if value is not None]
    return so_far + sum(known) if len(known) == len(values) else None
