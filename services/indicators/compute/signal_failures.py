"""What is known of figures whose signals cannot be judged: they are judged alone, and delay no others."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.line_process import ProcessEnded

# The years of figures, by series and area.
Years = Mapping[tuple[int, int], Sequence[int]]

SECONDS_BEFORE_NEXT_TRY = 60.0
"""After what is judged alone has ended the process that judges."""

log = logging.getLogger(__name__)


class SignalFailures:
    """Figures whose judging has ended the process that judges, or may have: each is tried alone, and not at once again.

    So whatever is wrong with one, or takes too long, delays no other for more than the first time.
    """

    def __init__(self) -> None:
        self._tried_again: dict[tuple[int, int], float] = {}

    def judged_now(self, years: Years) -> Years:
        """Return what of some figures' years is judged now: those that have not failed, else one that has.

        That is none while all of them wait.
        """
        sound = {key: of for key, of in years.items() if key not in self._tried_again}
        due = (key for key in years if self._tried_again.get(key, 0) <= time.monotonic())
        return sound or {key: years[key] for key in [*due][:1]}

    def note(self, years: Years, error: ProcessEnded) -> None:
        """Note that some figures' years could not be judged together."""
        is_alone = len(years) == 1
        text = "signals of %s cannot be judged: %s. What failed alone is tried again in a minute."
        log.error(text, ", ".join(f"series {series} in area {area}" for series, area in years), error)
        seconds = SECONDS_BEFORE_NEXT_TRY if is_alone else 0
        self._tried_again |= dict.fromkeys(years, time.monotonic() + seconds)

    def forget(self, years: Years) -> None:
        """Note that some figures' years have been judged."""
        for key in years:
            self._tried_again.pop(key, None)
