"""Runs the servers, the API and the worker as child processes, starts again what dies, and stops all in order."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from services.cli.child_process import Child, Report

SECONDS_BETWEEN_LOOKS = 0.1
FIRST_DELAY = 0.25
LONGEST_DELAY = 5.0
SECONDS_TO_BE_STEADY = 30.0
"""After so long a life a death counts as the first again."""


class SupervisedChild:
    """A program under supervision: when it dies it is started again, after a delay that doubles with each death."""

    def __init__(self, child: Child, report: Report) -> None:
        self.child = child
        self._report = report
        self._started = time.monotonic()
        self._delay = FIRST_DELAY
        self._starts_again: float | None = None

    def look_after(self) -> None:
        """Start the program again if it has died and the delay has passed."""
        now = time.monotonic()
        if self.child.is_alive():
            return
        if self._starts_again is None:
            if now - self._started > SECONDS_TO_BE_STEADY:
                self._delay = FIRST_DELAY
            name = self.child.program.name
            self._report(name, f"{self.child.ending()}; starting again in {self._delay:g} s")
            self._starts_again = now + self._delay
            self._delay = min(2 * self._delay, LONGEST_DELAY)
        elif now >= self._starts_again:
            self.child = Child(self.child.program, self._report)
            self._started = now
            self._starts_again = None


class Supervisor:
    """Keeps programs running in the order they came, and stops them in the opposite one."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._children: list[SupervisedChild] = []

    def keep(self, child: Child) -> Child:
        """Look after a started program from now on."""
        self._children.append(SupervisedChild(child, self._report))
        return child

    def watch(self, stop: Event) -> None:
        """Look after the programs until `stop` is set."""
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            for child in self._children:
                child.look_after()

    def stop(self) -> None:
        """Stop every program, the last first, each gone before the next is asked."""
        while self._children:
            self._children.pop().child.stop()


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """Yield an event that Ctrl-C, SIGTERM and a closed terminal set, instead of ending the process midway."""
    stop = Event()

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, request_stop) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
