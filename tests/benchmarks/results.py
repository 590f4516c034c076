"""What was measured, and the table of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Result:
    """A figure of ours beside another side's: each the median of its rounds, with the lowest and the highest.

    One that stands alone has no other side, no ratio and no aim.
    """

    what: str
    ours: Sequence[float]
    against: str
    theirs: Sequence[float]
    ratio: float | None
    aim: str
    is_met: bool | None

    @classmethod
    def at_most(cls, what: str, ours: Sequence[float], against: str, theirs: Sequence[float], aim: float) -> Self:
        """Judge a cost: ours may be so many times theirs."""
        ratio = median(ours) / median(theirs)
        return cls(what, ours, against, theirs, ratio, f"at most {aim:.2f} times", is_met=ratio <= aim)

    @classmethod
    def at_least(cls, what: str, ours: Sequence[float], against: str, theirs: Sequence[float], aim: float) -> Self:
        """Judge a throughput: ours must be so many times theirs."""
        ratio = median(ours) / median(theirs)
        return cls(what, ours, against, theirs, ratio, f"at least {aim:.2f} times", is_met=ratio >= aim)

    @classmethod
    def below(cls, what: str, ours: float, limit: float) -> Self:
        """Judge a figure of ours against a limit that is aimed at."""
        return cls(what, [ours], "the aim", [limit], ours / limit, f"below {limit:g}", is_met=ours < limit)

    @classmethod
    def alone(cls, what: str, ours: Sequence[float]) -> Self:
        """Tell a figure of ours that nothing is held against."""
        return cls(what, ours, "", (), None, "", None)

    @property
    def line(self) -> str:
        """The result in one line, for those who wait for the table."""
        if self.ratio is None:
            return f"{self.what}: {_figure(self.ours)}"
        return f"{self.what}: {_figure(self.ours)}, {self.against} {_figure(self.theirs)}, ratio {self.ratio:.2f}"


def table(results: Iterable[Result], measured_on: str) -> Table:
    """Return the results as a table for a terminal."""
    shown = Table("what", "ours", "theirs", "against", "ratio", "aim", "met", title=measured_on, title_justify="left")
    for result in results:
        shown.add_row(
            result.what,
            _figure(result.ours),
            _figure(result.theirs),
            result.against,
            "" if result.ratio is None else f"{result.ratio:.2f}",
            result.aim,
            _MET[result.is_met],
        )
    return shown


_MET = {True: "yes", False: "no", None: ""}


def _figure(rounds: Sequence[float]) -> str:
    if not rounds:
        return ""
    middle = _number(median(rounds))
    return middle if len(rounds) == 1 else f"{middle} ({_number(min(rounds))}–{_number(max(rounds))})"


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}"
