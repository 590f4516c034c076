"""Has PNG of charts drawn by a process of its own, which is started when the first one is wanted.

To find and read the fonts takes memory and half a second, and what could go wrong in a library that draws letters ends
that process alone.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from typing import Any

import orjson

SECONDS_TO_DRAW = 20.0
COMMAND = (sys.executable, "-m", "services.api.values.charts.render_process")


class NotDrawn(Exception):
    """The drawing process died, took too long, or refused the picture."""


class PngRenderer:
    """The drawing process. One that has died is replaced when the next picture is wanted."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        # One thread: the process draws one picture after the other.
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="renderer")

    async def draw(self, svg: bytes) -> bytes:
        """Return the PNG of an SVG.

        Raises:
            NotDrawn: there is none.

        """
        asked = orjson.dumps(svg.decode())
        reply = await asyncio.get_running_loop().run_in_executor(self._asking, self._ask, asked)
        if "drawn" not in reply:
            raise NotDrawn(reply["refused"])
        return b64decode(reply["drawn"])

    def _ask(self, asked: bytes) -> dict[str, str]:
        process = self._running()
        impatience = Timer(SECONDS_TO_DRAW, process.kill)
        impatience.start()
        try:
            process.stdin.write(asked + b"\n")  # type: ignore[union-attr]  # a pipe
            process.stdin.flush()  # type: ignore[union-attr]  # a pipe
            answer = process.stdout.readline()  # type: ignore[union-attr]  # a pipe
        except BrokenPipeError:
            answer = b""
        finally:
            impatience.cancel()
        reply: Any = orjson.loads(answer) if answer else {"refused": f"the process ended with {process.wait()}"}
        return dict(reply)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            # A session of its own: Ctrl-C is for the API, whose end closes the input that this process lives by.
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, start_new_session=True)  # noqa: S603  ours
        return self._process

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
