"""How a year may end: what has come, and how what is to come is distributed, of many series at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.exact import last_whole

if TYPE_CHECKING:
    from shared.signals.limits import Array

COVERAGE: Final = 0.8
BARELY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class CountEnds:
    """Of counts: negative binomials, or Poissons where the variance is no more than the mean, of what is to come.

    Rows of `means`, `variances` and `weights` are series, columns what may be true of the year, with how likely it is.
    """

    so_far: Array
    means: Array
    variances: Array
    weights: Array

    @property
    def mean(self) -> Array:
        """What is to come in the mean."""
        return np.asarray(np.sum(self.weights * self.means, axis=1))

    @property
    def variance(self) -> Array:
        """The variance of what is to come."""
        return np.asarray(np.sum(self.weights * (self.variances + self.means**2), axis=1) - self.mean**2)

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
        highest = np.ceil(np.max(self.means + 40 * np.sqrt(self.variances), axis=1) + 40)
        start = np.full_like(self.so_far, -1.0)
        return last_whole(lambda count: self._cumulative(np.maximum(count, 0)) < probability, start, highest) + 1

    def _cumulative(self, rest: Array) -> Array:
        excess = self.variances - self.means
        is_poisson = excess <= BARELY * np.maximum(self.means, BARELY)
        size = self.means**2 / np.where(is_poisson, 1.0, excess)
        share = size / np.maximum(size + self.means, BARELY)
        count = rest[:, np.newaxis] + 1
        poisson = special.gammaincc(count, self.means)
        negative_binomial = special.betainc(np.maximum(size, BARELY), count, share)
        return np.asarray(np.sum(self.weights * np.where(is_poisson, poisson, negative_binomial), axis=1))


@dataclass(frozen=True, slots=True)
class SumEnds:
    """Of sums, such as costs: a gamma distribution of what is to come."""

    so_far: Array
    mean: Array
    variance: Array

    def at_most(self, total: Array) -> Array:
        """How likely the year ends with at most so much."""
        shape, scale = self.gamma()
        rest = np.maximum(total - self.so_far, 0)
        is_over = self.mean <= 0
        reached = np.where(is_over, 1.0, special.gammainc(shape, rest / scale))
        return np.where(total < self.so_far, 0.0, reached)

    def interval(self, coverage: float = COVERAGE) -> tuple[Array, Array]:
        """Return between what the year ends with this probability."""
        shape, scale = self.gamma()
        lower, upper = (
            np.where(self.mean <= 0, 0.0, special.gammaincinv(shape, (1 + side * coverage) / 2) * scale)
            for side in (-1, 1)
        )
        return self.so_far + lower, self.so_far + upper

    def gamma(self) -> tuple[Array, Array]:
        """Return the shape and the scale of what is to come."""
        mean = np.maximum(self.mean, BARELY)
        variance = np.maximum(self.variance, BARELY * mean**2)
        return mean**2 / variance, variance / mean
