"""Areas beside each other without a league table: funnel limits that allow for how areas differ anyway.

Spiegelhalter, "Funnel plots for comparing institutional performance", Statistics in Medicine 2005, with random effects:
beside chance, each area has a deviation of its own, whose spread `tau` is estimated from all areas, of the arcsines of
their shares, after the outermost tenth at either end has been drawn in (winsorised). That makes the spread smaller than
it is by `DRAWN_IN`, which is allowed for. Limits are exact, binomial or beta-binomial: arcsines of a few cases would
give up to ten times the false alarms.

Shares alone: of a count it is not known how much there was to count in, such as the inhabitants of a district.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import asin, inf, pi, sin, sqrt
from operator import mul
from statistics import NormalDist, fmean, quantiles
from typing import TYPE_CHECKING, Final

from shared.signals.signal import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

TENTHS: Final = 10
DRAWN_IN: Final = 0.679
"""The mean square of standard normal deviations whose outermost tenths have been drawn in."""
LEAST_AREAS: Final = 5
"""Among fewer areas, how much they differ anyway cannot be told."""
CONFIDENCE: Final = 0.998
"""That of the limits: 3 sigma."""
MOST_EXACT: Final = 1000
"""With more cases arcsines are as good."""
_TAIL: Final = (1 - CONFIDENCE) / 2
_DISTANCE: Final = NormalDist().inv_cdf(1 - _TAIL)
_ALL_KNOWN: Final = 1e12
"""Known by so many cases, it is as good as the common share."""
_WIDEST: Final = 0.45
"""No spread of arcsines is taken to be more: their whole range is 1.57."""


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """An area's share beside the common one, and between what it may lie; z is its deviation in standard errors."""

    value: float
    lower: float
    upper: float
    z: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Funnel:
    """All areas: the share of them together, how much they differ beyond chance, and each by itself."""

    common: float
    dispersion: float
    """The mean square of the deviations, in those that chance alone would give."""
    tau: float
    """The standard deviation between areas beyond chance, of the arcsines; 0 where chance explains all."""
    points: tuple[FunnelPoint, ...]

    def limits(self, of: float) -> tuple[float, float]:
        """Return between what the share of an area with so many cases may lie."""
        return _limits(self.common, self.tau, of)


def funnel_of_shares(counts: Sequence[float], of: Sequence[float]) -> Funnel | None:
    """Compare shares of areas. None for fewer than five areas. Raises ValueError for a share of nothing."""
    if any(cases <= 0 for cases in of):
        raise ValueError("a share of nothing cannot be compared")
    if len(of) < LEAST_AREAS:
        return None
    common = sum(counts) / sum(of)
    middle = _arcsine(common)
    errors = [_error(cases) for cases in of]
    off = [_arcsine(count / cases) - middle for count, cases in zip(counts, of, strict=True)]
    z = [one / error for one, error in zip(off, errors, strict=True)]
    least, *_, most = quantiles(z, n=TENTHS, method="inclusive")
    dispersion = fmean(min(max(one, least), most) ** 2 for one in z) / DRAWN_IN
    tau = min(sqrt(_between_areas(dispersion, errors)), _WIDEST)
    limits = {cases: _limits(common, tau, cases) for cases in {*of}}
    return Funnel(
        common,
        dispersion,
        tau,
        tuple(
            _point(count / cases, one / sqrt(error**2 + tau**2), limits[cases])
            for count, cases, one, error in zip(counts, of, off, errors, strict=True)
        ),
    )


def _point(value: float, z: float, limits: tuple[float, float]) -> FunnelPoint:
    lower, upper = limits
    verdict = Verdict.FEWER if value < lower else Verdict.MORE if value > upper else Verdict.NONE
    return FunnelPoint(value, lower, upper, z, verdict)


def _limits(common: float, tau: float, of: float) -> tuple[float, float]:
    """Return the least and the greatest share that is not outside."""
    if of <= MOST_EXACT:
        return _exact_limits(common, tau, round(of))
    middle, distance = _arcsine(common), _DISTANCE * sqrt(_error(of) ** 2 + tau**2)
    return sin(max(middle - distance, 0.0)) ** 2, sin(min(middle + distance, pi / 2)) ** 2


def _exact_limits(common: float, tau: float, of: int) -> tuple[float, float]:
    if common in {0.0, 1.0}:
        return common, common
    weights = _weights(common, tau, of)
    tail = _TAIL * sum(weights)
    lower = next(count for count, weight in enumerate(accumulate(weights)) if weight >= tail)
    upper = of - next(count for count, weight in enumerate(accumulate(reversed(weights))) if weight >= tail)
    return lower / of, upper / of


def _weights(common: float, tau: float, of: int) -> list[float]:
    """Return how likely each count is beside the expected one: binomial, or beta-binomial where areas differ anyway.

    Each follows from the one beside it: that is exact also where areas differ by hardly anything, and quick.
    """
    # In how many cases the share of an area would be known as well as its spread between areas tells it.
    known = 1 / (4 * tau**2) - 1 if tau else inf
    above, below = (common * known, (1 - common) * known) if known < _ALL_KNOWN else (common, 1 - common)
    alike = float(known < _ALL_KNOWN)

    def times_likelier(count: int) -> float:
        """By how much one more than a count is likelier than it."""
        return (of - count) / (count + 1) * (count * alike + above) / ((of - count - 1) * alike + below)

    middle = round(common * of)
    upwards = accumulate(map(times_likelier, range(middle, of)), mul, initial=1.0)
    downwards = accumulate((1 / times_likelier(count) for count in reversed(range(middle))), mul, initial=1.0)
    return [*reversed([*downwards][1:]), *upwards]


def _between_areas(dispersion: float, errors: Sequence[float]) -> float:
    """The variance between areas (DerSimonian and Laird 1986), where there is more than chance."""
    number = len(errors)
    if number * dispersion <= number - 1:
        return 0.0
    weights = [error**-2 for error in errors]
    total = sum(weights)
    return (number * dispersion - (number - 1)) / (total - sum(weight**2 for weight in weights) / total)


def _error(of: float) -> float:
    """The standard error of the arcsine of a share of so many cases."""
    return 1 / (2 * sqrt(of))


def _arcsine(share: float) -> float:
    return asin(sqrt(share))
