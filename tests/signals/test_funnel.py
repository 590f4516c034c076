"""Areas beside each other: which differ by more than chance, and by more than areas differ anyway."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]  # it tells no types

from shared.signals.funnel import DRAWN_IN, MOST_EXACT, Funnel, funnel_of_shares
from shared.signals.signal import Verdict


def funnel(counts: list[float], of: list[float]) -> Funnel:
    found = funnel_of_shares(counts, of)
    assert found is not None
    return found


def drawn(areas: int, share: float, cases: int, alike: float = 0.0, seed: int = 1) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(seed)
    shares = rng.beta(alike * share, alike * (1 - share), areas) if alike else np.full(areas, share)
    of = rng.integers(cases // 3, cases, areas)
    return [float(one) for one in rng.binomial(of, shares)], [float(one) for one in of]


def outside(found: Funnel) -> list[int]:
    return [place for place, point in enumerate(found.points) if point.verdict is not Verdict.NONE]


def test_areas_that_differ_by_chance_are_within_exact_limits() -> None:
    """Chance explains all of it: the limits are the binomial ones, 0.1 % on each side."""
    counts, of = [10.0, 11, 9, 10, 12, 8, 20], [20.0, 20, 20, 20, 20, 20, 40]
    found = funnel(counts, of)
    assert found.tau == 0
    assert found.common == pytest.approx(80 / 160)
    few, many = found.points[0], found.points[-1]
    for point, cases in ((few, 20), (many, 40)):
        below = stats.binom.cdf(round(point.lower * cases) - 1, cases, found.common)
        above = stats.binom.sf(round(point.upper * cases), cases, found.common)
        assert max(below, above) < 0.001 <= stats.binom.cdf(round(point.lower * cases), cases, found.common)
    assert few.upper - few.lower > many.upper - many.lower
    assert outside(found) == [] != outside(funnel([*counts, 38], [*of, 40]))


def test_areas_that_differ_anyway_are_allowed_to_and_one_far_off_is_found() -> None:
    counts, of = drawn(30, 0.6, 300, alike=60)
    found = funnel(counts, of)
    assert found.dispersion > 2
    assert found.tau == pytest.approx(0.5 / np.sqrt(61), rel=0.35)
    assert outside(found) == []
    counts[0] = 0.1 * of[0]
    lower = funnel(counts, of)
    assert outside(lower) == [0]
    assert lower.points[0].verdict is Verdict.FEWER
    assert lower.points[0].z == min(point.z for point in lower.points)


def test_the_spread_of_areas_is_that_of_dersimonian_and_laird() -> None:
    """Equal errors: the spread is the mean square beyond chance, times that of chance, by n - 1."""
    shares = [40.0, 55, 60, 48, 52, 70, 30, 44, 58, 50]
    found = funnel(shares, [100.0] * 10)
    error = 1 / (2 * np.sqrt(100))
    assert found.tau**2 == pytest.approx((10 * found.dispersion - 9) * error**2 / 9)


def test_what_is_drawn_in_is_allowed_for() -> None:
    edge = stats.norm.ppf(0.9)
    draws = np.clip(np.random.default_rng(1).normal(size=400_000), -edge, edge)
    assert np.mean(draws**2) == pytest.approx(DRAWN_IN, abs=0.003)


@pytest.mark.parametrize(("areas", "share", "cases", "alike"), [(7, 0.8, 12, 0), (10, 0.5, 40, 0), (20, 0.8, 60, 30)])
def test_areas_in_which_nothing_differs_seldom_are_outside(areas: int, share: float, cases: int, alike: float) -> None:
    """The aim is 0.2 % of areas, with room for chance."""
    rounds = [funnel(*drawn(areas, share, cases, alike, seed)) for seed in range(200)]
    assert sum(len(outside(one)) for one in rounds) / (200 * areas) < 0.004


def test_arcsines_go_on_where_exact_limits_end() -> None:
    found = funnel([80.0] * 6, [100.0] * 6)
    exact, as_good = found.limits(MOST_EXACT), found.limits(MOST_EXACT + 1)
    assert exact == pytest.approx(as_good, abs=0.002)


@pytest.mark.parametrize("tau", [1e-4, 1e-8, 1e-12])
def test_areas_that_hardly_differ_anyway_have_the_limits_of_chance(tau: float) -> None:
    chance, hardly = (Funnel(0.3, 1.0, spread, ()) for spread in (0.0, tau))
    for cases in (1, 7, 400, MOST_EXACT):
        assert hardly.limits(cases) == pytest.approx(chance.limits(cases))


@pytest.mark.parametrize(("common", "tau"), [(0.5, 0.0), (0.93, 0.0), (0.02, 0.1), (0.6, 0.45)])
def test_limits_are_those_of_the_distributions_as_others_compute_them(common: float, tau: float) -> None:
    known = 1 / (4 * tau**2) - 1 if tau else 0
    for cases in (1, 5, 60, MOST_EXACT):
        counts = stats.betabinom(cases, common * known, (1 - common) * known) if tau else stats.binom(cases, common)
        lower, upper = (round(limit * cases) for limit in Funnel(common, 1.0, tau, ()).limits(cases))
        assert counts.cdf(lower - 1) < 0.001 <= counts.cdf(lower)
        assert counts.sf(upper) < 0.001 <= counts.sf(upper - 1)


def test_all_places_of_the_country_are_compared_soon() -> None:
    """As many as have up to so many cases each: what is computed for one number of cases is not computed again."""
    counts, of = drawn(12_000, 0.8, MOST_EXACT)
    before = time.process_time()
    funnel(counts, of)
    assert time.process_time() - before < 1


def test_shares_of_all_or_nothing_have_no_limits_to_be_outside_of() -> None:
    for count in (0.0, 1.0):
        found = funnel([count * 9] * 6, [9.0] * 6)
        assert outside(found) == []
        assert found.points[0].lower == found.points[0].upper == count


def test_among_few_areas_nothing_is_told_and_one_without_cases_is_refused() -> None:
    assert funnel_of_shares([1, 2, 3, 4], [10, 10, 10, 10]) is None
    with pytest.raises(ValueError, match="nothing"):
        funnel_of_shares([0], [0])
