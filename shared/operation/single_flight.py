"""A question that may never be answered: it is asked once at a time, and no one waits for it longer than they will."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

SECONDS_TO_END = 3.0

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Asks a question for all who want to know at the same time.

    An answer is never older than the wish to know it: who comes while the question is being asked waits for the next.
    """

    def __init__(self, ask: Callable[[], Coroutine[None, None, T]]) -> None:
        self._ask = ask
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def answer(self, seconds: float) -> T:
        """Return the answer, or raise what came of asking, TimeoutError if nothing came in time."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask_after(self._running))
            self._next.add_done_callback(_look_at)
        wanted = self._next
        done, _ = await asyncio.wait({wanted}, timeout=seconds)
        if not done:
            raise TimeoutError
        return wanted.result()

    async def stop(self) -> None:
        """Ask no more; what is being asked has a moment to end by itself."""
        tasks = {task for task in (self._next, self._running) if task is not None}
        if self._next is not None:
            self._next.cancel()
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=SECONDS_TO_END)
            for task in left:
                task.cancel()

    async def _ask_after(self, previous: asyncio.Task[T] | None) -> T:
        if previous is not None:
            await asyncio.wait({previous})
            previous = None  # its error keeps alive what it came of
        self._running, self._next = self._next, None
        return await self._ask()


def _look_at(task: asyncio.Task[T]) -> None:
    """See an error that nobody waits for any more, so that it is not reported as overlooked."""
    if not task.cancelled():
        task.exception()
