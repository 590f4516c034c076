"""A child process that answers each line with a line, for work that must not take the parent's time, memory or life.

The parent's side is `LineProcess`, the child's `answer_lines`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Timer
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_TO_END: Final = 5.0
"""So long one that answers no more may take to end."""


class ProcessEnded(Exception):
    """The process died, or was ended since it took too long; it has said why on its standard error."""


class LineProcess:
    """A module that is run as a program: it reads lines from its standard input, and writes one for each.

    It is started when first asked, answers one line after the other, and ends with its input, hence with its parent.
    One that has died is replaced when it is next asked. It is started and closed from any thread.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._asking = ThreadPoolExecutor(1, thread_name_prefix=module)
        self._replacing = Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process, started now if it does not run: what it imports is there by the time it is asked."""
        with self._replacing:
            if self.process is None or self.process.poll() is not None:
                self._end()
                pipe, command = subprocess.PIPE, (sys.executable, "-m", self._module)
                # A session of its own: Ctrl-C is for the parent, whose end closes the input that this one lives by.
                self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)  # noqa: S603  ours
            return self.process

    async def ask(self, line: bytes, seconds: float) -> bytes:
        """Return the answer to a line that has no end of line, within so many seconds.

        Raises:
            ProcessEnded: there is none.
        """
        return await asyncio.get_running_loop().run_in_executor(self._asking, self._ask, line, seconds)

    def _ask(self, line: bytes, seconds: float) -> bytes:
        process = self.start()
        impatience = Timer(seconds, process.kill)
        impatience.start()
        try:
            process.stdin.write(line + b"\n")  # type: ignore[union-attr]  # a pipe
            process.stdin.flush()  # type: ignore[union-attr]  # a pipe
            answer = process.stdout.readline()  # type: ignore[union-attr]  # a pipe
        except BrokenPipeError:
            answer = b""
        finally:
            impatience.cancel()
        if not answer.endswith(b"\n"):
            raise ProcessEnded(f"{self._module} ended with {_end_of(process)}")
        return answer

    def close(self) -> None:
        """End the process, if there is one."""
        with self._replacing:
            self._end()

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def _end_of(process: subprocess.Popen[bytes]) -> int:
    """Return with what a process ended that answers no more; one that does not end is ended."""
    try:
        return process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def answer_lines(answer: Callable[[bytes], bytes]) -> None:
    """Answer each line of the standard input by one of the standard output, until the input ends.

    Whatever else is printed goes to the standard error: as an answer, it would be taken for that to the next line.
    """
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for line in sys.stdin.buffer:
            answers.write(answer(line) + b"\n")
            answers.flush()
