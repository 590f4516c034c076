"""Pictures as they were drawn, cached by their tags, so that one that is asked for again costs no drawing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from services.api.http.problems import InternalError, NotReady
from services.api.values.charts.renderer import ChartRenderer, NotDrawn

if TYPE_CHECKING:
    from services.api.values.charts.svg import SvgChart

# A picture takes some 20 KB.
MOST_CACHED = 500
MOST_WAITING = 50


class ChartCache:
    """The pictures served last, and those being drawn."""

    def __init__(self) -> None:
        self._renderer = ChartRenderer()
        self._cached: OrderedDict[str, bytes] = OrderedDict()
        self._being_drawn: dict[str, asyncio.Task[bytes]] = {}

    async def show(self, picture: SvgChart, tag: str, *, as_png: bool = False) -> bytes:
        """Return a picture as SVG or PNG; `tag` identifies it in its format.

        Those who ask while it is being drawn wait for the same drawing.

        Raises:
            NotReady: too many others are waiting to be drawn.
            InternalError: it cannot be drawn.

        """
        if tag in self._cached:
            self._cached.move_to_end(tag)
            return self._cached[tag]
        if tag not in self._being_drawn:
            if len(self._being_drawn) >= MOST_WAITING:
                raise NotReady("Many pictures are being drawn. Ask again in a few seconds.", (), {"Retry-After": "3"})
            drawing = asyncio.create_task(self._draw(tag, picture, as_png=as_png), name=f"drawing {tag}")
            self._being_drawn[tag] = drawing
            drawing.add_done_callback(lambda _: self._being_drawn.pop(tag))
        # One who goes away does not take the drawing from the others.
        return await asyncio.shield(self._being_drawn[tag])

    async def _draw(self, tag: str, picture: SvgChart, *, as_png: bool) -> bytes:
        try:
            drawn = await self._renderer.draw(picture.drawing, picture.language, "png" if as_png else "svg")
        except NotDrawn as error:
            raise InternalError(
                "The picture could not be drawn. Try again; if the problem persists, contact us and quote `instance`."
            ) from error
        self._cached[tag] = drawn if as_png else picture.framed(drawn.decode())
        if len(self._cached) > MOST_CACHED:
            self._cached.popitem(last=False)
        return self._cached[tag]

    def close(self) -> None:
        """End what draws."""
        self._renderer.close()
