"""What lies between two spans: the difference of two rates or two shares, with its interval and an exact test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.exact import rate_tails, share_tails
from shared.signals.score_interval import CONFIDENCE, wilson_limits


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more there was than before, per unit of exposure or as a share, and between what that lies.

    `p_value` is that of the exact test that nothing has changed.
    """

    estimate: float
    lower: float
    upper: float
    p_value: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out that nothing has changed."""
        return self.lower > 0 or self.upper < 0


def difference_of_rates(
    count: float, exposure: float, before: float, exposure_before: float, dispersion: float = 1.0
) -> Difference:
    """Compare two counts by exposure: each has its exact limits (Garwood), and these are put together (MOVER, Li 2014).

    Raises ValueError for an exposure that is not positive.
    """
    if exposure <= 0 or exposure_before <= 0:
        raise ValueError("a rate needs an exposure")
    now, then = count / exposure, before / exposure_before
    now_limits, then_limits = (
        tuple(limit * dispersion / span for limit in garwood_limits(events / dispersion))
        for events, span in ((count, exposure), (before, exposure_before))
    )
    p_value = rate_tails(count / dispersion, exposure, before / dispersion, exposure_before).two_sided
    return _put_together(now, now_limits, then, then_limits, float(p_value))


def difference_of_shares(count: int, of: int, before: int, of_before: int) -> Difference:
    """Compare two shares: each has its score limits (Wilson), and these are put together (Newcombe 1998, method 10).

    Raises ValueError for a share of nothing.
    """
    if of <= 0 or of_before <= 0:
        raise ValueError("a share of nothing cannot be compared")
    p_value = share_tails(count, of, before, of_before).two_sided
    limits = wilson_limits(count, of), wilson_limits(before, of_before)
    return _put_together(count / of, limits[0], before / of_before, limits[1], float(p_value))


def garwood_limits(count: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact limits of a Poisson mean (Garwood 1936)."""
    tail = (1 - confidence) / 2
    lower = float(special.gammaincinv(count, tail)) if count > 0 else 0.0
    return lower, float(special.gammainccinv(count + 1, tail))


def _put_together(
    now: float, now_limits: tuple[float, ...], then: float, then_limits: tuple[float, ...], p_value: float
) -> Difference:
    """Square and add the distances from the estimates to their limits (Zou and Donner 2008)."""
    estimate = now - then
    lower = estimate - float(np.hypot(now - now_limits[0], then_limits[1] - then))
    upper = estimate + float(np.hypot(now_limits[1] - now, then - then_limits[0]))
    return Difference(estimate, lower, upper, p_value)
