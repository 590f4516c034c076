"""Keeps a pass from taking all of the machine's time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Throttle:
    """Lets a pass take at most a share of the time while others are busy: the longer it took, the longer it rests.

    What comes meanwhile waits for the next pass, which takes it all together: under load fewer passes do more each.
    """

    def __init__(self, share: float, is_busy: Callable[[], bool]) -> None:
        self._rests_per_second_taken = 1 / share - 1
        self._is_busy = is_busy
        self._rests_until = 0.0

    async def keep(self, run: Callable[[], Awaitable[object]]) -> None:
        """Run a pass unless the last one still rests."""
        started = time.monotonic()
        if started < self._rests_until and self._is_busy():
            return
        try:
            await run()
        finally:
            ended = time.monotonic()
            self._rests_until = ended + (ended - started) * self._rests_per_second_taken
