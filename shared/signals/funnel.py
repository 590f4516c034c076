"""Areas beside each other without a league table: funnel limits that allow for how areas differ anyway.

Spiegelhalter, "Funnel plots for comparing institutional performance", Statistics in Medicine 2005, with random effects:
beside chance, each area has a deviation of its own, whose spread `tau` is estimated from all areas after the outermost
tenth at either end has been drawn in (winsorised). Rates are compared by their square roots, shares by their arcsines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.signal import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.signals.limits import Array

WINSORISED: Final = 0.1
LEAST_AREAS: Final = 5
"""Among fewer areas, how much they differ anyway cannot be told."""
CONFIDENCE: Final = 0.998
"""That of the outer limits: 3 sigma."""


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """An area's figure beside the common one, and between what it may lie; z is its deviation in standard errors."""

    value: float
    lower: float
    upper: float
    z: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Funnel:
    """All areas: the figure of them together, how much they differ beyond chance, and each by itself."""

    common: float
    dispersion: float
    """The mean square of the deviations, in those that chance alone would give."""
    tau: float
    """The standard deviation between areas beyond chance, in the transformed unit; 0 where chance explains all."""
    points: tuple[FunnelPoint, ...]


def funnel_of_rates(counts: Sequence[float], exposures: Sequence[float]) -> Funnel | None:
    """Compare rates of areas. None for fewer than five areas with an exposure. Raises ValueError for one below 0."""
    y, n = np.asarray(counts, dtype=np.float64), np.asarray(exposures, dtype=np.float64)
    if np.any(n <= 0):
        raise ValueError("a rate needs an exposure")
    common = float(y.sum() / n.sum())
    return _funnel(y / n, common, np.sqrt, np.square, 1 / (2 * np.sqrt(n)))


def funnel_of_shares(counts: Sequence[float], of: Sequence[float]) -> Funnel | None:
    """Compare shares of areas. None for fewer than five areas. Raises ValueError for a share of nothing."""
    y, n = np.asarray(counts, dtype=np.float64), np.asarray(of, dtype=np.float64)
    if np.any(n <= 0):
        raise ValueError("a share of nothing cannot be compared")
    common = float(y.sum() / n.sum())
    return _funnel(y / n, common, _arcsine, lambda angle: np.sin(angle) ** 2, 1 / (2 * np.sqrt(n)))


def _funnel(
    values: Array, common: float, transform: Callable[[Array], Array], back: Callable[[Array], Array], errors: Array
) -> Funnel | None:
    if len(values) < LEAST_AREAS:
        return None
    middle = transform(np.array(common))
    z = (transform(values) - middle) / errors
    drawn_in = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    dispersion = float(np.mean(drawn_in**2))
    tau_square = _between_areas(dispersion, errors)
    spread = np.sqrt(errors**2 + tau_square)
    distance = special.ndtri((1 + CONFIDENCE) / 2) * spread
    highest = np.pi / 2 if transform is _arcsine else np.inf
    lower, upper = back(np.maximum(middle - distance, 0)), back(np.minimum(middle + distance, highest))
    beyond = (transform(values) - middle) / spread
    points = tuple(
        FunnelPoint(float(value), float(least), float(most), float(z_value), _verdict(value, least, most))
        for value, least, most, z_value in zip(values, lower, upper, beyond, strict=True)
    )
    return Funnel(common, dispersion, float(np.sqrt(tau_square)), points)


def _between_areas(dispersion: float, errors: Array) -> float:
    """The variance between areas (DerSimonian and Laird 1986), where there is more than chance."""
    number = len(errors)
    if dispersion <= number / (number - 1) or number * dispersion <= number - 1:
        return 0.0
    weights = errors**-2
    return float((number * dispersion - (number - 1)) / (weights.sum() - (weights**2).sum() / weights.sum()))


def _arcsine(share: Array) -> Array:
    return np.asarray(np.arcsin(np.sqrt(share)))


def _verdict(value: float, lower: float, upper: float) -> Verdict:
    if value < lower:
        return Verdict.FEWER
    return Verdict.MORE if value > upper else Verdict.NONE
