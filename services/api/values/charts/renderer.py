"""Has PNG of charts drawn by a process of its own, which is started when the first one is wanted.

To find and read the fonts takes memory and half a second, and what could go wrong in a library that draws letters ends
that process alone.
"""

from __future__ import annotations

from base64 import b64decode

import orjson

from shared.line_process import LineProcess, ProcessEnded

MODULE = "services.api.values.charts.render_process"
SECONDS_TO_DRAW = 20.0


class NotDrawn(Exception):
    """The drawing process died, took too long, or refused the picture."""


class PngRenderer:
    """The drawing process."""

    def __init__(self) -> None:
        self._process = LineProcess(MODULE)

    async def draw(self, svg: bytes) -> bytes:
        """Return the PNG of an SVG.

        Raises:
            NotDrawn: there is none.

        """
        try:
            reply = orjson.loads(await self._process.ask(orjson.dumps(svg.decode()), SECONDS_TO_DRAW))
        except ProcessEnded as error:
            raise NotDrawn(str(error)) from error
        if "drawn" not in reply:
            raise NotDrawn(reply["refused"])
        return b64decode(reply["drawn"])

    def close(self) -> None:
        """End the process, if there is one."""
        self._process.close()
