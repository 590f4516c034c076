"""What is simulated is what is served: the same windows, the same limits; and a few hundred series behave as all do."""

from __future__ import annotations

import numpy as np

from shared.signals.judging import judge_all
from shared.signals.limits import Array
from shared.signals.series import Kind, Series, Window
from shared.signals.signal import Lack
from tests.benchmarks import signal_trials
from tests.benchmarks.simulated import TERTIAL, YEAR, Process

YEARS = 3
START = YEARS * YEAR
WINDOWS = [Window(START + first, START + stop, START) for first, stop in signal_trials.TERTIAL_WINDOWS]


def drawn(process: Process, series: int, seed: int = 1) -> Array:
    return process.counts(series, YEARS, TERTIAL, np.random.default_rng(seed))


def test_simulated_counts_are_judged_as_served_ones() -> None:
    counts = np.concatenate([drawn(Process(10, 0.4, factor=2), 30), drawn(Process(10, is_empty_in_july=True), 10)])
    flags = signal_trials.count_flags(counts, YEARS)
    many = [Series(Kind.COUNT, tuple(row)) for row in counts.tolist()]
    served = [judge_all(many, window) for window in WINDOWS]
    assert flags.any()
    assert [[signal.is_signal for signal in window] for window in served] == flags.T.tolist()


def test_simulated_shares_and_levels_are_judged_as_served_ones() -> None:
    above = drawn(Process(20, factor=1.8), 20)
    of = np.full_like(above, 60.0)
    shares = [Series(Kind.SHARE, tuple(row), (60.0,) * len(row)) for row in above.tolist()]
    levels = [Series(Kind.LEVEL, tuple(row)) for row in above.tolist()]
    for series, flags in (
        (shares, signal_trials.share_flags(above, of, YEARS)),
        (levels, signal_trials.level_flags(above, YEARS)),
    ):
        served = [judge_all(series, window) for window in WINDOWS]
        assert flags.any()
        assert [[signal.is_signal for signal in window] for window in served] == flags.T.tolist()


def test_a_seed_repeats_its_series() -> None:
    process = Process(8, 0.4, gamma=5, yearly=0.2)
    assert np.array_equal(drawn(process, 5, seed=7), drawn(process, 5, seed=7))
    assert not np.array_equal(drawn(process, 5, seed=7), drawn(process, 5, seed=8))


def test_stable_series_seldom_cry_wolf_and_a_doubling_is_found() -> None:
    """With room for chance: the shares themselves are in tests/benchmarks/RESULTS.md."""
    stable = signal_trials.count_flags(drawn(Process(5, 0.4), 600), YEARS)
    assert np.mean(stable.any(axis=1)) < 0.02
    doubled = signal_trials.count_flags(drawn(Process(10, factor=2), 300), YEARS)
    assert np.mean(signal_trials.early(doubled).any(axis=1)) > 0.85


def test_of_rare_counts_the_tertial_says_that_it_is_too_short_and_the_year_is_judged() -> None:
    """Half a month, and then three times as many: what charts of the days between events would not find sooner."""
    rng = np.random.default_rng(2)
    before = rng.poisson(0.5, (200, START))
    found = {}
    for factor in (1, 3):
        counts = np.concatenate([before, rng.poisson(0.5 * factor, (200, YEAR))], axis=1).astype(float)
        many = [Series(Kind.COUNT, tuple(row)) for row in counts.tolist()]
        tertial, year = (judge_all(many, Window(START, stop, START)) for stop in (START + TERTIAL, START + YEAR))
        assert sum(signal.lack is Lack.RARE for signal in tertial) > 60
        assert not any(signal.lack is Lack.RARE for signal in year)
        found[factor] = np.mean([signal.is_signal for signal in year])
    assert found[1] < 0.02
    assert found[3] > 0.35
