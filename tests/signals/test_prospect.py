"""How likely a year's count meets its target, given what has come, its running month included."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from shared.domain.target import Acceptance, Judgement, MonthlyCounts
from shared.signals.prospect import LEAST_MONTHS, prospect_of

AT_MOST_100 = Acceptance(upper=Fraction(100))


def months(mean: float, number: int, seed: int = 1) -> tuple[float, ...]:
    return tuple(float(count) for count in np.random.default_rng(seed).poisson(mean, number))


@pytest.mark.parametrize(
    ("mean", "so_far", "judgement"),
    [(6, (6,) * 8, Judgement.ON_COURSE), (9, (8, 9) * 4, Judgement.AT_RISK), (12, (11,) * 8, Judgement.OUT_OF_REACH)],
)
def test_a_ceiling_is_judged_by_how_likely_it_is_to_hold(
    mean: float, so_far: tuple[float, ...], judgement: Judgement
) -> None:
    found = prospect_of(MonthlyCounts(months(mean, 36), so_far, 1), AT_MOST_100, Fraction(int(sum(so_far))))
    assert found is not None
    assert found.judgement is judgement
    assert found.lower <= found.expected <= found.upper
    assert found.months == 36
    assert found.seasonal_naive == sum(so_far) + sum(months(mean, 36)[-4:])


def test_it_ends_with_no_less_than_has_come() -> None:
    """The running month has brought more than was to be expected of the rest of the year."""
    counts = MonthlyCounts(months(2, 36), (2,) * 11, 1)
    surprised = prospect_of(counts, Acceptance(upper=Fraction(60)), Fraction(59))
    assert surprised is not None
    assert min(surprised.expected, surprised.lower, surprised.upper) >= 59
    assert surprised.judgement is not Judgement.OUT_OF_REACH
    passed = prospect_of(counts, Acceptance(lower=Fraction(30)), Fraction(59))
    assert passed is not None
    assert passed.probability == 1


@pytest.mark.parametrize("known", [0, 12, LEAST_MONTHS - 1])
def test_with_less_than_two_years_there_is_no_prospect(known: int) -> None:
    before = (None,) * (36 - known) + months(8, known)
    assert prospect_of(MonthlyCounts(before, (8,) * 6, 1), AT_MOST_100, Fraction(48)) is None


def test_a_month_that_is_unknown_among_the_last_two_years_leaves_none_either() -> None:
    before = [*months(8, 36)]
    before[30] = None  # type: ignore[call-overload]  # an unknown month
    assert prospect_of(MonthlyCounts(tuple(before), (8,) * 6, 1), AT_MOST_100, Fraction(48)) is None


def test_a_year_may_begin_in_any_month() -> None:
    """By the school year: the busy months of autumn have come, and the rest of the year is quiet."""
    season = (20.0, 20.0, 20.0, 20.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0)
    found = prospect_of(MonthlyCounts(season * 3, (20.0,) * 4, 8), Acceptance(upper=Fraction(120)), Fraction(80))
    assert found is not None
    assert found.judgement is Judgement.ON_COURSE
    assert found.seasonal_naive == 96
