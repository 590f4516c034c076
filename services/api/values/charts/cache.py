"""Charts as PNG, cached by the tags of their SVG, so that one that is asked for again costs no drawing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from services.api.http.problems import InternalError, NotReady
from services.api.http.slots import ClientLocks
from services.api.values.charts.renderer import NotDrawn, PngRenderer

if TYPE_CHECKING:
    from services.api.values.charts.svg import SvgChart

# A picture takes some 20 KB.
MOST_CACHED = 500
# Each is an SVG that is kept; what one client asks at once is bounded (`requests_per_client`).
MOST_WAITING = 200


class PngCache:
    """The PNG served last, and those being drawn."""

    def __init__(self) -> None:
        self._renderer = PngRenderer()
        self._cached: OrderedDict[str, bytes] = OrderedDict()
        self._being_drawn: dict[str, asyncio.Task[bytes]] = {}
        self._locks = ClientLocks()

    async def png_of(self, chart: SvgChart, client: str) -> bytes:
        """Return a chart as PNG, drawn in the client's turn.

        Those who ask while it is being drawn wait for the same drawing.

        Raises:
            NotReady: too many others are waiting to be drawn.
            InternalError: it cannot be drawn.

        """
        tag = chart.tag
        if tag in self._cached:
            self._cached.move_to_end(tag)
            return self._cached[tag]
        if tag not in self._being_drawn:
            if len(self._being_drawn) >= MOST_WAITING:
                raise NotReady("Many pictures are being drawn. Ask again in a few seconds.", (), {"Retry-After": "3"})
            drawing = asyncio.create_task(self._draw(tag, chart.svg, client), name=f"drawing {tag}")
            self._being_drawn[tag] = drawing
            drawing.add_done_callback(lambda _: self._being_drawn.pop(tag))
        # One who goes away does not take the drawing from the others.
        return await asyncio.shield(self._being_drawn[tag])

    async def _draw(self, tag: str, svg: bytes, client: str) -> bytes:
        try:
            async with self._locks.of(client):
                self._cached[tag] = drawn = await self._renderer.draw(svg)
        except NotDrawn as error:
            raise InternalError(
                "The picture could not be drawn. Try again; if the problem persists, contact us and quote `instance`."
            ) from error
        if len(self._cached) > MOST_CACHED:
            self._cached.popitem(last=False)
        return drawn

    def close(self) -> None:
        """End what draws."""
        self._renderer.close()
