"""(k) Forecasts of shares on simulated years: what their intervals cover, and how near they come.

No server is asked. There are so many cases a month, of which a share counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.limits import Array
from shared.signals.share_year import SharesBefore, SharesSoFar, forecast_shares
from tests.benchmarks.bench import LONG_FROM
from tests.benchmarks.results import Result
from tests.benchmarks.signal_trials import Trial
from tests.benchmarks.signals import COVERED, OFF_BY, SEEDS, SERIES_OF_LONG
from tests.benchmarks.simulated import YEAR

KNOWN = (4, 8)
SERIES = 500


@dataclass(frozen=True, slots=True)
class Shares:
    """How shares come about: `cases` a month, of which `share` counts.

    `season` is how far the wave is from it, `beta` how many cases months are alike by, 0 where they do not vary beyond
    chance; `yearly` is the standard deviation of the logarithm of the odds of each year.
    """

    name: str
    cases: float
    share: float
    season: float = 0.0
    beta: float = 0.0
    yearly: float = 0.0

    def draw(self, trial: Trial, years: int) -> tuple[Array, Array]:
        """Draw numerators and denominators of so many years and of one after them."""
        rng, months = trial.generator(), (years + 1) * YEAR
        peak = rng.integers(0, YEAR, size=(trial.series, 1))
        shares = self.share + self.season * np.cos(2 * np.pi * (np.arange(months) - peak) / YEAR)
        if self.yearly:
            levels = np.repeat(rng.normal(0, self.yearly, size=(trial.series, years + 1)), YEAR, axis=1)
            shares = special.expit(special.logit(shares) + levels)
        if self.beta:
            shares = rng.beta(self.beta * shares, self.beta * (1 - shares))
        cases = rng.poisson(self.cases, size=(trial.series, months))
        return rng.binomial(cases, shares).astype(np.float64), cases.astype(np.float64)


CASES = (
    Shares("5 a month, half", 5, 0.5),
    Shares("5 a month, 95 %", 5, 0.95),
    Shares("20 a month, 80 %", 20, 0.8),
    Shares("60 a month, half, season ±20 points", 60, 0.5, season=0.2),
    Shares("20 a month, half, spread of 13 points", 20, 0.5, beta=15),
    Shares("20 a month, 80 %, odds of years ±30 %", 20, 0.8, yearly=0.3),
    Shares("60 a month, half, odds of years ±30 %", 60, 0.5, yearly=0.3),
)


def measure(size: int) -> Iterator[Result]:
    """Forecast years of each kind, two and three years known before."""
    trials = tuple(Trial(seed, SERIES_OF_LONG if size >= LONG_FROM else SERIES) for seed in SEEDS)
    for shares in CASES:
        for years in (2, 3):
            for known in KNOWN:
                tried = [forecast(shares, years, known, trial) for trial in trials]
                name = f"forecast, share of {shares.name}, {years} years, {known} months in"
                covered = "/".join(f"{one:.0f}" for one, _, _ in tried)
                off = [abs(one - COVERED) for one, _, _ in tried]
                yield Result.below(f"{name}, covers {covered} %: off 80 by, points", off, OFF_BY)
                ours, naive = [ours for _, ours, _ in tried], [naive for _, _, naive in tried]
                yield Result.at_most(f"{name}, mean absolute error, points", ours, "seasonal naive", naive, 1.0)


def forecast(shares: Shares, years: int, known: int, trial: Trial) -> tuple[float, float, float]:
    """Return how many of the years, in percent, the interval covers, and the mean error of ours and of the naive."""
    counts, cases = shares.draw(trial, years)
    start, ended = years * YEAR, np.arange(YEAR) < known
    so_far = SharesSoFar(
        counts[:, start:] * ended, cases[:, start:] * ended, np.broadcast_to(ended, (trial.series, YEAR))
    )
    found = forecast_shares(SharesBefore(counts[:, :start], cases[:, :start]), so_far)
    total = counts[:, start:].sum(axis=1) / np.maximum(cases[:, start:].sum(axis=1), 1)
    rest = slice(start - YEAR + known, start)
    naive = (so_far.counts.sum(axis=1) + counts[:, rest].sum(axis=1)) / np.maximum(
        so_far.cases.sum(axis=1) + cases[:, rest].sum(axis=1), 1
    )
    tried = [(*ends.interval(), ends.mean, came) for ends, came in zip(found, total, strict=True) if ends]
    covered = 100 * float(np.mean([lower <= came <= upper for lower, upper, _, came in tried]))
    ours = 100 * float(np.mean([abs(mean - came) for _, _, mean, came in tried]))
    return covered, ours, 100 * float(np.mean(np.abs(naive - total)))
