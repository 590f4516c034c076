"""Exact tests of counts, on arrays: how surprising a count is beside what came before, and between what it may lie.

Given how many came in two spans together, how many of them came in one is binomial by its share of the exposure: that
holds whatever the rate is, so nothing is estimated (Przyborowski and Wilenski 1940). Of two shares the same is said by
the hypergeometric distribution (Fisher 1935). Counts may be fractions: an overdispersed count is divided by its
dispersion before it is tested, as a quasi-Poisson one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.limits import array

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from shared.signals.limits import Array, Flags

DOUBLINGS: Final = 60
"""How often a bound is doubled in search of one that is too far: no count comes near."""


class Tails(NamedTuple):
    """How likely so few, and so many, are by chance; each includes the very number."""

    fewer: Array
    more: Array

    @property
    def two_sided(self) -> Array:
        """Twice the smaller: the central two-sided p-value."""
        return np.asarray(np.minimum(1.0, 2 * np.minimum(self.fewer, self.more)))


def binomial_tails(count: ArrayLike, of: ArrayLike, share: ArrayLike) -> Tails:
    """How likely at most, and at least, `count` of `of` are where each is one with probability `share`."""
    x, n, p = np.broadcast_arrays(*map(array, (count, of, share)))
    more = np.where(x <= 0, 1.0, special.betainc(np.maximum(x, np.finfo(float).tiny), np.maximum(n - x, 0) + 1, p))
    fewer = np.where(x >= n, 1.0, special.betaincc(x + 1, np.maximum(n - x, np.finfo(float).tiny), p))
    return Tails(fewer, more)


def rate_tails(
    count: ArrayLike, exposure: ArrayLike, other: ArrayLike, other_exposure: ArrayLike, ratio: ArrayLike = 1.0
) -> Tails:
    """How likely so few, and so many, are if the rate is `ratio` times that of `other` in its exposure."""
    weighted = array(exposure) * array(ratio)
    share = weighted / (weighted + array(other_exposure))
    return binomial_tails(count, array(count) + array(other), share)


def share_tails(count: ArrayLike, of: ArrayLike, other: ArrayLike, other_of: ArrayLike) -> Tails:
    """How likely so few, and so many, of `of` are if their share is that of `other` in `other_of`. Whole numbers."""
    x, n, y, m = np.broadcast_arrays(*map(array, (count, of, other, other_of)))
    # Each possible count on an axis of its own.
    possible = np.arange(np.max(n, initial=0) + 1).reshape(-1, *(1,) * x.ndim)
    rest = x + y - possible
    is_possible = (possible <= n) & (rest >= 0) & (rest <= m)
    logs = np.where(
        is_possible,
        _log_choose(n, np.minimum(possible, n)) + _log_choose(m, np.clip(rest, 0, m)) - _log_choose(n + m, x + y),
        -np.inf,
    )
    probabilities = np.exp(logs)
    fewer = np.sum(probabilities, axis=0, where=possible <= x)
    more = np.sum(probabilities, axis=0, where=possible >= x)
    return Tails(np.minimum(fewer, 1.0), np.minimum(more, 1.0))


def accepted_counts(tails: Callable[[Array], Tails], alpha: float, around: ArrayLike) -> tuple[Array, Array]:
    """Return the least and the greatest whole count that no two-sided test at `alpha` calls surprising.

    `tails` says how surprising counts are; `around` is a count that is not.
    """
    middle = np.rint(array(around))
    above = middle + 1
    for _ in range(DOUBLINGS):
        is_accepted = tails(above).more >= alpha / 2
        if not is_accepted.any():
            break
        above = np.where(is_accepted, 2 * above, above)
    upper = last_whole(lambda count: tails(count).more >= alpha / 2, np.zeros_like(middle), above)
    lower = last_whole(lambda count: tails(count).fewer < alpha / 2, np.full_like(middle, -1.0), above) + 1
    return lower, upper


def last_whole(holds: Callable[[Array], Flags], first: Array, last: Array) -> Array:
    """Return the last whole number for which it holds, from `first`, for which it does, to `last`, for which not.

    Of numbers with more than 15 digits it is as near as they are written.
    """
    low, high = first, last
    while True:
        middle = np.floor((low + high) / 2)
        if not np.any((low < middle) & (middle < high)):
            break
        is_holding = holds(middle)
        low, high = np.where(is_holding, middle, low), np.where(is_holding, high, middle)
    return low


def _log_choose(of: Array, count: Array) -> Array:
    return np.asarray(special.gammaln(of + 1) - special.gammaln(count + 1) - special.gammaln(of - count + 1))
