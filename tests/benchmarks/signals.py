"""(h) Signals and forecasts on simulated series: false alarms, what is found, and how near forecasts come.

No server is asked. A round is as many series, by a seed of its own; a false alarm is a stable series that any test of a
tertial calls a signal: its four months, its first three, or all of it. A run of the usual size tries what the goals are
about; a long one (SIZE=1000000) has twice as many series of it, and all else that was tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np

from shared.signals.limits import Array, Flags
from tests.benchmarks import backtests, run_rules, signal_trials
from tests.benchmarks.bench import LONG_FROM
from tests.benchmarks.results import Result
from tests.benchmarks.signal_trials import Case, Trial, count_flags, early, percent, simple_flags
from tests.benchmarks.simulated import Process

SEEDS = (1, 2, 3)
SERIES, SERIES_OF_LONG = 2000, 4000
FALSE_ALARMS = 1.0
FOUND = 90.0
COVERED = 80.0
OFF_BY = 5.0
SIMPLE = "exact test against the same months alone"

Trials: TypeAlias = tuple[Trial, ...]

STABLE = tuple(
    Case(f"mean {mean}{f', season ±{season:.0%}'.replace('%', ' %') if season else ''}", Process(mean, season), years)
    for mean in (1, 5, 20)
    for season in (0.0, 0.4)
    for years in (2, 3, 5)
)
STABLE_TOO = (
    Case("mean 0.2", Process(0.2), 3),
    Case("mean 0.5", Process(0.5), 3),
    Case("mean 20, season ±40 %", Process(20, 0.4), 1),
    Case("mean 20, season ±20 %", Process(20, 0.2), 2),
    Case("mean 10, empty in July", Process(10, is_empty_in_july=True), 2),
    Case("mean 10, empty in July", Process(10, is_empty_in_july=True), 3),
    Case("mean 5, variance 1.5 times chance", Process(5, gamma=10), 3),
    Case("mean 20, variance 3 times chance", Process(20, gamma=10), 3),
)
DOUBLED = tuple(Case("10 a month doubled", Process(10, factor=2), years) for years in (2, 3, 5))
CHANGED_TOO = (
    Case("10 a month doubled", Process(10, factor=2), 1),
    Case("10 a month doubled, season ±40 %", Process(10, 0.4, factor=2), 3),
    Case("10 a month doubled, empty in July", Process(10, is_empty_in_july=True, factor=2), 3),
    Case("5 a month doubled", Process(5, factor=2), 3),
    Case("20 a month doubled", Process(20, factor=2), 3),
    Case("20 a month halved", Process(20, factor=0.5), 3),
    Case("20 a month half as many again", Process(20, factor=1.5), 3),
)
FORECAST = tuple(Case(f"mean {mean}, season ±40 %", Process(mean, 0.4), 3) for mean in (1, 5, 20))
FORECAST_TOO = (
    Case("mean 20, season ±40 %", Process(20, 0.4), 1),
    Case("mean 10, empty in July", Process(10, is_empty_in_july=True), 3),
    Case("mean 5, levels of years ±15 %", Process(5, 0.4, yearly=0.15), 3),
    Case("mean 20, levels of years ±15 %", Process(20, 0.4, yearly=0.15), 3),
    Case("mean 20, levels of years ±15 %", Process(20, 0.4, yearly=0.15), 1),
    Case("mean 20, levels of years ±30 %", Process(20, 0.4, yearly=0.3), 3),
    Case("mean 20, variance 3 times chance, levels ±15 %", Process(20, 0.4, gamma=10, yearly=0.15), 3),
)


def measure(size: int) -> Iterator[Result]:
    """Simulate stable series, changed ones, and years that are forecast; in a long run of each kind of figure."""
    is_long = size >= LONG_FROM
    trials = tuple(Trial(seed, SERIES_OF_LONG if is_long else SERIES) for seed in SEEDS)
    yield from _stable_counts(STABLE, trials)
    yield from _changed_counts(DOUBLED, trials)
    yield from _forecasts(FORECAST, trials)
    yield from backtests.measure()
    if is_long:
        yield from _stable_counts(STABLE_TOO, trials)
        yield from _against_simple(trials)
        yield from _changed_too(trials)
        yield from _shares(trials)
        yield from _levels(trials)
        yield from _rules(trials)
        yield from _forecasts(FORECAST_TOO, trials)


def _stable_counts(cases: Iterable[Case], trials: Trials) -> Iterator[Result]:
    for case in cases:
        yield Result.below(f"false alarms a tertial, {case}, %", _alarms(case, trials), FALSE_ALARMS)


def _against_simple(trials: Trials) -> Iterator[Result]:
    early_years = [100 * float(np.mean(signal_trials.flags_without_year(8, trial))) for trial in trials]
    yield Result.below("false alarms a tertial, mean 20, season ±40 %, 8 months, %", early_years, FALSE_ALARMS)
    for years in (2, 3, 5):
        case = Case("mean 20, season ±40 %", Process(20, 0.4), years)
        simple = [percent(simple_flags(case.counts(trial), years)) for trial in trials]
        yield Result(f"false alarms a tertial, {case}, %", _alarms(case, trials), SIMPLE, simple)


def _changed_counts(cases: Iterable[Case], trials: Trials) -> Iterator[Result]:
    for case in cases:
        found = _found(case, trials)
        yield Result.at_least(f"found within three months, {case}, %", found, "the goal", [FOUND] * len(found), 1.0)


def _changed_too(trials: Trials) -> Iterator[Result]:
    for case in (*DOUBLED, *CHANGED_TOO):
        simple = [percent(early(simple_flags(case.counts(trial), case.years))) for trial in trials]
        yield Result(f"found within three months, {case}, %", _found(case, trials), SIMPLE, simple)
    late = Case("10 a month doubled from the second month on", Process(10, factor=2, changed=1), 3)
    yield Result(f"found within the tertial, {late}, %", _alarms(late, trials))


def _shares(trials: Trials) -> Iterator[Result]:
    stable = {
        "20 a month, half": signal_trials.share_draw(20, 0.5),
        "60 a month, 80 %": signal_trials.share_draw(60, 0.8),
        "5 a month, half": signal_trials.share_draw(5, 0.5),
        "60 a month, half, season ±20 %": signal_trials.share_draw(60, 0.5, season=0.2),
        "60 a month, half, spread of 9 points": signal_trials.share_draw(60, 0.5, beta=15),
    }
    for name, draw in stable.items():
        alarms = [percent(signal_trials.share_flags(*draw(trial), 3)) for trial in trials]
        yield Result.below(f"false alarms a tertial, share of {name}, 3 years, %", alarms, FALSE_ALARMS)
    for name, draw in {
        "20 a month, 50 to 70 %": signal_trials.share_draw(20, 0.5, change=0.2),
        "60 a month, 50 to 70 %": signal_trials.share_draw(60, 0.5, change=0.2),
    }.items():
        found = [percent(early(signal_trials.share_flags(*draw(trial), 3))) for trial in trials]
        yield Result(f"found within three months, share of {name}, 3 years, %", found)


def _levels(trials: Trials) -> Iterator[Result]:
    for name, season, correlation, years in (
        *(("even", 0.0, 0.0, years) for years in (1, 2, 3)),
        ("season of four sigma", 4.0, 0.0, 3),
        ("correlation 0.3 with the month before", 0.0, 0.3, 3),
    ):
        draws = (signal_trials.level_draw(season, correlation, years, 0.0, trial) for trial in trials)
        alarms = [percent(signal_trials.level_flags(values, years)) for values in draws]
        yield Result.below(f"false alarms a tertial, level, {name}, {_years(years)}, %", alarms, FALSE_ALARMS)
    for sigmas in (2, 3):
        draws = (signal_trials.level_draw(4.0, 0.0, 3, sigmas, trial) for trial in trials)
        found = [percent(early(signal_trials.level_flags(values, 3))) for values in draws]
        yield Result(f"found within three months, level moved by {sigmas} sigma, 3 years, %", found)


def _rules(trials: Trials) -> Iterator[Result]:
    """Rules for runs, on counts whose expectation is known: what is best for them."""
    rules: dict[str, Callable[[Array], Flags]] = {
        "Making Data Count": lambda z: signal_trials.in_tertial(run_rules.making_data_count(z)),
        "Nelson 1984": lambda z: signal_trials.in_tertial(run_rules.nelson(z)),
        "Nelson's rule 2 alone": lambda z: signal_trials.in_tertial(run_rules.nine_on_one_side(z)),
        "Anhøj 2014": run_rules.anhoej,
    }
    for name, rule in rules.items():
        alarms = [100 * float(np.mean(rule(signal_trials.deviations(Process(20), trial)))) for trial in trials]
        yield Result.below(f"false alarms a tertial, {name}, mean 20, 3 years, %", alarms, FALSE_ALARMS)
        raw = [100 * float(np.mean(rule(signal_trials.deviations(Process(20, 0.4), trial)))) for trial in trials]
        yield Result(f"false alarms a tertial, {name}, mean 20, season ±40 % left in, 3 years, %", raw)
    for case in (Case("mean 20", Process(20), 3), Case("mean 20, season ±40 %", Process(20, 0.4), 3)):
        alarms = [100 * float(np.mean(signal_trials.flags_with_runs(case, trial))) for trial in trials]
        yield Result.below(f"false alarms a tertial, limits and Nelson's rule 2, {case}, %", alarms, FALSE_ALARMS)


def _forecasts(cases: Iterable[Case], trials: Trials) -> Iterator[Result]:
    for case in cases:
        for known in (4, 8):
            tried = [signal_trials.forecast(case, known, trial) for trial in trials]
            name = f"{case}, {known} months in"
            off = [abs(covered - COVERED) for covered, _, _ in tried]
            covered = "/".join(f"{one:.0f}" for one, _, _ in tried)
            yield Result.below(f"forecast, {name}, covers {covered} %: off 80 by, points", off, OFF_BY)
            ours, naive = [ours for _, ours, _ in tried], [naive for _, _, naive in tried]
            yield Result.at_most(f"forecast, {name}, mean absolute error", ours, "seasonal naive", naive, 1.0)


def _alarms(case: Case, trials: Trials) -> list[float]:
    return [percent(count_flags(case.counts(trial), case.years)) for trial in trials]


def _found(case: Case, trials: Trials) -> list[float]:
    return [percent(early(count_flags(case.counts(trial), case.years))) for trial in trials]


def _years(years: int) -> str:
    return f"{years} {'year' if years == 1 else 'years'}"
