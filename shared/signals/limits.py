"""Limits of control charts by their textbook formulas: centre ± so many sigma, as Shewhart drew them.

Each function takes arrays whose last axis is the points of a chart, and returns limits that broadcast against them.
The verdicts of this package rest on exact tests (`exact`): of these charts, they need the spread of `individuals` and
`proportions_prime`. The others are for those who know the charts by name.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special  # type: ignore[import-untyped]  # it tells no types

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.intp]

SIGMAS: Final = 3.0
D2: Final = 1.128
"""The mean range of two normal values, in their standard deviations."""
D4: Final = 3.267
"""The upper limit of a moving range, in mean moving ranges."""
WEIBULL_POWER: Final = 3.6
"""The root of a time between events that is nearly normal (Nelson 1994)."""


class ControlLimits(NamedTuple):
    """The centre and the limits of each point."""

    centre: Array
    lower: Array
    upper: Array


def counts(values: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of a c chart: counts of equal exposure."""
    centre = np.mean(array(values), axis=-1, keepdims=True)
    return _around(centre, sigmas * np.sqrt(centre), floor=0)


def rates(events: ArrayLike, sizes: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of a u chart: counts by exposure."""
    centre = _pooled(events, sizes)
    return _around(centre, sigmas * np.sqrt(centre / array(sizes)), floor=0)


def rates_prime(events: ArrayLike, sizes: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of Laney's u′ chart: rates that vary more, or less, than Poisson counts do."""
    centre = _pooled(events, sizes)
    deviation = np.sqrt(centre / array(sizes))
    return _around(centre, sigmas * deviation * _spread_of_z(events, sizes, centre, deviation), floor=0)


def proportions(events: ArrayLike, sizes: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of a p chart: so many of so many."""
    centre = _pooled(events, sizes)
    return _around(centre, sigmas * _binomial_deviation(centre, sizes), floor=0, ceiling=1)


def proportions_prime(events: ArrayLike, sizes: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of Laney's p′ chart: shares that vary more, or less, than binomial ones do."""
    centre = _pooled(events, sizes)
    deviation = _binomial_deviation(centre, sizes)
    spread = _spread_of_z(events, sizes, centre, deviation)
    return _around(centre, sigmas * deviation * spread, floor=0, ceiling=1)


def individuals(values: ArrayLike, sigmas: float = SIGMAS, *, screened: bool = False) -> ControlLimits:
    """Limits of an i chart (XmR): single levels. Screened, they leave out moving ranges beyond their own limit."""
    points = array(values)
    centre = np.mean(points, axis=-1, keepdims=True)
    return _around(centre, sigmas * moving_range_deviation(points, screened=screened)[..., np.newaxis])


def moving_ranges(values: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of an mr chart: what lies between each level and the one before. The upper one is in proportion to D4."""
    centre = np.mean(_moving_ranges(array(values)), axis=-1, keepdims=True)
    return ControlLimits(centre, np.zeros_like(centre), sigmas / SIGMAS * D4 * centre)


def opportunities_between(values: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of a g chart: cases, or whole days, between rare events."""
    points = array(values)
    mean = np.mean(points, axis=-1, keepdims=True)
    upper = mean + sigmas * np.sqrt(mean * (mean + 1))
    return ControlLimits(np.median(points, axis=-1, keepdims=True), np.zeros_like(upper), upper)


def times_between(values: ArrayLike, sigmas: float = SIGMAS, *, screened: bool = False) -> ControlLimits:
    """Limits of a t chart: times between rare events."""
    normal = individuals(array(values) ** (1 / WEIBULL_POWER), sigmas, screened=screened)
    return ControlLimits(*(np.maximum(limit, 0) ** WEIBULL_POWER for limit in normal))


def deviations(values: ArrayLike, sizes: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of an s chart: standard deviations within groups of these sizes."""
    centre = _pooled_deviation(values, sizes)
    c4 = _c4(array(sizes))
    return _around(centre, sigmas * centre * np.sqrt(1 - c4**2) / c4, floor=0)


def means(values: ArrayLike, deviations_within: ArrayLike, sizes: ArrayLike, sigmas: float = SIGMAS) -> ControlLimits:
    """Limits of an x-bar chart: means of groups of these sizes."""
    weights = array(sizes)
    centre = np.sum(array(values) * weights, axis=-1, keepdims=True) / np.sum(weights, axis=-1, keepdims=True)
    deviation = _pooled_deviation(deviations_within, sizes) / (_c4(weights) * np.sqrt(weights))
    return _around(centre, sigmas * deviation)


def moving_range_deviation(values: ArrayLike, *, screened: bool = False) -> Array:
    """The standard deviation of levels, by the mean of their moving ranges."""
    ranges = _moving_ranges(array(values))
    mean = np.mean(ranges, axis=-1, keepdims=True)
    if screened:
        mean = np.mean(ranges, axis=-1, keepdims=True, where=(ranges < D4 * mean) | (mean == 0))
    return np.asarray(mean[..., 0] / D2)


def _spread_of_z(events: ArrayLike, sizes: ArrayLike, centre: Array, deviation: Array) -> Array:
    z = (array(events) / array(sizes) - centre) / deviation
    return moving_range_deviation(z)[..., np.newaxis]


def _binomial_deviation(centre: Array, sizes: ArrayLike) -> Array:
    return np.asarray(np.sqrt(centre * (1 - centre) / array(sizes)))


def _pooled(events: ArrayLike, sizes: ArrayLike) -> Array:
    above, below = (np.sum(array(part), axis=-1, keepdims=True) for part in (events, sizes))
    return np.asarray(above / below)


def _pooled_deviation(values: ArrayLike, sizes: ArrayLike) -> Array:
    freedom = array(sizes) - 1
    squares = np.sum(freedom * array(values) ** 2, axis=-1, keepdims=True)
    return np.asarray(np.sqrt(squares / np.sum(freedom, axis=-1, keepdims=True)))


def _c4(sizes: Array) -> Array:
    """The mean standard deviation of a group of normal values, in their own."""
    ratio = np.exp(special.gammaln(sizes / 2) - special.gammaln((sizes - 1) / 2))
    return np.asarray(np.sqrt(2 / (sizes - 1)) * ratio)


def _moving_ranges(values: Array) -> Array:
    return np.abs(np.diff(values, axis=-1))


def _around(centre: Array, distance: Array, floor: float = -np.inf, ceiling: float = np.inf) -> ControlLimits:
    return ControlLimits(centre, np.maximum(centre - distance, floor), np.minimum(centre + distance, ceiling))


def array(values: ArrayLike) -> Array:
    """Return numbers as an array of floating-point ones."""
    return np.asarray(values, dtype=np.float64)


def product(rows: Array, columns: Array) -> Array:
    """Multiply a tall matrix by a small one. Not by BLAS, which would wake a thread a core for so little."""
    return np.asarray(np.einsum("ij,jk->ik", rows, columns))
