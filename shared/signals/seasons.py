"""What was to be expected of counts, by the periods before: level, season and how much more they vary than by chance.

A quasi-Poisson model of at most three seasons before, in the spirit of Farrington 1996 and Noufaily 2013. Of three
shapes the simplest is taken that the figures do not contradict:

| shape  | expects                                                                                                 |
| ------ | ------------------------------------------------------------------------------------------------------- |
| level  | the same in every period                                                                                |
| smooth | a wave over the year, fitted by Poisson regression                                                      |
| same   | what came in the same months of the seasons before, as where July is empty                              |

With less than two seasons there is nothing to tell the last two apart by, and with less than one no season at all: then
a wave is taken for granted that may be as strong as `UNKNOWN_SEASON`.

What is expected of a window carries how many events it rests on: `events` in `exposure` windows. A count is then tested
exactly against these, which is what an estimated mean costs. Past outbreaks count less (Noufaily's weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.exact import Tails, rate_tails
from shared.signals.limits import array, product
from shared.signals.shape import Shape

if TYPE_CHECKING:
    from shared.signals.limits import Array, Flags, Places

SEASON_EVIDENCE: Final = 0.2
"""Below this p-value of no season, one is fitted. Generous: a season that is overlooked makes false alarms."""
LEAST_SEASONS: Final = 2
"""With fewer seasons, what is season and what chance cannot be told apart."""
MISFIT: Final = 0.05
"""Below this p-value of the wave, the same months of the seasons before are taken instead."""
OVERDISPERSED: Final = 0.05
"""Below this p-value of chance alone, the dispersion is taken from its upper side: it is itself an estimate."""
CAUTION: Final = 0.1
UNKNOWN_SEASON: Final = 0.4
"""How far from its mean a month may lie by season alone, where less than a year is known."""
SHORTEST_WAVE: Final = 4
"""A wave has three numbers: with fewer periods a year there is nothing for it to smooth."""
OUTBREAK: Final = 3.0
"""A residual of so many standard deviations and more counts by the inverse of its square.

As Noufaily 2013, who takes 2.58, of a deviation that an outbreak itself widens; this one is by the median.
"""
REWEIGHTINGS: Final = 2
MEDIAN_DEVIATION: Final = 0.6745
"""The median distance of normal values from their mean, in standard deviations."""
STEPS: Final = 6
STEEPEST: Final = 3.0
"""The logarithm of how far a month may lie from its mean by season: e³ is twenty times."""
LEAST_RATE: Final = 1e-3
RIDGE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Expected:
    """What a window was to hold, of each series: `mean`, from `events` in `exposure` times the window's own."""

    mean: Array
    events: Array
    exposure: Array
    dispersion: Array
    shape: Array
    allowance: float
    """How far from the mean a window may lie by a season that is not known."""

    def tails(self, count: Array) -> Tails:
        """How likely so few, and so many, are where nothing has changed."""
        x, events = count / self.dispersion, self.events / self.dispersion
        fewer = rate_tails(x, 1.0, events, self.exposure, 1 - self.allowance).fewer
        return Tails(fewer, rate_tails(x, 1.0, events, self.exposure, 1 + self.allowance).more)


class CountModel:
    """The model of many series at once, fitted to what came before: rows are series, columns periods.

    `exposure` is 1 where a period is known and 0 where it is not, or how much there was to count in; `first` is the
    place of the first period in its season.
    """

    def __init__(self, counts: Array, exposure: Array, season_length: int, first: int = 0) -> None:
        self._counts, self._exposure, self._length, self._first = counts, exposure, season_length, first
        self._weights = np.ones_like(counts)
        self._fit()
        for _ in range(REWEIGHTINGS):
            self._weights = self._outbreak_weights()
            if np.all(self._weights == 1):
                break
            self._fit()

    @property
    def seasons(self) -> float:
        """How many seasons the figures are of."""
        return float(self._counts.shape[1] / self._length)

    def expect(self, start: int, exposure: Array) -> Expected:
        """Return what is expected of a window that starts at column `start`, by the exposure of each of its periods."""
        mean, events, ratio = self._by_level(exposure)
        if self._can_wave:
            mean, events, ratio = _chosen(self._is_wave, self._by_wave(start, exposure), (mean, events, ratio))
        if self._is_same.any():
            mean, events, ratio = _chosen(self._is_same, self._by_same(start, exposure), (mean, events, ratio))
        allowance = UNKNOWN_SEASON if self._length > 1 and self.seasons < 1 else 0.0
        shape = np.where(self._is_same, Shape.SAME, np.where(self._is_wave, Shape.SMOOTH, Shape.LEVEL))
        return Expected(mean, events, ratio, self.dispersion, shape, allowance)

    @property
    def _can_wave(self) -> bool:
        return self._length >= SHORTEST_WAVE and self.seasons >= 1

    @property
    def _known(self) -> Array:
        """The exposure of each period, as far as it counts."""
        return self._exposure * self._weights

    def _fit(self) -> None:
        weighed = self._counts * self._weights
        self._events = np.sum(weighed, axis=1)
        self._total = np.maximum(np.sum(self._known, axis=1), LEAST_RATE)
        self._rate = np.maximum(self._events / self._total, LEAST_RATE)
        self._positions = (self._first + np.arange(self._counts.shape[1])) % self._length
        level = self._exposure * self._rate[:, np.newaxis]
        self._is_wave = np.zeros(len(self._counts), dtype=bool)
        within, freedom_within = self._dispersion_within()
        if self._can_wave:
            self._fit_wave()
            is_needed = self._wave_evidence(level, within) < SEASON_EVIDENCE
            # One year alone cannot show that it has no season.
            self._is_wave = is_needed | (self.seasons < LEAST_SEASONS)
        mean = np.where(self._is_wave[:, np.newaxis], self._wave(self._positions) * self._exposure, level)
        numbers = np.where(self._is_wave, 3, 1)
        self._is_same = self._misfit(mean, numbers, within, freedom_within) < MISFIT
        periods = np.sum(self._exposure > 0, axis=1)
        squares = np.sum(self._weights * _pearson(self._counts, mean), axis=1)
        by_model = _cautious(squares, np.maximum(periods - numbers, 1))
        by_months = _cautious(within * freedom_within, np.maximum(freedom_within, 1))
        self.dispersion = np.where(self._is_same, by_months, by_model)
        self._residual_mean = np.where(self._is_same[:, np.newaxis], self._mean_of_same(), mean)

    def _outbreak_weights(self) -> Array:
        """Weigh what lay far above the rest by the inverse of its square, so that it hides no later one."""
        mean = np.maximum(self._residual_mean, LEAST_RATE)
        residuals = 1.5 * (self._counts ** (2 / 3) * mean ** (-1 / 6) - np.sqrt(mean))
        # By the median: an outbreak makes the dispersion itself large, and would hide in it.
        scale = np.maximum(np.median(np.abs(residuals), axis=1, keepdims=True) / MEDIAN_DEVIATION, 1.0)
        residuals = residuals / scale
        return np.where(residuals > OUTBREAK, np.maximum(residuals, 1.0) ** -2, 1.0)

    def _by_level(self, exposure: Array) -> tuple[Array, Array, Array]:
        window = np.sum(exposure, axis=1)
        return self._events / self._total * window, self._events, self._total / np.maximum(window, LEAST_RATE)

    def _by_same(self, start: int, exposure: Array) -> tuple[Array, Array, Array]:
        places = self._places(start, exposure)
        counted = (self._positions[:, np.newaxis] == places).astype(float)
        events = product(self._counts * self._weights, counted)
        known = np.maximum(product(self._known, counted), LEAST_RATE)
        mean = np.sum(exposure * events / known, axis=1)
        total = np.sum(events, axis=1)
        seasons = np.mean(known, axis=1) / np.maximum(np.mean(exposure, axis=1), LEAST_RATE)
        return mean, total, np.where(mean > 0, total / np.maximum(mean, LEAST_RATE), seasons)

    def _by_wave(self, start: int, exposure: Array) -> tuple[Array, Array, Array]:
        places = self._places(start, exposure)
        mean = self._wave(places) * exposure
        total = np.sum(mean, axis=1)
        gradient = product(mean, waves(places, self._length))
        variance = np.sum((gradient[:, np.newaxis, :] @ self._covariance)[:, 0, :] * gradient, axis=1)
        # As many events as would have told the mean with this error.
        events = total**2 / np.maximum(variance, np.finfo(float).tiny)
        return total, events, events / np.maximum(total, LEAST_RATE)

    def _places(self, start: int, exposure: Array) -> Places:
        return np.asarray((self._first + start + np.arange(exposure.shape[1])) % self._length)

    def _fit_wave(self) -> None:
        """Fit a level and a wave by iterated weighted least squares."""
        basis = waves(self._positions, self._length)
        weights = self._known
        self._terms: Array = np.zeros((len(self._counts), 3))
        self._terms[:, 0] = np.log(self._rate)
        for _ in range(STEPS):
            rate = self._wave(self._positions)
            working = weights * (rate * np.log(rate)) + self._weights * self._counts - weights * rate
            information = _information(weights * rate, basis)
            self._terms = array(np.linalg.solve(information, product(working, basis)[..., np.newaxis])[..., 0])
        information = _information(weights * self._wave(self._positions), basis)
        self._covariance = np.linalg.inv(information)

    def _wave(self, places: Places) -> Array:
        """The fitted rate at these places of the season."""
        if not self._can_wave:
            return np.broadcast_to(self._rate[:, np.newaxis], (len(self._rate), len(places)))
        middle = np.log(self._rate)[:, np.newaxis]
        logs = product(self._terms, waves(places, self._length).T)
        return np.asarray(np.exp(np.clip(logs, middle - STEEPEST, middle + STEEPEST)))

    def _wave_evidence(self, level: Array, within: Array) -> Array:
        """How likely a wave like this is in a series without one (score test)."""
        basis = waves(self._positions, self._length)[:, 1:]
        score = product(self._weights * (self._counts - level), basis)
        information = np.maximum(product(self._weights * level, basis**2), LEAST_RATE)
        return np.asarray(special.chdtrc(2, np.sum(score**2 / information, axis=1) / np.maximum(within, 1)))

    def _by_place(self, values: Array) -> Array:
        """Add up the periods of each place in the season."""
        return product(values, (self._positions[:, np.newaxis] == np.arange(self._length)).astype(float))

    def _mean_of_same(self) -> Array:
        known = np.maximum(self._by_place(self._known), LEAST_RATE)
        return np.asarray((self._by_place(self._counts * self._weights) / known)[:, self._positions] * self._exposure)

    def _dispersion_within(self) -> tuple[Array, Array]:
        """How much more than by chance the same months of several seasons differ, and the degrees of freedom."""
        freedom = np.sum(np.maximum(self._by_place((self._exposure > 0).astype(float)) - 1, 0), axis=1)
        squares = np.sum(self._weights * _pearson(self._counts, self._mean_of_same()), axis=1)
        return squares / np.maximum(freedom, 1), freedom

    def _misfit(self, mean: Array, numbers: Array, within: Array, freedom_within: Array) -> Array:
        """How likely the months differ from the model as much as they do; 1 where they come only once."""
        places = self._by_place(self._weights * mean)
        squares = np.sum(_pearson(self._by_place(self._weights * self._counts), places), axis=1)
        freedom = np.maximum(self._length - numbers, 1)
        # Each month must be there at least twice: else chance and season are one.
        is_testable = (self.seasons >= LEAST_SEASONS) & (self._length > numbers)
        ratio = squares / freedom / np.maximum(within, 1)
        return np.where(is_testable, special.fdtrc(freedom, np.maximum(freedom_within, 1), ratio), 1.0)


def waves(places: Places, length: int) -> Array:
    """Return the terms of a level and one wave over the season, a row for each place."""
    angle = 2 * np.pi * places / length
    return np.stack([np.ones_like(angle), np.cos(angle), np.sin(angle)], axis=-1)


def _information(weights: Array, basis: Array) -> Array:
    """What each series tells of the numbers of its wave; a little more, so that none is without."""
    numbers = basis.shape[1]
    products = (basis[:, :, np.newaxis] * basis[:, np.newaxis, :]).reshape(len(basis), -1)
    return np.asarray(product(weights, products).reshape(-1, numbers, numbers) + RIDGE * np.eye(numbers))


def _pearson(counts: Array, mean: Array) -> Array:
    return np.where(mean > 0, (counts - mean) ** 2 / np.maximum(mean, np.finfo(float).tiny), 0.0)


def _cautious(squares: Array, freedom: Array) -> Array:
    """The dispersion, at least 1; where it is beyond chance, what it would seldom be above."""
    is_beyond = special.chdtrc(freedom, squares) < OVERDISPERSED
    return np.maximum(1.0, np.where(is_beyond, squares / special.chdtri(freedom, 1 - CAUTION), squares / freedom))


def _chosen(
    is_first: Flags, first: tuple[Array, Array, Array], second: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array]:
    mean, events, exposure = (np.where(is_first, one, other) for one, other in zip(first, second, strict=True))
    return mean, events, exposure
