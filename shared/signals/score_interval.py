"""The score interval of a share (Wilson 1927): apart, since who displays figures needs no numerical library."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95


def wilson_limits(count: float, of: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the score limits of a share, as parts of one. Raises ValueError for a share of nothing."""
    if of <= 0:
        raise ValueError("a share of nothing has no limits")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = count / of, 1 + z**2 / of
    centre = (share + z**2 / (2 * of)) / scale
    distance = z * sqrt(share * (1 - share) / of + z**2 / (4 * of**2)) / scale
    return max(0.0, centre - distance), min(1.0, centre + distance)
