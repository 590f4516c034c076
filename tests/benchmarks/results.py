"""What was measured: the rounds of both sides, their ratio with its spread, and what this says of the aim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, Self

Verdict = Literal["met", "at the aim", "missed", ""]

COLUMNS = ("what", "ours", "theirs", "against", "ratio", "aim", "verdict")


@dataclass(frozen=True, slots=True)
class Aim:
    """What a ratio of ours to theirs should be: at most, or at least, so much."""

    rule: Literal["at most", "at least"]
    bound: float

    def holds(self, ratio: float) -> bool:
        """Tell whether one round's ratio is as it should be."""
        return ratio <= self.bound if self.rule == "at most" else ratio >= self.bound

    def __str__(self) -> str:
        return f"{self.rule} {self.bound:.2f}"


@dataclass(frozen=True, slots=True)
class Result:
    """A measurement of ours, in rounds, and in the same rounds one of another side, if there is one.

    Each round has a ratio of its own, since a machine's speed changes between rounds and both sides of one meet the
    same. Without another side there is no ratio, and without a ratio no verdict.
    """

    what: str
    ours: Sequence[float]
    against: str = ""
    theirs: Sequence[float] = ()
    aim: Aim | None = None

    @classmethod
    def at_most(cls, what: str, ours: Sequence[float], against: str, theirs: Sequence[float], bound: float) -> Self:
        """Judge a cost: ours may be so many times theirs."""
        return cls(what, ours, against, theirs, Aim("at most", bound))

    @classmethod
    def at_least(cls, what: str, ours: Sequence[float], against: str, theirs: Sequence[float], bound: float) -> Self:
        """Judge a throughput: ours must be so many times theirs."""
        return cls(what, ours, against, theirs, Aim("at least", bound))

    @classmethod
    def below(cls, what: str, ours: Sequence[float], limit: float) -> Self:
        """Judge a figure of ours against a fixed limit."""
        return cls(what, ours, "the limit", [limit] * len(ours), Aim("at most", 1.0))

    @property
    def ratios(self) -> list[float]:
        """Ours divided by theirs, in each round."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)] if self.theirs else []

    @property
    def verdict(self) -> Verdict:
        """`met` if the aim holds in every round, `missed` if in none, `at the aim` if it lies within the spread."""
        if self.aim is None:
            return ""
        holding = [self.aim.holds(ratio) for ratio in self.ratios]
        if all(holding):
            return "met"
        return "at the aim" if any(holding) else "missed"

    @property
    def cells(self) -> tuple[str, ...]:
        """The result as a row of COLUMNS: medians, each with the lowest and the highest round."""
        return (
            self.what,
            _spread(self.ours),
            _spread(self.theirs),
            self.against,
            _spread(self.ratios, decimals=2),
            "" if self.aim is None else str(self.aim),
            self.verdict,
        )


def _spread(rounds: Sequence[float], decimals: int | None = None) -> str:
    """Return the median of the rounds, and in brackets the lowest and the highest if they differ from it."""
    if not rounds:
        return ""
    middle, lowest, highest = (_number(one, decimals) for one in (median(rounds), min(rounds), max(rounds)))
    return middle if lowest == highest else f"{middle} ({lowest}–{highest})"


def _number(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return thousands(round(value)) if value >= 100 else f"{value:.1f}"


def thousands(number: int) -> str:
    """Return a number with a space between its groups of three."""
    return f"{number:,}".replace(",", " ")
