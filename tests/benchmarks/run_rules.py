"""Published rules for runs and trends, to measure how often they cry wolf on the series that we have.

Rows are series, columns points. The sets: Making Data Count, as NHSRplotthedots has it; Nelson 1984, rules 1 to 3, 5
and 6; Anhøj and Olesen 2014, an unusually long run or unusually few crossings of the median.
"""

from __future__ import annotations

from math import log2

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.limits import Array, Flags, Places, array, individuals

CROSSINGS_QUANTILE = 0.05


def one_side(sides: Array, length: int) -> Flags:
    """Flag points with which so many in a row are on one side of the centre."""
    sums = np.abs(_last_sums(sides, length))
    return np.asarray(sums == length)


def trend(values: Array, length: int) -> Places:
    """Flag points with which so many rise (1) or fall (-1) in a row."""
    steps = np.sign(np.diff(values, axis=1, prepend=values[:, :1]))
    sums = _last_sums(steps, length - 1)
    return np.asarray(np.where(np.abs(sums) == length - 1, np.sign(sums), 0), dtype=np.intp)


def some_close(close: Flags, sides: Array, least: int, of: int) -> Flags:
    """Flag the points of each so many in a row on one side, of which at least some are close to a limit."""
    is_found = (_last_sums(close.astype(float), of) >= least) & (np.abs(_last_sums(sides, of)) == of)
    flags = is_found.copy()
    for back in range(1, of):
        flags[:, :-back] |= is_found[:, back:]
    return np.asarray(flags)


def making_data_count(values: Array) -> Flags:
    """Flag by all four rules of Making Data Count, on an XmR chart of all points, outliers screened."""
    limits = individuals(values, screened=True)
    sigma = (limits.upper - limits.centre) / 3
    sides = np.sign(values - limits.centre)
    distance = np.abs(values - limits.centre)
    close = (distance > 2 * sigma) & (distance <= 3 * sigma)
    return np.asarray(
        (distance > 3 * sigma) | one_side(sides, 7) | (trend(values, 7) != 0) | (some_close(close, sides, 2, 3) & close)
    )


def nelson(z: Array) -> Flags:
    """Flag by Nelson's rules 1 to 3, 5 and 6, on deviations in standard errors."""
    sides = np.sign(z)
    flags = (np.abs(z) > 3) | one_side(sides, 9) | (trend(z, 6) != 0)
    for limit, least, of in ((2, 2, 3), (1, 4, 5)):
        for side in (1, -1):
            flags |= (_last_sums((side * z > limit).astype(float), of) >= least) & (side * z > limit)
    return np.asarray(flags)


def nine_on_one_side(z: Array) -> Flags:
    """Flag by Nelson's rule 2 alone."""
    return one_side(np.sign(z), 9)


def anhoej(values: Array) -> Flags:
    """Tell of which series the last run is unusually long, or crossings of the median are unusually few."""
    sides = np.sign(values - np.median(values, axis=1, keepdims=True))
    found = []
    for row in sides:
        useful = row[row != 0]
        changes = np.flatnonzero(np.diff(useful)) + 1
        last = len(useful) - (changes[-1] if len(changes) else 0)
        fewest = special.bdtrik(CROSSINGS_QUANTILE, max(len(useful) - 1, 1), 0.5)
        found.append(bool(last > round(log2(max(len(useful), 2)) + 3) or len(changes) < np.ceil(fewest)))
    return np.asarray(found)


def _last_sums(values: Array, length: int) -> Array:
    """Add up, at each point, it and those before it, so many in all; 0 where there are not so many."""
    sums = np.cumsum(array(values), axis=1)
    late = sums.copy()
    late[:, length:] -= sums[:, :-length]
    late[:, : length - 1] = 0
    return late
