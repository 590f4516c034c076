"""A series as it is judged, with what decides whether one of its windows can be, and by which kind of figure."""

from __future__ import annotations

import hashlib
import struct
from array import array
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import TYPE_CHECKING, Any, Final

from shared.signals.sentences import TEXTS
from shared.signals.series import MOST_SEASONS, Kind, Series, Window

if TYPE_CHECKING:
    from sqlalchemy import Row

MOST_IN_SHARE: Final = 5000
"""A window with more is judged as a level: an exact test of two such shares takes too long, and says no more."""
# What was judged by other methods or told in other words is judged again when it is marked.
_METHODS: Final = hashlib.blake2b(b"".join(path.read_bytes() for path in sorted(TEXTS.glob("*.yaml")))).digest()


def is_countable(row: Row[Any], kind: Kind) -> bool:
    """Whether a figure can be judged as one of that kind: a count is not below 0, and a share is of whole numbers."""
    if kind is Kind.COUNT:
        return bool(row.numerator >= 0)
    if kind is Kind.LEVEL or row.denominator is None:
        return True
    above, below = row.numerator, row.denominator
    return bool(0 <= above <= below and above == int(above) and below == int(below))


@dataclass(frozen=True)
class Judgeable:
    """A series with the places of its breaks, of its first figure, of hidden ones, and of those that are of no count.

    The last are unknown in the series.
    """

    series: Series
    breaks: frozenset[int]
    first: int
    hidden: frozenset[int]
    uncountable: frozenset[int]

    def is_judged(self, window: Window) -> bool:
        """Whether there may be anything to say of a window."""
        is_hidden = self.hidden and any(place in self.hidden for place in range(window.start, window.stop))
        return not is_hidden and self.first < window.past_stop

    def is_countable(self, window: Window) -> bool:
        """Whether a window and all that it may rest on can be judged as the kind that the series is of.

        What lies further back, or ahead, has no say in it: so it does not matter how much of the series has been read.
        """
        if any(place in self.uncountable for place in range(self._past_start(window), window.stop)):
            return False
        sizes = (self.series.denominators or ())[window.start : window.stop]
        return sum(size or 0 for size in sizes) <= MOST_IN_SHARE

    def last_break(self, stop: int) -> int:
        """Return the place of the last break up to a place; 0 without one."""
        return max((place for place in self.breaks if place <= stop), default=0)

    def inputs(self, window: Window, unit: str) -> int:
        """Return a hash of all that a window's signal depends on."""
        start = self._past_start(window)
        digest = hashlib.blake2b(_METHODS, digest_size=8)
        place = (start % self.series.season_length, self.series.season_length, window.stop - window.start)
        digest.update(struct.pack("3i", *place) + f"{self.series.kind} {unit}".encode())
        for numbers in (self._values, self._denominators):
            digest.update(numbers[start : window.stop].tobytes())
        breaks = [one - start for one in self.series.breaks if start < one < window.stop]
        digest.update(struct.pack(f"{len(breaks) + 1}i", window.past_stop - start, *breaks))
        return int.from_bytes(digest.digest(), "big", signed=True)

    def _past_start(self, window: Window) -> int:
        return max(0, window.past_stop - MOST_SEASONS * self.series.season_length)

    @cached_property
    def _values(self) -> array[float]:
        return array("d", [nan if value is None else value for value in self.series.values])

    @cached_property
    def _denominators(self) -> array[float]:
        return array("d", [value or 0.0 for value in self.series.denominators or ()])
