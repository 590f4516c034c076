"""What a year's share will come to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from shared.signals.share_year import MOST_STEPS, ShareEnds, forecast_share
from tests.benchmarks.shares import Shares, forecast
from tests.benchmarks.signal_trials import Trial

Cases = tuple[float, float]
YEAR = 12


def share(*before: Cases, come: tuple[Cases | None, ...], running: Cases | None = None) -> ShareEnds:
    found = forecast_share(before, come, running)
    assert found is not None
    return found


def width(ends: ShareEnds) -> float:
    lower, upper = ends.interval()
    return upper - lower


def test_a_case_that_has_failed_puts_all_out_of_reach_at_once() -> None:
    before = [(5.0, 5.0)] * 34 + [(4.0, 5.0)] * 2
    whole = share(*before, come=((5.0, 5.0),) * 8)
    failed = share(*before, come=((5.0, 5.0),) * 7 + ((4.0, 5.0),))
    assert 1 - failed.below(1) == 0
    # Some 20 cases to come, of which one in 90 failed before.
    assert 1 - whole.below(1) == pytest.approx((1 - 2 / 180) ** 20, abs=0.1)
    assert failed.interval()[1] < 1 == whole.interval()[1]


def test_what_is_to_come_of_even_years_is_binomial() -> None:
    """Half of ten cases a month, for so long that chance alone is left: 40 cases to come after 80."""
    ends = share(*[(50.0, 100.0)] * 36, come=((50.0, 100.0),) * 8)
    draws = (400 + np.random.default_rng(3).binomial(400, 0.5, 100_000)) / 1200
    for quantile in (0.48, 0.49, 0.5, 0.51, 0.52):
        assert ends.at_most(quantile) == pytest.approx(np.mean(draws <= quantile), abs=0.06)
    assert ends.mean == pytest.approx(0.5, abs=0.001)


def test_a_year_that_has_ended_is_what_it_is() -> None:
    ends = share(*[(3.0, 4.0)] * 24, come=((3.0, 4.0),) * 11 + ((4.0, 4.0),))
    assert ends.interval() == pytest.approx((37 / 48, 37 / 48))
    assert (ends.below(37 / 48), ends.at_most(37 / 48)) == (0, 1)


def test_the_rest_follows_the_season() -> None:
    """As high a share by April says less of a year whose summers are low."""
    high_first = [(36.0, 40.0)] * 4 + [(20.0, 40.0)] * 8
    high_last = [(20.0, 40.0)] * 4 + [(36.0, 40.0)] * 8
    come = ((36.0, 40.0),) * 4
    assert share(*high_first * 3, come=come).mean == pytest.approx(36 / 40 / 3 + 20 / 40 * 2 / 3, abs=0.03)
    assert share(*high_last * 3, come=come).mean > 0.9


def test_a_share_that_has_changed_is_followed_the_more_has_come_and_the_more_years_differ() -> None:
    alike, unlike = [(8.0, 16.0)] * 36, [*[(6.0, 16.0)] * 12, *[(11.0, 16.0)] * 12, *[(7.0, 16.0)] * 12]
    high = (13.0, 16.0)
    early, late = (share(*alike, come=(high,) * months).mean for months in (1, 8))
    rest_late = (late * 192 - 8 * 13) / (4 * 16)
    assert 0.5 < early < 0.6
    assert 0.65 < rest_late <= 13 / 16
    two_months = [share(*before, come=(high,) * 2) for before in (alike, unlike)]
    assert two_months[0].mean + 0.05 < two_months[1].mean


def test_what_has_come_of_the_running_month_counts_and_is_not_expected_again() -> None:
    before = [(4.0, 5.0)] * 36
    begun, whole = (share(*before, come=((4.0, 5.0),) * 7, running=running) for running in ((0.0, 5.0), None))
    assert begun.mean < whole.mean
    nothing_left = share(*before, come=((4.0, 5.0),) * 11, running=(0.0, 30.0))
    assert nothing_left.interval() == pytest.approx((44 / 85, 44 / 85))


def test_a_month_without_a_figure_is_expected_as_one_to_come() -> None:
    before = [(4.0, 5.0)] * 36
    holed = share(*before, come=((4.0, 5.0), None, (4.0, 5.0), (4.0, 5.0)))
    assert holed.mean == pytest.approx(share(*before, come=((4.0, 5.0),) * 4).mean, abs=0.01)
    assert width(holed) > width(share(*before, come=((4.0, 5.0),) * 4))


def test_many_cases_are_forecast_as_fewer_are() -> None:
    """Beyond so many steps a share is as good as continuous."""
    a_month = MOST_STEPS / 8
    few, many = (
        share(*[(0.3 * size, size)] * 24, come=((0.3 * size, size),) * 4) for size in (a_month - 10, a_month + 10)
    )
    for quantile in (0.29, 0.295, 0.3, 0.305):
        assert few.at_most(quantile) == pytest.approx(many.at_most(quantile), abs=0.03)
    assert_allclose(few.interval(), many.interval(), atol=0.002)


def test_there_is_nothing_to_say_without_cases() -> None:
    assert forecast_share([(0.0, 0.0)] * 24, ((0.0, 0.0),) * 4) is None


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.integers(0, 30).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), min_size=24, max_size=40
    )
)
def test_any_series_has_a_forecast_of_sense(months: list[tuple[int, int]]) -> None:
    years = len(months) // YEAR * YEAR
    cases = [(float(counted), float(of)) for counted, of in months]
    ends = forecast_share(cases[:years], cases[years:][:11])
    if ends is not None:
        lower, upper = ends.interval()
        assert 0 <= lower <= ends.mean <= upper <= 1
        assert ends.at_most(upper) - ends.below(lower) >= 0.8 - 1e-9
        assert ends.at_most(1) == pytest.approx(1)


@pytest.mark.parametrize("years", [2, 3])
def test_intervals_hold_what_they_say_and_the_error_is_below_the_naive(years: int) -> None:
    """With room for chance: the shares themselves are in tests/benchmarks/RESULTS.md."""
    covered, ours, naive = forecast(Shares("", 20, 0.8), years, 4, Trial(1, 200))
    assert 72 < covered < 90
    assert ours < naive
