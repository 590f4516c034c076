"""Work that keeps the processor for longer than others should wait: it is done in a thread, one at a time of its kind.

What else is asked is answered meanwhile.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Aside:
    """A kind of work, done in the order in which it is asked for."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(1)

    async def __call__(self, work: Callable[..., T], *arguments: object) -> T:
        """Return what a function returns."""
        return await to_thread.run_sync(partial(work, *arguments), limiter=self._limiter)


read_aside = Aside()
"""For bodies of JSON."""
look_aside = Aside()
"""For sheets that people upload, and templates that they have filled in: each takes up to some seconds."""
