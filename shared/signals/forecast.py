"""What a year's count will come to: what has come so far, and a negative binomial for the rest.

How the rest compares with what has come follows from at most three years before (`seasons`). How this year's level
compares with theirs is learnt from what has come: before anything has, it is that of the years before, give or take
`YEARLY_CHANGE`; the more has come, the more it decides. The rest varies as Poisson counts do, times the dispersion that
the years before had, and by what is not known of the level. So it is a gamma mixture of Poissons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.exact import last_whole
from shared.signals.limits import array, product
from shared.signals.seasons import LEAST_RATE, SHORTEST_WAVE, UNKNOWN_SEASON, CountModel, waves
from shared.signals.series import MOST_SEASONS, Kind, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.signals.limits import Array, Places

COVERAGE: Final = 0.8
YEARLY_CHANGE: Final = 0.09
"""How far a year's level is from that of all years at least, as a standard deviation; more where the year shows it."""
PLAUSIBLE: Final = 3.0
"""A year's own level is seen where it is further off than by chance: so many times its variance."""
LOWEST_WAVE: Final = 0.2
"""A wave of the year leaves at least this share of the level, so that no month seems impossible."""
BARELY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class CountForecasts:
    """Of many series at once: what the year holds so far, and the mean and variance of the rest."""

    so_far: Array
    mean: Array
    variance: Array

    def at_most(self, total: Array) -> Array:
        """How likely the year ends with at most so many."""
        rest = np.floor(total - self.so_far)
        return np.where(rest < 0, 0.0, self._cumulative(np.maximum(rest, 0)))

    def interval(self, coverage: float = COVERAGE) -> tuple[Array, Array]:
        """Return between what the year ends with this probability; of whole numbers, those that come nearest to it."""
        tail = (1 - coverage) / 2
        lower, upper = self._quantile(tail), self._quantile(1 - tail)
        best, nearest = (lower, upper), np.abs(self._between(lower, upper) - coverage)
        for low, high in ((lower + 1, upper), (lower, upper - 1), (lower + 1, upper - 1)):
            distance = np.where(low <= high, np.abs(self._between(low, high) - coverage), np.inf)
            best = np.where(distance < nearest, low, best[0]), np.where(distance < nearest, high, best[1])
            nearest = np.minimum(distance, nearest)
        return best[0] + self.so_far, best[1] + self.so_far

    def _between(self, lower: Array, upper: Array) -> Array:
        below = np.where(lower > 0, self._cumulative(np.maximum(lower - 1, 0)), 0.0)
        return np.asarray(self._cumulative(upper) - below)

    def _quantile(self, probability: float) -> Array:
        """The least count of the rest that this share of outcomes does not exceed."""
        highest = np.ceil(self.mean + 40 * np.sqrt(self.variance) + 40)
        start = np.full_like(self.mean, -1.0)
        return last_whole(lambda count: self._cumulative(np.maximum(count, 0)) < probability, start, highest) + 1

    def _cumulative(self, rest: Array) -> Array:
        excess = self.variance - self.mean
        is_poisson = excess <= BARELY * np.maximum(self.mean, BARELY)
        size = self.mean**2 / np.where(is_poisson, 1.0, excess)
        share = size / np.maximum(size + self.mean, BARELY)
        poisson = special.gammaincc(rest + 1, self.mean)
        negative_binomial = special.betainc(np.maximum(size, BARELY), rest + 1, np.clip(share, BARELY, 1.0))
        return np.asarray(np.where(is_poisson, poisson, negative_binomial))


@dataclass(frozen=True, slots=True)
class CountPast:
    """What came before the year, of many series: rows are series, columns periods; `exposure` is 0 for an unknown one.

    `first` is the place of the first column in its year.
    """

    counts: Array
    exposure: Array
    season_length: int
    first: int = 0


@dataclass(frozen=True, slots=True)
class CountYear:
    """What has come of the year, of many series: rows are series, columns periods.

    `exposure` is 0 for a period that says nothing of the year's level, `rest` 1 for each of all the year's periods that
    is still to come.
    """

    counts: Array
    exposure: Array
    rest: Array


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a year's count will come to, beside what the same months of the year before would make of it.

    `so_far` is what has come, `expected` what to expect at the end; with the probability `coverage` it ends from
    `lower` to `upper`. `seasonal_naive` adds the rest of the year before to what has come; None where that is unknown.
    It is provisional with less than a year before.
    """

    so_far: float
    expected: float
    lower: float
    upper: float
    seasonal_naive: float | None
    is_provisional: bool
    distribution: CountForecasts
    coverage: float = COVERAGE

    def at_most(self, total: float) -> float:
        """How likely the year ends with at most so many."""
        return float(self.distribution.at_most(np.array([total]))[0])


def forecast_year(series: Series, year_start: int, known: int) -> Forecast | None:
    """Forecast the year that begins at `year_start`, of which the periods before `known` have come.

    A period among them without a figure is expected as one to come. None where there is neither a period of the year
    nor of those before. Raises ValueError for what is not a count, or outside the series.
    """
    length = series.season_length
    if series.kind is not Kind.COUNT:
        raise ValueError("only counts are forecast")
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
    found = forecast_counts(
        CountPast(counts_past, exposure_past, length, (series.first + past.start) % length),
        CountYear(counts, array([tells]).reshape(counts.shape), rest),
    )
    lower, upper = found.interval()
    return Forecast(
        so_far=float(found.so_far[0]),
        expected=float(found.so_far[0] + found.mean[0]),
        lower=float(lower[0]),
        upper=float(upper[0]),
        seasonal_naive=_seasonal_naive(series, year_start, rest[0], float(found.so_far[0])),
        is_provisional=len(past) < length,
        distribution=found,
    )


def forecast_counts(past: CountPast, year: CountYear) -> CountForecasts:
    """Forecast many series at once."""
    total = year.counts.sum(axis=1)
    observed = (year.counts * year.exposure).sum(axis=1)
    rest = year.rest.sum(axis=1)
    if past.counts.shape[1] == 0:
        return _without_past(total, observed, year.exposure.sum(axis=1), rest)
    season = _Season(past)
    places = (past.first + past.counts.shape[1] + np.arange(past.season_length)) % past.season_length
    to_date = season.expect(places[: year.counts.shape[1]], year.exposure)
    to_come = season.expect(places, year.rest)
    level, level_variance = _level(observed, to_date, season)
    mean = np.where(rest > 0, to_come.mean * level, 0.0)
    return CountForecasts(total, mean, season.dispersion * mean + mean**2 * (level_variance + to_come.variance))


class _Part(NamedTuple):
    """What part of a year was to hold, and the relative variance of that by what is not known of its months."""

    mean: Array
    variance: Array


class _Season:
    """How the months differ: a wave over the year, and each month beside it, by as much as is more than chance.

    The wave is drawn towards none by how far chance alone would make one (Stein), and what is left of each month
    towards the wave by how far chance alone would make the months differ (empirical Bayes, by moments).
    """

    def __init__(self, of: CountPast) -> None:
        past, exposure, length, first = of.counts, of.exposure, of.season_length, of.first
        places = (first + np.arange(past.shape[1])) % length
        self.dispersion = CountModel(past, exposure, length, first).dispersion
        self.seasons = max(past.shape[1] / length, 1 / length)
        self.level_variance = self.dispersion / np.maximum(past.sum(axis=1), 1)
        total = np.maximum(exposure.sum(axis=1), LEAST_RATE)
        self._level = np.maximum(past.sum(axis=1) / total, LEAST_RATE)
        self._waves = waves(np.arange(length), length)[:, 1:]
        self._chance = self.dispersion * self._level
        is_whole = past.shape[1] >= length >= SHORTEST_WAVE
        size, trust = self._wave(past - exposure * self._level[:, np.newaxis], places, total)
        self._trust = trust if is_whole else np.zeros_like(trust)
        level = self._level[:, np.newaxis]
        wave = np.maximum(level + self._trust[:, np.newaxis] * product(size, self._waves.T), LOWEST_WAVE * level)
        of_month = (places[:, np.newaxis] == np.arange(length)).astype(np.float64)
        known = product(exposure, of_month)
        rates = np.divide(product(past, of_month), known, out=wave.copy(), where=known > 0)
        squares = np.sum(known * (rates - wave) ** 2, axis=1) - (length - 1 - 2 * self._trust) * self._chance
        spread = np.maximum(squares / np.maximum(total - np.sum(known**2, axis=1) / total, LEAST_RATE), 0)
        if not is_whole and length > 1:
            spread = np.maximum(spread, (self._level * UNKNOWN_SEASON) ** 2 / 2)
        weight = spread[:, np.newaxis] * known
        believed = weight / np.maximum(weight + self._chance[:, np.newaxis], BARELY)
        self._rates = wave + believed * (rates - wave)
        self._variances = spread[:, np.newaxis] * (1 - believed)
        self._wave_variance = self._trust * self._chance * 2 / total

    def expect(self, places: Places, exposure: Array) -> _Part:
        """Return what periods at these places of the season are to hold, at the level of the past."""
        mean = np.maximum(np.sum(self._rates[:, places] * exposure, axis=1), LEAST_RATE)
        of_wave = self._wave_variance * np.sum(product(exposure, self._waves[places]) ** 2, axis=1)
        return _Part(mean, (np.sum(self._variances[:, places] * exposure, axis=1) + of_wave) / mean**2)

    def _wave(self, residuals: Array, places: Places, total: Array) -> tuple[Array, Array]:
        """Return the wave's two numbers by least squares, and how much of them is not explained by chance."""
        size = 2 * product(residuals, self._waves[places]) / total[:, np.newaxis]
        evidence = np.sum(size**2, axis=1) * total / (2 * self._chance)
        return size, np.maximum(1 - 2 / np.maximum(evidence, BARELY), 0)


def _level(observed: Array, to_date: _Part, season: _Season) -> tuple[Array, Array]:
    """Learn this year's level in that of the past from what has come: gamma, its mean and variance.

    Before, it is around 1, as wide as the past is uncertain and years differ at least, or this one seems to.
    """
    noise = season.dispersion / to_date.mean + to_date.variance
    believed = YEARLY_CHANGE**2 * (1 + 1 / season.seasons) + season.level_variance
    seen = (observed / to_date.mean - 1) ** 2 - PLAUSIBLE * (noise + season.level_variance)
    worth = 1 / np.maximum(believed, seen)
    information = 1 / (noise * to_date.mean)
    shape, rate = worth + observed * information, worth + to_date.mean * information
    return shape / rate, shape / rate**2


def _without_past(total: Array, observed: Array, periods: Array, rest: Array) -> CountForecasts:
    """By the pace of this year alone, in a season that is not known."""
    shape = observed + 0.5
    mean = shape / np.maximum(periods, 1) * rest
    return CountForecasts(total, mean, mean + mean**2 * (1 / shape + UNKNOWN_SEASON**2 / 2))


def _row(values: Sequence[float | None]) -> tuple[Array, Array]:
    """Return the values as a row, with 0 where one is unknown, and a row of 1 and 0 for known and unknown."""
    counts = array([[value or 0.0 for value in values]]).reshape(1, len(values))
    return counts, array([[value is not None for value in values]]).reshape(counts.shape)


def _seasonal_naive(series: Series, year_start: int, rest: Array, so_far: float) -> float | None:
    before = [year_start - series.season_length + number for number in np.flatnonzero(rest)]
    values = [series.values[place] if place >= 0 else None for place in before]
    known = [value for value in values if value is not None]
    return so_far + sum(known) if len(known) == len(values) else None
