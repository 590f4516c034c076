"""How long the event loop is at one thing, by the processor time of its thread, whatever else the machine does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Longest:
    """The longest that the loop was at one thing, in seconds."""

    seconds: float = 0.0


@asynccontextmanager
async def longest_step() -> AsyncIterator[Longest]:
    """Measure the loop that this runs on meanwhile."""
    longest = Longest()
    looking = asyncio.create_task(_look(longest))
    await asyncio.sleep(0)
    yield longest
    await asyncio.sleep(0)
    looking.cancel()


async def _look(longest: Longest) -> None:
    before = time.thread_time()
    while True:
        await asyncio.sleep(0)
        now = time.thread_time()
        longest.seconds, before = max(longest.seconds, now - before), now
