"""Series by chance, repeatable by seed, of which is known whether anything has changed: what the methods are tried on.

Each has so many years of months and a tertial after them. Its season is a wave whose peak is in a month by lot; in some
there is nothing in July and half in August, as where schools are closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.signals.limits import Array

YEAR = 12
TERTIAL = 4
SUMMER = {6: 0.0, 7: 0.5}


@dataclass(frozen=True, slots=True)
class Process:
    """How a series comes about: its mean a month, and what makes it differ.

    `season` is how far the wave is from the mean, as a share; `gamma` the shape of the gamma by which it varies beyond
    chance, 0 for none; `yearly` the standard deviation of the logarithm of the level of each year; `factor` what the
    level is multiplied by from month `changed` after the years on.
    """

    mean: float
    season: float = 0.0
    is_empty_in_july: bool = False
    gamma: float = 0.0
    yearly: float = 0.0
    factor: float = 1.0
    changed: int = 0

    def counts(self, series: int, years: int, after: int, rng: np.random.Generator) -> Array:
        """Draw so many series of counts: rows are series, columns the months of the years and those after them."""
        return np.asarray(rng.poisson(self.rates(series, years, after, rng)), dtype=np.float64)

    def rates(self, series: int, years: int, after: int, rng: np.random.Generator) -> Array:
        """Draw the rate of each month of so many series."""
        months = years * YEAR + after
        peak = rng.integers(0, YEAR, size=(series, 1))
        month = np.arange(months)
        rates = self.mean * (1 + self.season * np.cos(2 * np.pi * (month - peak) / YEAR))
        if self.is_empty_in_july:
            share = np.array([SUMMER.get(one, 1.0) for one in range(YEAR)])
            rates = rates * (share / share.mean())[(month + peak) % YEAR]
        if self.yearly:
            levels = np.exp(rng.normal(0, self.yearly, size=(series, years + 1)))
            rates = rates * np.repeat(levels, YEAR, axis=1)[:, :months]
        rates = np.where(month >= years * YEAR + self.changed, rates * self.factor, rates)
        return np.asarray(rng.gamma(self.gamma, rates / self.gamma) if self.gamma else rates)
