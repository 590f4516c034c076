"""Ends tasks, also those that a first cancellation does not end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS_BEFORE_AGAIN: Final = 3.0
"""So long a task may take to clean up."""


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and return once all have ended; what they raise is left.

    One that goes on is cancelled again: before Python 3.11.4 a cancellation that meets a time-out may be taken for it,
    and a loop that survives time-outs would never end.
    """
    all_tasks = [*tasks]
    left = {task for task in all_tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=SECONDS_BEFORE_AGAIN)
    await asyncio.gather(*all_tasks, return_exceptions=True)
