"""Threads for work that would keep the event loop from others for too long: each does one piece of it at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class SerialThread:
    """Does a kind of work, in the order in which it is asked for."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(1)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Return what a function returns."""
        return await to_thread.run_sync(partial(work, *arguments), limiter=self._limiter)


JSON_THREAD = SerialThread()
"""Reads bodies of JSON."""
QUERY_THREAD = SerialThread()
"""Reads long queries of OData."""
SHEET_THREAD = SerialThread()
"""Reads sheets that people upload, and templates that they have filled in: each takes up to some seconds."""
