"""Trials of the methods on simulated series: which windows of a tertial are signals, and how near forecasts come.

Flags have a row for each series and a column for each window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.signals.exact import rate_tails
from shared.signals.forecast import forecast_counts
from shared.signals.judging import alpha_of
from shared.signals.limits import Array, Flags
from shared.signals.normal import LevelModel, ShareModel
from shared.signals.seasons import CountModel
from shared.signals.series import MOST_SEASONS, Kind
from shared.signals.year_model import YearsBefore, YearSoFar
from tests.benchmarks import run_rules
from tests.benchmarks.simulated import TERTIAL, YEAR, Process

# What is judged of a tertial: its months, its first three months and all of it, from a month to before another.
TERTIAL_WINDOWS = ((0, 1), (1, 2), (2, 3), (3, 4), (0, 3), (0, 4))
SHORTEST = 3
# The simplest test: each month by the same month and its neighbours at 0.2 %, several months at 0.4 %.
SIMPLE_ALPHAS = (0.002, 0.002, 0.002, 0.002, 0.004, 0.004)


@dataclass(frozen=True, slots=True)
class Trial:
    """So many series, drawn by a seed of its own."""

    seed: int
    series: int

    def generator(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


@dataclass(frozen=True, slots=True)
class Case:
    """What is simulated, after so many years."""

    name: str
    process: Process
    years: int

    def counts(self, trial: Trial) -> Array:
        return self.process.counts(trial.series, self.years, TERTIAL, trial.generator())

    def __str__(self) -> str:
        return f"{self.name}, {self.years} {'year' if self.years == 1 else 'years'}"


def count_flags(counts: Array, years: int) -> Flags:
    """Tell which windows of the last tertial are signals: rows are series, columns windows."""
    seasons = min(years, MOST_SEASONS)
    past, tertial = counts[:, (years - seasons) * YEAR : years * YEAR], counts[:, years * YEAR :]
    model = CountModel(past, np.ones_like(past), YEAR)
    return _flags(
        Kind.COUNT,
        [
            model.expect(past.shape[1] + start, np.ones((len(counts), stop - start)))
            .tails(tertial[:, start:stop].sum(axis=1))
            .two_sided
            for start, stop in TERTIAL_WINDOWS
        ],
    )


def flags_with_runs(case: Case, trial: Trial) -> Flags:
    """Tell which series have a signal, or with the tertial nine months in a row on one side of what is expected."""
    counts = case.counts(trial)
    start = case.years * YEAR
    past = counts[:, :start]
    model = CountModel(past, np.ones_like(past), YEAR)
    month = np.ones((trial.series, 1))
    recent = range(start - YEAR, start + TERTIAL)
    sides = np.stack([np.sign(counts[:, place] - model.expect(place, month).mean) for place in recent], axis=1)
    runs = in_tertial(run_rules.nine_on_one_side(sides))
    return np.asarray(count_flags(counts, case.years).any(axis=1) | runs)


def flags_without_year(months: int, trial: Trial) -> Flags:
    """Tell of which series a window is a signal, with fewer months before than a year has."""
    counts = Process(20, 0.4).counts(trial.series, 1, months + TERTIAL - YEAR, trial.generator())
    model = CountModel(counts[:, :months], np.ones((trial.series, months)), YEAR)
    p_values = [
        model.expect(months + start, np.ones((trial.series, stop - start)))
        .tails(counts[:, months + start : months + stop].sum(axis=1))
        .two_sided
        for start, stop in TERTIAL_WINDOWS
    ]
    return np.asarray(_flags(Kind.COUNT, p_values).any(axis=1))


def simple_flags(counts: Array, years: int) -> Flags:
    seasons = range(1, min(years, MOST_SEASONS) + 1)
    p_values = []
    for start, stop in TERTIAL_WINDOWS:
        # A month has its neighbours beside it; those in this year's tertial are not past.
        more = int(stop - start == 1)
        spans = [
            (years * YEAR + start - YEAR * back - more, years * YEAR + stop - YEAR * back + more) for back in seasons
        ]
        clipped = [(max(first, 0), min(last, years * YEAR)) for first, last in spans]
        before = sum(counts[:, first:last].sum(axis=1) for first, last in clipped)
        exposure = sum(last - first for first, last in clipped)
        now = counts[:, years * YEAR + start : years * YEAR + stop].sum(axis=1)
        p_values.append(rate_tails(now, stop - start, before, exposure).two_sided)
    return np.asarray(np.stack(p_values, axis=1) < np.array(SIMPLE_ALPHAS))


def share_draw(
    size: float, share: float, season: float = 0.0, beta: float = 0.0, change: float = 0.0
) -> Callable[[Trial], tuple[Array, Array]]:
    """Return how numerators and denominators of three years and a tertial are drawn."""

    def draw(trial: Trial) -> tuple[Array, Array]:
        rng = trial.generator()
        month, peak = np.arange(3 * YEAR + TERTIAL), rng.integers(0, YEAR, size=(trial.series, 1))
        shares = share + season * np.cos(2 * np.pi * (month - peak) / YEAR)
        shares = shares + change * (month >= 3 * YEAR)
        if beta:
            shares = rng.beta(beta * shares, beta * (1 - shares))
        of = rng.poisson(size, size=shares.shape)
        return rng.binomial(of, shares).astype(np.float64), of.astype(np.float64)

    return draw


def share_flags(numerators: Array, denominators: Array, years: int) -> Flags:
    start = years * YEAR
    model = ShareModel(numerators[:, :start], denominators[:, :start])
    return _flags(
        Kind.SHARE,
        [
            model.tails(
                numerators[:, start + first : start + last].sum(axis=1),
                denominators[:, start + first : start + last].sum(axis=1),
            ).two_sided
            for first, last in TERTIAL_WINDOWS
        ],
    )


def level_draw(season: float, correlation: float, years: int, moved: float, trial: Trial) -> Array:
    """Draw levels with a spread of one, a season of that many, and moved by that many in the tertial."""
    months, rng = years * YEAR + TERTIAL, trial.generator()
    month, peak = np.arange(months), rng.integers(0, YEAR, size=(trial.series, 1))
    noise = rng.normal(size=(trial.series, months))
    for later in range(1, months):
        noise[:, later] = correlation * noise[:, later - 1] + np.sqrt(1 - correlation**2) * noise[:, later]
    wave = season * np.cos(2 * np.pi * (month - peak) / YEAR)
    return np.asarray(wave + noise + moved * (month >= years * YEAR))


def level_flags(values: Array, years: int) -> Flags:
    start = years * YEAR
    model = LevelModel(values[:, :start], np.arange(start), start, YEAR)
    return _flags(
        Kind.LEVEL,
        [
            model.tails(values[:, start + first : start + last].mean(axis=1), start + first, last - first).two_sided
            for first, last in TERTIAL_WINDOWS
        ],
    )


def deviations(process: Process, trial: Trial) -> Array:
    """Draw counts of three years and a tertial, as standard errors from their mean."""
    counts = process.counts(trial.series, 3, TERTIAL, trial.generator())
    return np.asarray((counts - process.mean) / np.sqrt(process.mean))


def forecast(case: Case, known: int, trial: Trial) -> tuple[float, float, float]:
    """Return how many of the years, in percent, the interval covers, and the mean error of ours and of the naive."""
    start = case.years * YEAR
    counts = case.process.counts(trial.series, case.years, YEAR, trial.generator())
    past = counts[:, max(start - MOST_SEASONS * YEAR, 0) : start]
    so_far = counts[:, start : start + known]
    rest = np.broadcast_to(np.arange(YEAR) >= known, (trial.series, YEAR)).astype(np.float64)
    found = forecast_counts(YearsBefore(past, np.ones_like(past), YEAR), YearSoFar(so_far, np.ones_like(so_far), rest))
    lower, upper = found.interval()
    total = counts[:, start:].sum(axis=1)
    naive = so_far.sum(axis=1) + counts[:, start - YEAR + known : start].sum(axis=1)
    covered = 100 * float(np.mean((lower <= total) & (total <= upper)))
    return covered, float(np.mean(np.abs(found.so_far + found.mean - total))), float(np.mean(np.abs(naive - total)))


def _flags(kind: Kind, p_values: list[Array]) -> Flags:
    alphas = np.array([alpha_of(kind, stop - start) for start, stop in TERTIAL_WINDOWS])
    return np.asarray(np.stack(p_values, axis=1) < alphas)


def early(flags: Flags) -> Flags:
    """Leave out what only the fourth month tells."""
    return np.asarray(flags[:, [place for place, (_, stop) in enumerate(TERTIAL_WINDOWS) if stop <= SHORTEST]])


def in_tertial(flags: Flags) -> Flags:
    """Tell which series have a flag in their last tertial."""
    return np.asarray(flags[:, -TERTIAL:].any(axis=1))


def percent(flags: Flags) -> float:
    return 100 * float(np.mean(flags.any(axis=1)))
