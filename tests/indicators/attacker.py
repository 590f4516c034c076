"""One who reckons with every figure that is shown: each sum must hold, and each figure be what such a figure can be.

It tries other tables one figure at a time, and shares no code with what decides what is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# How far from the truth another value is looked for.
NEAR = 3


@dataclass
class Attacker:
    """Knows the sums, what is shown, and which hidden figures are of few: those are from 1 to below the threshold."""

    # Of every figure in the sums.
    truth: Mapping[Any, int]
    visible: Collection[Any]
    sums: Sequence[tuple[Any, Sequence[Any]]]
    threshold: int

    def known_figures(self) -> set[Any]:
        """Return the figures of few that are not shown, and can have one value only."""
        return {key for key in self.truth if self._is_few(key) and key not in self.visible and self._is_known(key)}

    def _is_few(self, key: Any) -> bool:
        return 0 < self.truth[key] < self.threshold

    def _is_known(self, key: Any) -> bool:
        others = (value for value in self._domain(key) if value != self.truth[key])
        known = {other: self.truth[other] for other in self.visible}
        return not any(self._can_be(known | {key: value}) for value in others)

    def _domain(self, key: Any) -> range:
        if self._is_few(key):
            return range(1, self.threshold)
        return range(max(0, self.truth[key] - NEAR), self.truth[key] + NEAR + 1)

    def _can_be(self, supposed: dict[Any, int]) -> bool:
        """Tell whether what is supposed can be completed to a whole table."""
        if not all(self._holds(sum_, supposed) for sum_ in self.sums):
            return False
        return self._is_completed([key for key in self.truth if key not in supposed], supposed)

    def _is_completed(self, free: Sequence[Any], supposed: dict[Any, int]) -> bool:
        if not free:
            return True
        key, *rest = free
        of_key = [sum_ for sum_ in self.sums if key == sum_[0] or key in sum_[1]]
        for value in sorted(self._domain(key), key=lambda value: abs(value - self.truth[key])):
            supposed[key] = value
            if all(self._holds(sum_, supposed) for sum_ in of_key) and self._is_completed(rest, supposed):
                return True
        del supposed[key]
        return False

    def _holds(self, sum_: tuple[Any, Sequence[Any]], supposed: Mapping[Any, int]) -> bool:
        """Tell whether a sum can still be right, whatever its unknown figures are."""
        least = most = 0
        for key, sign in ((sum_[0], -1), *((part, 1) for part in sum_[1])):
            values = [supposed[key]] if key in supposed else self._domain(key)
            least += min(sign * values[0], sign * values[-1])
            most += max(sign * values[0], sign * values[-1])
        return least <= 0 <= most
