"""Limits of control charts, point by point as PowerBI-SPC, NHSRplotthedots and nhspy-plotthedots publish them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from shared.signals import limits
from shared.signals.limits import Array, ControlLimits
from tests.signals.published_cases import published

CHARTS: Mapping[str, Callable[[Mapping[str, Any], float], ControlLimits]] = {
    "c": lambda chart, sigmas: limits.counts(chart["values"], sigmas),
    "g": lambda chart, sigmas: limits.opportunities_between(chart["values"], sigmas),
    "i": lambda chart, sigmas: limits.individuals(_ratios(chart), sigmas),
    "p": lambda chart, sigmas: limits.proportions(chart["numerators"], chart["denominators"], sigmas),
    "pprime": lambda chart, sigmas: limits.proportions_prime(chart["numerators"], chart["denominators"], sigmas),
    "s": lambda chart, sigmas: limits.deviations(chart["values"], chart["sizes"], sigmas),
    "t": lambda chart, sigmas: limits.times_between(chart["values"], sigmas, screened=True),
    "u": lambda chart, sigmas: limits.rates(chart["numerators"], chart["denominators"], sigmas),
    "uprime": lambda chart, sigmas: limits.rates_prime(chart["numerators"], chart["denominators"], sigmas),
    "xbar": lambda chart, sigmas: limits.means(chart["values"], chart["deviations"], chart["sizes"], sigmas),
}


def _ratios(chart: Mapping[str, Any]) -> Array:
    return np.divide(chart["numerators"], chart["denominators"])


def _close(ours: Array, theirs: list[float], chart: Mapping[str, Any]) -> None:
    """Compare as the source does: to so many decimals."""
    expected, points = np.asarray(theirs), len(chart.get("numerators") or chart["values"])
    found = np.broadcast_to(ours * chart.get("factor", 1), (points,))
    assert_allclose(found, np.broadcast_to(expected, (points,)), 0, _tolerance(chart))


def _tolerance(chart: Mapping[str, Any]) -> float:
    return float(0.5 * 10.0 ** -chart["decimals"])


def _groups(chart: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a chart as its parts, whose limits start afresh."""
    numbers = chart.get("groups")
    if not numbers:
        return [chart]
    members = [np.asarray(numbers) == number for number in dict.fromkeys(numbers)]
    return [
        {key: np.asarray(part)[of].tolist() if isinstance(part, list) else part for key, part in chart.items()}
        for of in members
    ]


def test_every_published_chart_is_tried() -> None:
    assert {*published("charts")["charts"]} == {*CHARTS, "mr"}


@pytest.mark.parametrize("name", CHARTS)
def test_limits_are_the_published_ones_at_every_point(name: str) -> None:
    for chart in _groups(published("charts")["charts"][name]):
        for sigmas in (2, 3):
            found = CHARTS[name](chart, sigmas)
            _close(found.lower, chart[f"lower{sigmas}"], chart)
            _close(found.upper, chart[f"upper{sigmas}"], chart)


def test_moving_ranges_are_the_published_ones() -> None:
    chart = published("charts")["charts"]["mr"]
    assert_allclose(np.abs(np.diff(_ratios(chart))), chart["ranges"], 0, _tolerance(chart))
    for sigmas in (2, 3):
        found = limits.moving_ranges(_ratios(chart), sigmas)
        assert_allclose(found.upper, chart[f"upper{sigmas}"], 0, _tolerance(chart))
        assert_allclose(found.lower, chart[f"lower{sigmas}"], 0, _tolerance(chart))


@pytest.mark.parametrize("case", published("individuals")["cases"], ids=lambda case: case["source"])
def test_single_levels_have_the_published_limits(case: Mapping[str, Any]) -> None:
    found = limits.individuals(case["values"], screened=case.get("screened", False))
    tolerance = 0.5 * 10.0 ** -case.get("decimals", 6)
    assert_allclose(found.centre, case["centre"], 0, tolerance)
    if "constant" in case:
        # They round 3 / 1.128; the distance from the centre is ours times the ratio of the two.
        distance = (found.upper - found.centre) * case["constant"] / (3 / limits.D2)
        found = ControlLimits(found.centre, found.centre - distance, found.centre + distance)
    assert_allclose([found.lower[0], found.upper[0]], case["limits"], 0, tolerance)


def test_a_constant_series_has_limits_at_its_level() -> None:
    found = limits.individuals([4, 4, 4, 4], screened=True)
    assert (found.centre[0], found.lower[0], found.upper[0]) == (4, 4, 4)


def test_many_series_at_once_are_as_one_by_one() -> None:
    numerators = np.array([[3, 5, 4, 9], [1, 1, 2, 0]])
    denominators = np.array([[30, 41, 38, 60], [10, 12, 9, 8]])
    together = limits.proportions_prime(numerators, denominators)
    for row in range(2):
        alone = limits.proportions_prime(numerators[row], denominators[row])
        assert_allclose(together.upper[row], alone.upper)
        assert_allclose(together.lower[row], alone.lower)
