"""Exact tests and intervals, as others publish them, and against sums of single probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import ArrayLike
from scipy.stats import poisson  # type: ignore[import-untyped]  # it tells no types

from shared.signals.exact import Tails, accepted_counts, binomial_tails, rate_tails, share_tails
from shared.signals.intervals import difference_of_rates, difference_of_shares, garwood_limits
from tests.signals.published_cases import published

TWO = published("two_rates")


def _label(case: Mapping[str, Any]) -> str:
    return str(case["source"])


@pytest.mark.parametrize("case", TWO["rates"], ids=_label)
def test_two_rates_have_the_published_tails(case: Mapping[str, Any]) -> None:
    (count, before), (exposure, exposure_before) = case["counts"], case["exposures"]
    tails = rate_tails(count, exposure, before, exposure_before, case["ratio"])
    for side in {"fewer", "more"} & {*case}:
        assert_allclose(getattr(tails, side), case[side], rtol=1e-12, atol=case.get("tolerance", 0))


@pytest.mark.parametrize("case", TWO["differences_of_rates"], ids=_label)
def test_a_difference_of_rates_is_a_little_wider_than_the_published_ones(case: Mapping[str, Any]) -> None:
    (count, before), (exposure, exposure_before) = case["counts"], case["exposures"]
    found, [lower, upper] = difference_of_rates(count, exposure, before, exposure_before), case["limits"]
    assert lower - 0.02 < found.lower <= lower
    assert upper - case.get("tolerance", 0) <= found.upper < upper + 0.02


@pytest.mark.parametrize("case", TWO["differences_of_shares"], ids=_label)
def test_a_difference_of_shares_has_the_published_limits(case: Mapping[str, Any]) -> None:
    (count, before), (of, of_before) = case["counts"], case["of"]
    found = difference_of_shares(count, of, before, of_before)
    assert_allclose([found.lower, found.upper], case["limits"], rtol=0, atol=case["tolerance"])


@pytest.mark.parametrize("case", TWO["one_rate"], ids=_label)
def test_one_rate_has_the_published_limits(case: Mapping[str, Any]) -> None:
    assert_allclose(np.array(garwood_limits(case["count"])) / case["exposure"], case["limits"], rtol=1e-12)


@given(st.integers(0, 30), st.integers(0, 30), st.fractions(Fraction(1, 20), Fraction(19, 20), max_denominator=20))
def test_binomial_tails_are_the_sums_of_their_probabilities(count: int, more: int, share: Fraction) -> None:
    of = count + more
    single = [comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(of + 1)]
    tails = binomial_tails(count, of, float(share))
    assert_allclose(tails.fewer, float(sum(single[: count + 1])), rtol=1e-9)
    assert_allclose(tails.more, float(sum(single[count:])), rtol=1e-9)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 40), st.integers(0, 40))
def test_tails_of_shares_are_the_sums_of_their_probabilities(count: int, more: int, other: int, rest: int) -> None:
    of, other_of = count + more, other + rest
    drawn = count + other
    single = {
        k: Fraction(comb(of, k) * comb(other_of, drawn - k), comb(of + other_of, drawn))
        for k in range(max(0, drawn - other_of), min(of, drawn) + 1)
    }
    tails = share_tails(count, of, other, other_of)
    assert_allclose(tails.fewer, float(sum(p for k, p in single.items() if k <= count)), rtol=1e-9)
    assert_allclose(tails.more, float(sum(p for k, p in single.items() if k >= count)), rtol=1e-9)


def _poisson_tails(count: ArrayLike, mean: float) -> Tails:
    return Tails(poisson.cdf(count, mean), poisson.sf(np.asarray(count) - 1, mean))


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 57.0, 12_345.0])
@pytest.mark.parametrize("alpha", [0.001, 0.05])
def test_accepted_counts_are_those_between_the_surprising_ones(mean: float, alpha: float) -> None:
    lower, upper = accepted_counts(lambda count: _poisson_tails(count, mean), alpha, mean)
    assert _poisson_tails(upper, mean).more >= alpha / 2 > _poisson_tails(upper + 1, mean).more
    assert _poisson_tails(lower, mean).fewer >= alpha / 2
    assert lower == 0 or _poisson_tails(lower - 1, mean).fewer < alpha / 2


def test_a_difference_of_nothing_and_nothing_is_nothing() -> None:
    found = difference_of_rates(0, 4, 0, 4)
    assert (found.estimate, found.p_value, found.is_clear) == (0, 1, False)
    assert found.lower < 0 < found.upper


def test_a_rate_without_exposure_and_a_share_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="exposure"):
        difference_of_rates(3, 0, 4, 1)
    with pytest.raises(ValueError, match="nothing"):
        difference_of_shares(0, 0, 4, 5)


@pytest.mark.parametrize("expected", [1e12, 4e15, 1.2e16, 1e18])
def test_limits_of_counts_with_more_digits_than_a_float_has_are_found(expected: float) -> None:
    """Half of both: twelve months of the largest figure that is taken have more digits than a float tells apart."""
    lower, upper = accepted_counts(lambda count: rate_tails(count, 1.0, expected, 1.0), 0.002, expected)
    assert expected * 0.99 < float(lower) <= expected <= float(upper) < expected * 1.01
