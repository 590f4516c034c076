"""What was to be expected of shares and of levels, many series at once: rows are series, columns periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.exact import Tails, share_tails
from shared.signals.limits import moving_range_deviation, product
from shared.signals.seasons import LEAST_SEASONS, OVERDISPERSED, SEASON_EVIDENCE, SHORTEST_WAVE, waves

if TYPE_CHECKING:
    from shared.signals.limits import Array, Flags, Places

FREEDOM_OF_RANGES: Final = 0.62
"""A mean moving range of n levels tells as much as a standard deviation of 0.62 (n - 1) degrees of freedom."""
STRONGEST: Final = 0.9
"""The strongest correlation from month to month that is believed: beyond it, a level is a trend."""
ROUNDING: Final = 1e-9
TINY: Final = np.finfo(float).tiny


class ShareModel:
    """Shares of up to three seasons before, as one share; a period without a size is unknown.

    How far they spread beyond chance is Laney's sigma of z, or the spread of all of them where that is greater, as with
    a season.
    """

    def __init__(self, counts: Array, sizes: Array) -> None:
        self.events, self.total = np.sum(counts, axis=1), np.sum(sizes, axis=1)
        self.share = self.events / np.maximum(self.total, 1)
        is_known = sizes > 0
        deviation = np.sqrt((self.share * (1 - self.share))[:, np.newaxis] / np.maximum(sizes, 1))
        of_each = counts / np.maximum(sizes, 1) - self.share[:, np.newaxis]
        z = np.where(is_known, of_each / np.maximum(deviation, TINY), 0.0)
        self._freedom = np.maximum(np.sum(is_known, axis=1) - 1, 1)
        squares = np.sum(z**2, axis=1)
        self.is_spread = special.chdtrc(self._freedom, squares) < OVERDISPERSED
        of_ranges = moving_range_deviation(z) if z.shape[1] > 1 else np.ones(len(z))
        self.spread = np.where(
            self.is_spread, np.maximum(np.maximum(of_ranges, np.sqrt(squares / self._freedom)), 1.0), 1.0
        )

    def tails(self, count: Array, size: Array) -> Tails:
        """How likely so low, and so high, a share is where nothing has changed."""
        exact = share_tails(count, size, self.events, self.total)
        distance = count / np.maximum(size, 1) - self.share
        # Half a case towards the middle: a share goes by steps.
        step = 0.5 / np.maximum(size, 1)
        error = self._error(size)
        fewer = special.stdtr(FREEDOM_OF_RANGES * self._freedom, (distance + step) / error)
        more = special.stdtr(FREEDOM_OF_RANGES * self._freedom, -(distance - step) / error)
        return Tails(np.where(self.is_spread, fewer, exact.fewer), np.where(self.is_spread, more, exact.more))

    def _error(self, size: Array) -> Array:
        variance = self.share * (1 - self.share) * (1 / np.maximum(size, 1) + 1 / np.maximum(self.total, 1))
        return np.asarray(np.maximum(self.spread * np.sqrt(variance), TINY))


class LevelModel:
    """Levels of up to three seasons before: their mean, or that of the same months where these differ.

    Between one and two seasons a wave is taken out. The spread is that of the moving ranges of what is left (XmR), or
    of all of it where that is greater: moving ranges are blind to levels that linger from month to month. Where the
    past shows that they do, means of several months, and the past itself, tell less. `periods` are the columns of the
    values that are known, of `span` in all.
    """

    def __init__(self, values: Array, periods: Places, span: int, season_length: int, first: int = 0) -> None:
        self._length, self._first = season_length, first
        self._known = len(periods)
        self.seasons = span / season_length
        level = np.mean(values, axis=1, keepdims=True)
        self._level = level[:, 0]
        self.is_seasonal, fitted, numbers = np.zeros(len(values), dtype=bool), np.broadcast_to(level, values.shape), 1
        columns = self._columns(periods)
        if columns is not None and self._known > columns.shape[1]:
            numbers = columns.shape[1]
            self._inverse = np.linalg.pinv(columns.T @ columns)
            self._terms = product(values, columns @ self._inverse)
            seasonal = product(self._terms, columns.T)
            self.is_seasonal = self._is_needed(values, level, seasonal, numbers)
            fitted = np.where(self.is_seasonal[:, np.newaxis], seasonal, level)
        left = np.maximum(self._known - np.where(self.is_seasonal, numbers, 1), 1)
        rest = values - fitted
        of_ranges = moving_range_deviation(rest) * np.sqrt(self._known / left)
        deviation = np.maximum(of_ranges, np.sqrt(np.sum(rest**2, axis=1) / left))
        self._carried = self._carried_over(rest)
        # A constant series has no spread; what its mean is off by in the last bit is no difference.
        self.deviation = np.maximum(deviation, ROUNDING * np.maximum(np.abs(self._level), ROUNDING))
        self.freedom = np.maximum(FREEDOM_OF_RANGES * left, 1.0)

    def expect(self, start: int, length: int) -> tuple[Array, Array]:
        """Return the expected mean of a window that starts at column `start`, and its standard error."""
        mean, variance = self._level, np.full(len(self._level), 1 / self._known)
        columns = self._columns(start + np.arange(length)) if self.is_seasonal.any() else None
        if columns is not None:
            row = np.mean(columns, axis=0)
            mean = np.where(self.is_seasonal, self._terms @ row, mean)
            variance = np.where(self.is_seasonal, row @ self._inverse @ row, variance)
        carried = self._carried
        # What months of a window, and those of the past, have in common with those next to them.
        of_window = sum((2 * (1 - lag / length) * carried**lag for lag in range(1, length)), np.zeros_like(carried))
        of_past = 2 * carried / (1 - carried) / self._known
        return mean, self.deviation * np.sqrt(variance + of_past + (1 + of_window) / length)

    def tails(self, value: Array, start: int, length: int) -> Tails:
        """How likely so low, and so high, a mean is where nothing has changed."""
        mean, error = self.expect(start, length)
        t = (value - mean) / error
        return Tails(special.stdtr(self.freedom, t), special.stdtr(self.freedom, -t))

    def accepted(self, start: int, length: int, alpha: float) -> tuple[Array, Array]:
        """Return between what no test at `alpha` calls a mean surprising."""
        mean, error = self.expect(start, length)
        distance = special.stdtrit(self.freedom, 1 - alpha / 2) * error
        return mean - distance, mean + distance

    def _carried_over(self, rest: Array) -> Array:
        """The correlation of what is left with that of the month before, where it is beyond chance."""
        squares = np.maximum(np.sum(rest**2, axis=1), TINY)
        # The mean of what is left is 0, which pulls the correlation down by as much.
        correlation = np.sum(rest[:, 1:] * rest[:, :-1], axis=1) / squares + 1 / self._known
        is_beyond = correlation > 1 / np.sqrt(self._known)
        return np.where(is_beyond, np.minimum(correlation, STRONGEST), 0.0)

    def _columns(self, periods: Places) -> Array | None:
        places = (self._first + periods) % self._length
        if self._length == 1 or self.seasons < 1:
            return None
        if self.seasons >= LEAST_SEASONS:
            return np.asarray(places[:, np.newaxis] == np.arange(self._length), dtype=np.float64)
        if self._length < SHORTEST_WAVE:
            return None
        return waves(places, self._length)

    def _is_needed(self, values: Array, level: Array, seasonal: Array, numbers: int) -> Flags:
        """Whether the months differ by more than chance (F test); one year alone cannot show that they do not."""
        if self.seasons < LEAST_SEASONS:
            return np.ones(len(values), dtype=bool)
        explained = np.sum((seasonal - level) ** 2, axis=1) / (numbers - 1)
        freedom = self._known - numbers
        rest = np.sum((values - seasonal) ** 2, axis=1) / freedom
        # Where the months repeat themselves to the last bit, nothing is left to divide by.
        rest = np.maximum(rest, np.maximum(ROUNDING * explained, TINY))
        evidence = special.fdtrc(numbers - 1, freedom, explained / rest)
        return np.asarray(evidence < SEASON_EVIDENCE)
