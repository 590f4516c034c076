"""What is judged: a series of figures of equal periods, and the window of them that is judged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_SEASONS: Final = 3
"""So many seasons before a window at most say what is to be expected of it."""
QUARTER: Final = 3
"""So many months of a tertial are judged before it has ended."""


class Kind(StrEnum):
    """What the figures are, which decides how they vary by chance."""

    COUNT = "count"
    """Events that are counted."""
    SHARE = "share"
    """So many of so many."""
    LEVEL = "level"
    """A cost, hours, an index or a mean: a number that is no count."""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of periods that follow on each other, None where one is unknown.

    `denominators` are those of shares. `season_length` is how many periods a year has, 1 for years; `first` is the
    place of the first period in its year, from 0. `breaks` are the places of periods with which something changed on
    purpose: nothing before is compared with what comes after. Raises ValueError where one thing contradicts another.
    """

    kind: Kind
    values: tuple[float | None, ...]
    denominators: tuple[float | None, ...] | None = None
    season_length: int = 12
    first: int = 0
    breaks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if (self.denominators is not None) != (self.kind is Kind.SHARE):
            raise ValueError("shares, and only these, have denominators")
        if self.denominators is not None and len(self.denominators) != len(self.values):
            raise ValueError("each value of a share has its denominator")
        if self.season_length < 1 or not 0 <= self.first < self.season_length:
            raise ValueError("the first period has its place in the year")
        if self.kind is not Kind.LEVEL and any(value < 0 for value in self.values if value is not None):
            raise ValueError("a count is not negative")
        if self.denominators is not None and not all(map(_is_share, self.values, self.denominators)):
            raise ValueError("a share is at most 1")


@dataclass(frozen=True, slots=True)
class Window:
    """The periods that are judged together, from `start` to before `stop`; what comes before `since` is their past.

    That is `start`, unless the months of a tertial are judged by what came before the tertial. Raises ValueError for a
    window of nothing.
    """

    start: int
    stop: int
    since: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop or not 0 <= self.past_stop <= self.start:
            raise ValueError("a window has periods, and its past comes before it")

    @property
    def past_stop(self) -> int:
        """The place of the first period that is no longer past."""
        return self.start if self.since is None else self.since


def _is_share(value: float | None, of: float | None) -> bool:
    return value is None or of is None or value <= of
