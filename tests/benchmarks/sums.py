"""(j) Forecasts of costs and hours on simulated years: what their intervals cover, and how near they come.

No server is asked. Costs are those of so many things a month, each with a cost by lot; hours, and costs that are one
sum a month, vary by themselves. All have a season of ±40 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.signals.forecast import forecast_sums
from shared.signals.limits import Array
from shared.signals.year_model import YearsBefore, YearSoFar
from tests.benchmarks.bench import LONG_FROM
from tests.benchmarks.results import Result
from tests.benchmarks.signal_trials import Trial
from tests.benchmarks.signals import COVERED, OFF_BY, SEEDS, SERIES, SERIES_OF_LONG
from tests.benchmarks.simulated import YEAR, Process

KNOWN = (4, 8)
COST = 4000.0


@dataclass(frozen=True, slots=True)
class Sums:
    """How sums come about: those of `things` a month, or where there are none each by itself.

    `spread` is the standard deviation of the logarithm of the cost of a thing, or of a month; 0 of things whose cost is
    exponential. `yearly` is that of the level of each year.
    """

    name: str
    things: float
    spread: float
    yearly: float = 0.0

    def draw(self, trial: Trial, years: int) -> Array:
        """Draw the months of so many years and of one after them."""
        rng = trial.generator()
        process = Process(self.things or 1.0, 0.4, yearly=self.yearly)
        rates = process.rates(trial.series, years, YEAR, rng)
        if not self.things:
            return np.asarray(COST * rates * rng.lognormal(0, self.spread, rates.shape))
        numbers = rng.poisson(rates)
        if not self.spread:
            return np.where(numbers > 0, COST * rng.gamma(np.maximum(numbers, 1)), 0.0)
        costs = np.zeros_like(rates)
        for number in range(int(numbers.max())):
            costs += np.where(numbers > number, COST * rng.lognormal(0, self.spread, rates.shape), 0.0)
        return costs


CASES = tuple(
    (Sums(f"{name}{', levels of years ±15 %' if yearly else ''}", things, spread, yearly), years)
    for name, things, spread in (
        ("costs of 5 things a month", 5.0, 0.0),
        ("costs of 20 things a month", 20.0, 0.8),
        ("hours that vary by 8 %", 0.0, 0.08),
        ("costs that vary by 30 %", 0.0, 0.3),
    )
    for yearly in (0.0, 0.15)
    for years in (2, 3)
)


def measure(size: int) -> Iterator[Result]:
    """Forecast years of each kind, two and three years known before."""
    trials = tuple(Trial(seed, SERIES_OF_LONG if size >= LONG_FROM else SERIES) for seed in SEEDS)
    for sums, years in CASES:
        for known in KNOWN:
            tried = [_forecast(sums, years, known, trial) for trial in trials]
            name = f"forecast, {sums.name}, {years} years, {known} months in"
            covered = "/".join(f"{one:.0f}" for one, _, _ in tried)
            off = [abs(one - COVERED) for one, _, _ in tried]
            yield Result.below(f"{name}, covers {covered} %: off 80 by, points", off, OFF_BY)
            ours, naive = [ours for _, ours, _ in tried], [naive for _, _, naive in tried]
            yield Result.at_most(f"{name}, mean absolute error", ours, "seasonal naive", naive, 1.0)


def _forecast(sums: Sums, years: int, known: int, trial: Trial) -> tuple[float, float, float]:
    """Return how many of the years, in percent, the interval covers, and the mean error of ours and of the naive."""
    values, start = sums.draw(trial, years), years * YEAR
    past, so_far = values[:, :start], values[:, start : start + known]
    rest = np.broadcast_to(np.arange(YEAR) >= known, (trial.series, YEAR)).astype(np.float64)
    found = forecast_sums(YearsBefore(past, np.ones_like(past), YEAR), YearSoFar(so_far, np.ones_like(so_far), rest))
    lower, upper = found.interval()
    total = values[:, start:].sum(axis=1)
    naive = so_far.sum(axis=1) + past[:, -YEAR + known :].sum(axis=1)
    covered = 100 * float(np.mean((lower <= total) & (total <= upper)))
    return covered, float(np.mean(np.abs(found.so_far + found.mean - total))), float(np.mean(np.abs(naive - total)))
