"""Many signals at once, as in a report: how many chance alone would give, and which stand out from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.signals.signal import Signal

FALSE_DISCOVERIES: Final = 0.1
"""Of those that stand out, at most this share is chance, in the mean."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What the signals of a report are together.

    `judged` is how many could be judged, `signals` how many of them are signals, and `by_chance` how many would be at
    most, in the mean, if nothing had changed anywhere. `clear` has the places of those that stand out from chance.
    """

    judged: int
    signals: int
    by_chance: float
    clear: tuple[int, ...]


def screen(signals: Sequence[Signal], false_discoveries: float = FALSE_DISCOVERIES) -> Screening:
    """Screen all signals that a report shows, of every window, by Benjamini and Hochberg's procedure (1995)."""
    judged = [place for place, signal in enumerate(signals) if signal.p_value is not None]
    p_values = np.array([signals[place].p_value for place in judged], dtype=np.float64)
    is_clear = benjamini_hochberg(p_values, false_discoveries)
    return Screening(
        judged=len(judged),
        signals=sum(signal.is_signal for signal in signals),
        by_chance=sum(signals[place].alpha or 0.0 for place in judged),
        clear=tuple(place for place, one in zip(judged, is_clear, strict=True) if one and signals[place].is_signal),
    )


def benjamini_hochberg(p_values: np.ndarray[tuple[int], np.dtype[np.float64]], rate: float) -> Sequence[bool]:
    """Tell which hypotheses are rejected so that at most that share of them is rejected falsely, in the mean."""
    number = len(p_values)
    ranked = np.sort(p_values)
    accepted = np.flatnonzero(ranked <= rate * np.arange(1, number + 1) / max(number, 1))
    bound = ranked[accepted[-1]] if len(accepted) else -1.0
    return [bool(one) for one in p_values <= bound]
