"""What a year will come to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from shared.signals.forecast import Forecast, forecast_counts, forecast_sums, forecast_year
from shared.signals.limits import Array
from shared.signals.series import Kind, Series
from shared.signals.year_ends import CountEnds
from shared.signals.year_model import YearsBefore, YearSoFar

YEAR = 12


def drawn(mean: float, years: int, seed: int = 1, season: float = 0.4) -> list[float | None]:
    wave = mean * (1 + season * np.cos(2 * np.pi * np.arange(years * YEAR) / YEAR))
    return [float(count) for count in np.random.default_rng(seed).poisson(wave)]


def forecast(*values: float | None, known: int, breaks: tuple[int, ...] = ()) -> Forecast:
    start = (known - 1) // YEAR * YEAR
    found = forecast_year(Series(Kind.COUNT, values, breaks=breaks), start, known)
    assert found is not None
    return found


def one(mean: float, variance: float, so_far: float = 0.0) -> CountEnds:
    return CountEnds(np.array([so_far]), np.array([[mean]]), np.array([[variance]]), np.ones((1, 1)))


@pytest.mark.parametrize(("mean", "variance"), [(4.0, 4.0), (4.0, 9.0), (0.3, 0.4), (60.0, 200.0)])
def test_the_rest_is_poisson_or_negative_binomial(mean: float, variance: float) -> None:
    """Against draws: a negative binomial is a Poisson of a gamma."""
    rng = np.random.default_rng(2)
    excess = variance - mean
    rates = rng.gamma(mean**2 / excess, excess / mean, 200_000) if excess else np.full(200_000, mean)
    counts = rng.poisson(rates)
    for total in (0, 1, round(mean), round(2 * mean)):
        assert_allclose(one(mean, variance).at_most(np.array([float(total)])), np.mean(counts <= total), atol=0.005)


def test_an_interval_is_the_one_nearest_to_its_probability() -> None:
    found = one(60.0, 60.0, so_far=40.0)
    [lower], [upper] = found.interval()
    assert (lower, upper) == (91, 110)
    inside = found.at_most(np.array([upper])) - found.at_most(np.array([lower - 1]))
    assert_allclose(inside, 0.8, atol=0.03)


def test_what_has_come_is_the_least_that_the_year_ends_with() -> None:
    found = forecast(*drawn(10, 3), *[9.0] * 8, known=44)
    assert found.so_far == 72
    assert found.at_most(71) == 0
    assert found.so_far <= found.lower <= found.expected <= found.upper


def test_a_year_that_has_ended_is_what_it_is() -> None:
    found = forecast(*drawn(10, 3), *[9.0] * 12, known=48)
    assert (found.so_far, found.expected, found.lower, found.upper) == (108, 108, 108, 108)
    assert (found.at_most(107), found.at_most(108), found.seasonal_naive) == (0, 1, 108)


def test_the_rest_follows_the_season() -> None:
    """The same count by April says less of a year that has its peak in January."""
    values = drawn(20, 3, seed=3)
    peak_first = forecast(*values, *[20.0] * 4, known=40)
    peak_last = forecast(*values[6:], *values[6:12], *[20.0] * 4, known=40)
    assert peak_first.expected + 30 < peak_last.expected


def test_a_level_that_has_changed_is_seen_the_more_has_come() -> None:
    before = drawn(10, 3, seed=4, season=0)
    usual = forecast(*before, *[10.0] * 4, known=40).expected
    early = forecast(*before, *[20.0] * 1, known=37).expected
    late = forecast(*before, *[20.0] * 8, known=44)
    assert usual < early
    assert late.lower > 200
    assert late.seasonal_naive == pytest.approx(160 + sum(one for one in before[32:36] if one is not None))


def test_months_without_a_figure_are_expected_as_those_to_come() -> None:
    before = drawn(10, 3, season=0)
    whole = forecast(*before, *[10.0] * 4, known=40)
    holed = forecast(*before, 10.0, None, 10.0, 10.0, known=40)
    assert holed.so_far == 30
    assert holed.expected == pytest.approx(whole.expected, abs=3)


def test_a_break_in_the_year_leaves_what_came_before_it_out_of_the_level() -> None:
    before = drawn(10, 3, season=0)
    found = forecast(*before, *[10.0] * 4, *[30.0] * 4, known=44, breaks=(40,))
    assert found.is_provisional
    assert found.so_far == 160
    assert found.expected == pytest.approx(160 + 4 * 30, abs=15)
    assert forecast(*before, *[10.0] * 4, *[30.0] * 4, known=44).expected < found.expected


def test_a_first_year_goes_by_its_own_pace_and_is_provisional() -> None:
    found = forecast(10.0, 9.0, 11.0, known=3)
    assert found.is_provisional
    assert found.seasonal_naive is None
    assert found.expected == pytest.approx(120, rel=0.1)
    assert found.upper - found.lower > 50
    nothing = Series(Kind.COUNT, (None, None))
    assert forecast_year(nothing, 0, 2) is None


def test_what_is_no_count_or_no_part_of_the_year_is_refused() -> None:
    with pytest.raises(ValueError, match="counts"):
        forecast_year(Series(Kind.SHARE, (1.0,) * 12, (2.0,) * 12), 0, 1)
    with pytest.raises(ValueError, match="sums"):
        forecast_year(Series(Kind.LEVEL, (1.0, -1.0)), 0, 1)
    with pytest.raises(ValueError, match="within"):
        forecast_year(Series(Kind.COUNT, (1.0,) * 24), 0, 13)


def test_years_that_differ_have_this_one_followed_the_more() -> None:
    """Two years alike leave a month that is twice as much for chance; two that differ by half do not."""
    usual, other = (5.0,) * YEAR, (10.0,) * YEAR
    alike = forecast(*usual * 3, 10.0, 9.0, known=38)
    unlike = forecast(*usual, *other, *usual, 10.0, 9.0, known=38)
    assert alike.expected < unlike.expected
    assert alike.upper - alike.lower < unlike.upper - unlike.lower


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 30).map(float)), min_size=1, max_size=47),
    st.integers(0, 11),
    st.sampled_from([Kind.COUNT, Kind.LEVEL]),
)
def test_any_series_has_a_forecast_of_sense(values: list[float | None], ahead: int, kind: Kind) -> None:
    start = len(values) // YEAR * YEAR
    known = min(len(values), start + ahead)
    found = forecast_year(Series(kind, tuple(values)), start, known)
    if found is not None:
        assert found.so_far <= found.lower <= found.upper
        assert 0 <= found.at_most(found.lower - 1) <= found.at_most(found.upper) <= 1
        assert np.isfinite(found.expected)


def test_many_at_once_are_forecast_as_one_by_one() -> None:
    rows = [[value or 0.0 for value in drawn(mean, 4, seed=mean)] for mean in (1, 6, 20)]
    rows.append([0.0] * 48)
    values: Array = np.array(rows)
    rest = np.broadcast_to(np.arange(YEAR) >= 4, (4, YEAR)).astype(np.float64)
    so_far = values[:, 36:40]
    past = YearsBefore(values[:, :36], np.ones((4, 36)), YEAR)
    together = forecast_counts(past, YearSoFar(so_far, np.ones((4, 4)), rest))
    for row, mean in zip(rows, together.mean, strict=True):
        alone = forecast(*row[:40], known=40)
        assert alone.expected == pytest.approx(sum(row[36:40]) + mean)


def test_sums_are_forecast_alike_in_any_unit() -> None:
    rng = np.random.default_rng(5)
    costs: Array = rng.gamma(8, 500, (3, 48)) * (1 + 0.3 * np.cos(2 * np.pi * np.arange(48) / YEAR))
    rest = np.broadcast_to(np.arange(YEAR) >= 6, (3, YEAR)).astype(np.float64)
    in_units = []
    for unit in (1.0, 1000.0):
        before = YearsBefore(costs[:, :36] / unit, np.ones((3, 36)), YEAR)
        found = forecast_sums(before, YearSoFar(costs[:, 36:42] / unit, np.ones((3, 6)), rest))
        in_units.append([unit * end for end in (found.mean, *found.interval())])
    assert_allclose(in_units[0], in_units[1], rtol=1e-9)
    expected, lower, upper = in_units[0]
    so_far = costs[:, 36:42].sum(axis=1)
    assert np.all((so_far < lower) & (lower < so_far + expected) & (so_far + expected < upper))
    assert_allclose(so_far + expected, 12 * costs[:, :36].mean(axis=1), rtol=0.25)


def test_a_sum_is_as_likely_within_its_interval_as_that_says() -> None:
    costs = Series(Kind.LEVEL, tuple(np.random.default_rng(6).gamma(8, 500, 40)))
    found = forecast_year(costs, 36, 40)
    assert found is not None
    assert found.at_most(found.upper) - found.at_most(found.lower) == pytest.approx(0.8)
    assert found.at_most(found.so_far - 1) == 0
    assert not found.is_erratic
    few = Series(Kind.LEVEL, tuple(np.random.default_rng(6).poisson(0.5, 40) * 9000.0))
    erratic = forecast_year(few, 36, 40)
    assert erratic is not None
    assert erratic.is_erratic
