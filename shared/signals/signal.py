"""What is said of a window: whether it differs from what was to be expected, by which method, and on what it rests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.signals.shape import Shape


class Verdict(StrEnum):
    """Whether a window differs from what was to be expected. Of shares and levels, fewer means lower, more higher."""

    FEWER = "fewer"
    MORE = "more"
    NONE = "none"
    TOO_LITTLE = "tooLittle"


class Method(StrEnum):
    """How a window is judged."""

    COUNTS = "exactCounts"
    """Exact conditional test of counts beside a quasi-Poisson model of the seasons before."""
    SHARES = "exactShares"
    """Exact test of two shares (Fisher)."""
    SPREAD_SHARES = "spreadShares"
    """Laney's p′: shares that vary more than by chance."""
    LEVELS = "individuals"
    """Individuals chart (XmR) after the season is taken out."""


class Lack(StrEnum):
    """Why a window cannot be judged."""

    NO_FIGURE = "noFigure"
    """The window has no figure."""
    FEW_PERIODS = "fewPeriods"
    """Too few periods come before it, since the beginning or the last break."""
    BREAK = "break"
    """Something changed on purpose within the window."""
    RARE = "rare"
    """So few are expected that no count could be called too few; a longer window could be judged."""


@dataclass(frozen=True, slots=True)
class Past:
    """The periods that a signal rests on: how many are known, over how many seasons, and what was taken from them."""

    periods: int
    seasons: float
    shape: Shape
    dispersion: float
    """How much more the figures vary than by chance alone: their variance by that of chance."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A window's figure beside what was to be expected, in the figure's unit; a share is from 0 to 1.

    No figure from `lower` to `upper`, both included, is called a signal. `p_value` is how seldom chance alone is as far
    from expectation, either way; below `alpha` it is a signal. It is provisional while few periods are known.
    """

    verdict: Verdict
    method: Method
    observed: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    alpha: float | None = None
    past: Past | None = None
    is_provisional: bool = False
    lack: Lack | None = None

    @property
    def is_signal(self) -> bool:
        """Whether it differs from what was to be expected."""
        return self.verdict in {Verdict.FEWER, Verdict.MORE}
