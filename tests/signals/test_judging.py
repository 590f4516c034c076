"""What is called a signal: in agreement with the limits that are shown, by what came since the last break."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.signals.judging import alpha_of, judge, judge_all
from shared.signals.series import Kind, Series, Window
from shared.signals.shape import Shape
from shared.signals.signal import Lack, Method, Signal, Verdict

YEAR = 12


def drawn(mean: float, periods: int, seed: int = 1, season: float = 0.0) -> list[float]:
    """Return stable counts of months, with a season of that strength."""
    wave = mean * (1 + season * np.cos(2 * np.pi * np.arange(periods) / YEAR))
    return [float(count) for count in np.random.default_rng(seed).poisson(wave)]


def counts(*values: float | None, **rest: object) -> Series:
    return replace(Series(Kind.COUNT, values), **rest)  # type: ignore[arg-type]  # what a test varies


def test_a_doubling_over_a_tertial_is_more_and_a_halving_fewer() -> None:
    before = drawn(10, 36)
    more = judge(counts(*before, 19, 22, 20, 24), Window(36, 40))
    assert (more.verdict, more.observed, more.method) == (Verdict.MORE, 85, Method.COUNTS)
    assert more.upper is not None
    assert more.upper < 85
    fewer = judge(counts(*before, 2, 5, 3, 4), Window(36, 40))
    assert fewer.verdict is Verdict.FEWER
    assert judge(counts(*before, 9, 12, 11, 8), Window(36, 40)).verdict is Verdict.NONE


def outside(signal: Signal) -> bool:
    assert signal.observed is not None
    assert signal.lower is not None
    assert signal.upper is not None
    return not signal.lower <= signal.observed <= signal.upper


periods = st.one_of(st.none(), st.integers(0, 40).map(float))


@settings(deadline=None, max_examples=60)
@given(st.lists(periods, min_size=3, max_size=44), st.integers(1, 5), st.sampled_from([1, 3, 4, 12]))
def test_a_count_is_a_signal_where_it_is_outside_its_limits(values: list[float | None], width: int, year: int) -> None:
    window = Window(max(0, len(values) - width), len(values))
    signal = judge(counts(*values, season_length=year), window)
    if signal.lack in {None, Lack.RARE}:
        assert signal.is_signal == outside(signal)
        assert signal.p_value is not None
        assert signal.alpha is not None
        assert signal.is_signal == (signal.p_value < signal.alpha)
    else:
        assert (signal.verdict, signal.observed) == (Verdict.TOO_LITTLE, None)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=4, max_size=30), st.integers(1, 4))
def test_a_share_is_a_signal_where_it_is_outside_its_limits(parts: list[tuple[int, int]], width: int) -> None:
    above, below = tuple(float(a) for a, _ in parts), tuple(float(a + b) for a, b in parts)
    window = Window(max(0, len(parts) - width), len(parts))
    signal = judge(Series(Kind.SHARE, above, below), window)
    if signal.lack is None:
        assert signal.is_signal == outside(signal)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-50, 50).map(float), min_size=4, max_size=40), st.integers(1, 4))
def test_a_level_is_a_signal_where_it_is_outside_its_limits(values: list[float], width: int) -> None:
    signal = judge(Series(Kind.LEVEL, tuple(values)), Window(max(0, len(values) - width), len(values)))
    if signal.lack is None:
        assert signal.is_signal == outside(signal)


def test_many_at_once_are_judged_as_one_by_one() -> None:
    years = [drawn(8, 40, seed, 0.4) for seed in range(6)]
    years[2][5:9] = [60.0, 70.0, 65.0, 50.0]
    many = [counts(*year) for year in years]
    many += [replace(many[0], breaks=(20,)), counts(*years[1][:37], None, *years[1][38:]), counts(*[0.0] * 40)]
    many += [Series(Kind.LEVEL, many[3].values), Series(Kind.SHARE, many[4].values, (60.0,) * 40)]
    together = judge_all(many, Window(36, 40))
    for series, signal in zip(many, together, strict=True):
        alone = judge(series, Window(36, 40))
        assert (signal.verdict, signal.lower, signal.upper) == (alone.verdict, alone.lower, alone.upper)
        assert signal.p_value == pytest.approx(alone.p_value)


def test_limits_start_afresh_with_a_break() -> None:
    before, since = drawn(10, 36), drawn(30, 12, seed=2)
    series = counts(*before, *since, 17, 18, 16, 19)
    assert judge(series, Window(48, 52)).verdict is Verdict.NONE
    signal = judge(replace(series, breaks=(36,)), Window(48, 52))
    assert signal.verdict is Verdict.FEWER
    assert signal.past is not None
    assert signal.past.periods == 12
    assert not signal.is_provisional


def test_a_window_with_a_break_in_it_is_not_judged() -> None:
    series = counts(*drawn(10, 40), breaks=(38,))
    assert judge(series, Window(36, 40)).lack is Lack.BREAK
    assert judge(series, Window(38, 40)).lack is Lack.FEW_PERIODS
    assert judge(series, Window(36, 38)).lack is None


def test_fewer_than_twelve_periods_are_provisional_and_fewer_than_three_too_few() -> None:
    values = drawn(10, 20)
    assert judge(counts(*values), Window(2, 3)).lack is Lack.FEW_PERIODS
    assert judge(counts(*values), Window(11, 12)).is_provisional
    assert not judge(counts(*values), Window(12, 13)).is_provisional


def test_without_a_year_a_season_of_forty_percent_is_allowed_for() -> None:
    before = drawn(20, 8)
    signal = judge(counts(*before, 30), Window(8, 9))
    assert signal.verdict is Verdict.NONE
    assert signal.past is not None
    assert signal.past.seasons < 1
    assert judge(counts(*before, 75), Window(8, 9)).verdict is Verdict.MORE


def test_what_is_rare_is_judged_by_a_longer_window() -> None:
    values = drawn(0.35, 48, seed=2)
    assert judge(counts(*values), Window(44, 48)).lack is Lack.RARE
    assert judge(counts(*values), Window(36, 48)).lack is None
    # So many of something rare are a signal by themselves.
    assert judge(counts(*values, 9), Window(48, 49)).verdict is Verdict.MORE
    assert judge(counts(*[0.0] * 48), Window(36, 48)).lack is Lack.RARE


def test_months_without_school_are_expected_to_be_empty() -> None:
    rng = np.random.default_rng(5)
    months = [0.0 if month % YEAR in {6, 7} else float(rng.poisson(12)) for month in range(48)]
    july = judge(counts(*months), Window(42, 43, since=40))
    assert (july.verdict, july.expected, july.lack) == (Verdict.TOO_LITTLE, 0, Lack.RARE)
    assert july.past is not None
    assert july.past.shape is Shape.SAME
    summer = judge(counts(*months), Window(40, 44))
    assert summer.verdict is Verdict.NONE
    assert summer.expected == pytest.approx(24, abs=6)


def test_a_wave_of_the_year_is_no_signal() -> None:
    months = drawn(20, 40, seed=16, season=0.4)
    signal = judge(counts(*months), Window(36, 40))
    assert signal.verdict is Verdict.NONE
    assert signal.past is not None
    assert signal.past.shape is Shape.SMOOTH


def test_a_past_outbreak_hides_no_later_one() -> None:
    months = drawn(10, 36, seed=7)
    months[14:17] = [60.0, 70.0, 65.0]
    months += [23.0, 25.0, 24.0, 22.0]
    assert judge(counts(*months), Window(36, 40)).verdict is Verdict.MORE


def test_overdispersed_counts_have_wider_limits() -> None:
    rng = np.random.default_rng(8)
    wild = [float(rng.poisson(rate)) for rate in rng.gamma(4, 5, 40)]
    calm = judge(counts(*drawn(20, 40)), Window(39, 40))
    signal = judge(counts(*wild), Window(39, 40))
    assert signal.past is not None
    assert signal.past.dispersion > 2
    assert None not in {signal.upper, calm.upper, signal.lower, calm.lower}
    assert signal.upper - signal.lower > calm.upper - calm.lower  # type: ignore[operator]  # none is None


def test_a_spread_of_shares_beyond_chance_is_laneys() -> None:
    rng = np.random.default_rng(9)
    of = (200.0,) * 30
    wild = tuple(float(rng.binomial(200, share)) for share in rng.beta(8, 8, 30))
    signal = judge(Series(Kind.SHARE, wild, of), Window(29, 30))
    assert signal.method is Method.SPREAD_SHARES
    even = tuple(float(rng.binomial(200, 0.5)) for _ in range(30))
    assert judge(Series(Kind.SHARE, even, of), Window(29, 30)).method is Method.SHARES


@pytest.mark.parametrize("level", [0.0, 0.1, 7.0, -3.3])
def test_a_constant_level_is_no_signal_and_another_is(level: float) -> None:
    same = Series(Kind.LEVEL, (level,) * 30)
    assert judge(same, Window(29, 30)).verdict is Verdict.NONE
    assert judge(replace(same, values=(*same.values, level + 1)), Window(30, 31)).verdict is Verdict.MORE


def test_a_season_is_taken_out_of_levels() -> None:
    rng = np.random.default_rng(10)
    year = 100 + 30 * np.cos(2 * np.pi * np.arange(40) / YEAR)
    values = tuple(float(level) for level in year + rng.normal(0, 3, 40))
    signal = judge(Series(Kind.LEVEL, values), Window(36, 40))
    assert signal.verdict is Verdict.NONE
    assert signal.past is not None
    assert signal.past.shape is Shape.SAME
    low = Series(Kind.LEVEL, (*values[:36], *(value - 25 for value in values[36:])))
    assert judge(low, Window(36, 40)).verdict is Verdict.FEWER


def test_unknown_periods_are_left_out_of_both_sides() -> None:
    before: list[float | None] = [*drawn(10, 36)]
    before[20:24] = [None] * 4
    signal = judge(counts(*before, 10, None, 9, 12), Window(36, 40))
    assert signal.past is not None
    assert signal.past.periods == 32
    assert signal.expected == pytest.approx(30, abs=6)
    assert judge(counts(*before, None), Window(36, 37)).lack is Lack.NO_FIGURE


def test_short_windows_must_be_rarer_than_long_ones() -> None:
    assert [alpha_of(Kind.COUNT, months) for months in (1, 3, 4, 12)] == [0.001, 0.008, 0.003, 0.003]
    tertials = Series(Kind.COUNT, tuple(drawn(40, 10)), season_length=3)
    assert judge(tertials, Window(9, 10)).alpha == 0.003


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Series(Kind.SHARE, (1.0,)),
        lambda: Series(Kind.COUNT, (1.0,), (2.0,)),
        lambda: Series(Kind.SHARE, (1.0,), (2.0, 3.0)),
        lambda: Series(Kind.SHARE, (3.0,), (2.0,)),
        lambda: Series(Kind.COUNT, (-1.0,)),
        lambda: Series(Kind.COUNT, (1.0,), first=12),
        lambda: Window(3, 3),
        lambda: Window(3, 4, since=4),
        lambda: judge(Series(Kind.COUNT, (1.0,)), Window(0, 2)),
    ],
)
def test_what_contradicts_itself_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"\w"):
        wrong()
