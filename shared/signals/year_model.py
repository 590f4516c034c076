"""What the years before say of a year: its season, how much periods vary, and how much years differ from each other.

How the periods of a year compare with each other follows from at most three years before: a wave, and each month beside
it by as much as is more than chance. How this year's level compares with theirs is learnt from what has come. How far
years differ is known of none: each of `SPREADS` may be true, as likely as the years before and this one make it. So a
year that seems to differ is followed the more the more years have differed, and the more has come of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from shared.signals.limits import product
from shared.signals.seasons import LEAST_RATE, SHORTEST_WAVE, UNKNOWN_SEASON, CountModel, waves
from shared.signals.year_ends import BARELY

if TYPE_CHECKING:
    from shared.signals.limits import Array, Places

SPREADS: Final = np.array([0.02, 0.08, 0.15, 0.3])
"""How far the levels of years may lie from each other, as standard deviations, in shares of the level."""
BELIEFS: Final = np.array([0.35, 0.25, 0.2, 0.2])
"""How likely each is before anything is known: so that intervals hold what they say, by tests/benchmarks/signals.py."""
LOWEST_WAVE: Final = 0.2
"""A wave of the year leaves at least this share of the level, so that no month seems impossible."""
LOWEST_LEVEL: Final = 0.05
"""A year before counts as at least this share of the others, so that its months are not unknown."""


@dataclass(frozen=True, slots=True)
class YearsBefore:
    """What came before the year, of many series: rows are series, columns periods; `exposure` is 0 for an unknown one.

    `first` is the place of the first column in its year.
    """

    counts: Array
    exposure: Array
    season_length: int
    first: int = 0

    @property
    def places(self) -> Places:
        """The place of each column in its year."""
        return np.asarray((self.first + np.arange(self.counts.shape[1])) % self.season_length)

    @property
    def years(self) -> Places:
        """How many years each column is before the latest."""
        return np.asarray(np.arange(self.counts.shape[1])[::-1] // self.season_length)


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """What has come of the year, of many series: rows are series, columns periods.

    `exposure` is 0 for a period that says nothing of the year's level, `rest` 1 for each of all the year's periods that
    is still to come.
    """

    counts: Array
    exposure: Array
    rest: Array


class YearPart(NamedTuple):
    """What part of a year was to hold, and the relative variance of that by what is not known of its months."""

    mean: Array
    variance: Array


class Level(NamedTuple):
    """This year's level in that of the years before, by each of `SPREADS`: mean, variance, and how likely it is."""

    mean: Array
    variance: Array
    weights: Array


class YearModel:
    """How the months differ: a wave over the year, and each month beside it, by as much as is more than chance.

    The wave is drawn towards none by how far chance alone would make one (Stein), and what is left of each month
    towards the wave by how far chance alone would make the months differ (empirical Bayes, by moments).
    """

    def __init__(self, of: YearsBefore) -> None:
        past, exposure, length, places = of.counts, of.exposure, of.season_length, of.places
        of_month = columns(places, length)
        self._of_year = columns(of.years, int(of.years.max()) + 1)
        known = product(exposure, of_month)
        self.dispersion = CountModel(past, exposure * self._levels(of), length, of.first).dispersion
        self.seasons = max(past.shape[1] / length, 1 / length)
        total = np.maximum(exposure.sum(axis=1), LEAST_RATE)
        self._level = np.maximum(past.sum(axis=1) / total, LEAST_RATE)
        self._waves = waves(np.arange(length), length)[:, 1:]
        self._chance = self.dispersion * self._level
        is_whole = past.shape[1] >= length >= SHORTEST_WAVE
        size, trust = self._wave(past - exposure * self._level[:, np.newaxis], places, total)
        self._trust = trust if is_whole else np.zeros_like(trust)
        level = self._level[:, np.newaxis]
        wave = np.maximum(level + self._trust[:, np.newaxis] * product(size, self._waves.T), LOWEST_WAVE * level)
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
        # Months that are known each by itself have no level in common that could be off.
        self._level_variance = self.dispersion / np.maximum(past.sum(axis=1), 1) * (1 - np.mean(believed, axis=1))
        self._evidence = self._evidence_of_years(past, exposure * self._rates[:, places])

    def expect(self, places: Places, exposure: Array) -> YearPart:
        """Return what periods at these places of the season are to hold, at the level of the past."""
        mean = np.maximum(np.sum(self._rates[:, places] * exposure, axis=1), LEAST_RATE)
        of_wave = self._wave_variance * np.sum(product(exposure, self._waves[places]) ** 2, axis=1)
        return YearPart(mean, (np.sum(self._variances[:, places] * exposure, axis=1) + of_wave) / mean**2)

    def level(self, observed: Array, to_date: YearPart) -> Level:
        """Learn this year's level from what has come: a gamma distribution under each spread of years."""
        noise = (self.dispersion / to_date.mean + to_date.variance)[:, np.newaxis]
        prior = SPREADS**2 * (1 + 1 / self.seasons) + self._level_variance[:, np.newaxis]
        off = (observed / to_date.mean - 1)[:, np.newaxis]
        logs = np.log(BELIEFS) + self._evidence - (np.log(prior + noise) + off**2 / (prior + noise)) / 2
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        information = 1 / (noise * to_date.mean[:, np.newaxis])
        shape = 1 / prior + observed[:, np.newaxis] * information
        rate = 1 / prior + to_date.mean[:, np.newaxis] * information
        return Level(shape / rate, shape / rate**2, weights / weights.sum(axis=1, keepdims=True))

    def _levels(self, of: YearsBefore) -> Array:
        """Return the level of each column's year in that of all, so that years do not count as chance."""
        factor = levels_of_years(of)
        return np.maximum(factor, LOWEST_LEVEL)[:, of.years]

    def _wave(self, residuals: Array, places: Places, total: Array) -> tuple[Array, Array]:
        """Return the wave's two numbers by least squares, and how much of them is not explained by chance."""
        size = 2 * product(residuals, self._waves[places]) / total[:, np.newaxis]
        evidence = np.sum(size**2, axis=1) * total / (2 * self._chance)
        return size, np.maximum(1 - 2 / np.maximum(evidence, BARELY), 0)

    def _evidence_of_years(self, past: Array, expected: Array) -> Array:
        """Return the log-likelihood of each of `SPREADS` by how the years before differ; their mean is not known."""
        of_years = np.maximum(product(expected, self._of_year), LEAST_RATE)
        off = (product(past, self._of_year) / of_years - 1)[:, np.newaxis, :]
        chance = (self.dispersion[:, np.newaxis] / of_years)[:, np.newaxis, :]
        precision = 1 / (SPREADS[:, np.newaxis] ** 2 + chance)
        total = precision.sum(axis=2, keepdims=True)
        middle = (precision * off).sum(axis=2, keepdims=True) / total
        squares = (precision * (off - middle) ** 2).sum(axis=2)
        return np.asarray((np.log(precision).sum(axis=2) - np.log(total[..., 0]) - squares) / 2)


def levels_of_years(of: YearsBefore) -> Array:
    """Return each year's total in what the same months of all years before make it; rows are series, latest first."""
    of_month, of_year = columns(of.places, of.season_length), columns(of.years, int(of.years.max()) + 1)
    known = np.maximum(product(of.exposure, of_month), LEAST_RATE)
    rates = product(of.counts, of_month) / known
    expected = product(of.exposure * rates[:, of.places], of_year)
    return product(of.counts, of_year) / np.maximum(expected, LEAST_RATE)


def spread_of_sums(of: YearsBefore) -> Array:
    """Return the variance of sums in their mean, of each series: how much one counted thing is worth, as it were.

    By what is left of each month beside its season and its year; with less than two years, beside a wave. It is a
    little more than that, since it is itself an estimate.
    """
    values, exposure = of.counts, of.exposure
    known = np.maximum(exposure.sum(axis=1), 1)
    level = np.maximum(values.sum(axis=1) / known, BARELY)[:, np.newaxis]
    if values.shape[1] >= 2 * of.season_length:
        of_month = columns(of.places, of.season_length)
        rates = product(values, of_month) / np.maximum(product(exposure, of_month), LEAST_RATE)
        expected = exposure * rates[:, of.places] * levels_of_years(of)[:, of.years]
        numbers = of.season_length + int(of.years.max())
    else:
        basis = waves(of.places, of.season_length)
        terms = product(values, basis) * np.array([1, 2, 2]) / known[:, np.newaxis]
        expected = exposure * np.maximum(product(terms, basis.T), LOWEST_WAVE * level)
        numbers = basis.shape[1]
    squares = np.where(expected > 0, (exposure * values - expected) ** 2 / np.where(expected > 0, expected, 1), 0.0)
    found = np.sum(squares, axis=1) / np.maximum(known - numbers - 2, 1)
    return np.asarray(np.maximum(found, BARELY * level[:, 0]))


def things_counted(of: YearsBefore) -> Array:
    """Return how many counted things a month's sum varies like."""
    known = np.maximum(of.exposure.sum(axis=1), 1)
    return np.asarray(of.counts.sum(axis=1) / known / spread_of_sums(of)) if of.counts.shape[1] else known


def columns(places: Places, number: int) -> Array:
    """Return which of so many places each column has, to add up by: a row for each column."""
    return np.asarray(places[:, np.newaxis] == np.arange(number), dtype=np.float64)
