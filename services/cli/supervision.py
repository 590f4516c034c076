"""Runs servers, API and worker as child processes, starts again what dies or hangs, and stops all in order."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType

from services.cli.child_process import Child, Report

SECONDS_BETWEEN_LOOKS = 0.1
FIRST_DELAY = 0.25
LONGEST_DELAY = 5.0
SECONDS_TO_BE_STEADY = 30.0
"""After so long a life a death counts as the first again."""

QUESTIONS = 4
"""So often a program is asked before it counts as hung."""

SECONDS_OF_PATIENCE = 20.0
SECONDS_TO_START = 60.0
"""So long a program may take before it answers for the first time."""

SECONDS_OF_ABSENCE = 2.0
"""When nobody has looked for so long, the machine or this process was stopped, and the programs perhaps with it."""


class LivenessProbe:
    """Asks a program again and again whether it does what it is for; on a thread, for one that hangs takes its time."""

    def __init__(self, ask: Callable[[], bool], seconds_between: float) -> None:
        self.last_at = -math.inf
        self._ask = ask
        self._seconds_between = seconds_between
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._seconds_between):
            if self._ask():
                self.last_at = time.monotonic()


class SupervisedChild:
    """A program under supervision: when it dies it is started again, after a delay that doubles with each death.

    One that has answered, and then does not for the seconds of `patience`, is killed: it hangs.
    """

    def __init__(self, child: Child, report: Report, patience: float = SECONDS_OF_PATIENCE) -> None:
        self.child = child
        self._report = report
        self._patience = patience * child.program.patience
        self._started = self._excused = time.monotonic()
        self._delay = FIRST_DELAY
        self._starts_again: float | None = None
        self._answers = LivenessProbe(child.program.answers, patience / QUESTIONS) if child.program.answers else None

    def look_after(self) -> None:
        """Start the program again if it has died and the delay has passed; kill it if it hangs."""
        now = time.monotonic()
        if self.child.is_alive():
            self._end_if_hung(now)
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

    def excuse(self) -> None:
        """Count silence from now on: nobody has listened."""
        self._excused = time.monotonic()

    def stop(self) -> None:
        """Stop the program."""
        if self._answers:
            self._answers.stop()
        self.child.stop()

    def _end_if_hung(self, now: float) -> None:
        if self._answers is None:
            return
        last = self._answers.last_at
        silence = now - max(last, self._started, self._excused)
        if silence > (self._patience if last > self._started else max(self._patience, SECONDS_TO_START)):
            self._report(self.child.program.name, f"has not answered for {silence:.0f} s and is killed")
            self.child.kill()


class Supervisor:
    """Keeps programs running in the order they came, and stops them in the opposite one."""

    def __init__(self, report: Report, patience: float = SECONDS_OF_PATIENCE) -> None:
        self._report = report
        self._patience = patience
        self._children: list[SupervisedChild] = []

    def keep(self, child: Child) -> Child:
        """Look after a started program from now on."""
        self._children.append(SupervisedChild(child, self._report, self._patience))
        return child

    def watch(self, stop: Event) -> None:
        """Look after the programs until `stop` is set."""
        last = time.monotonic()
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            now = time.monotonic()
            for child in self._children:
                if now - last > SECONDS_OF_ABSENCE:
                    child.excuse()
                child.look_after()
            last = now

    def stop(self) -> None:
        """Stop every program, the last first, each gone before the next is asked."""
        while self._children:
            self._children.pop().stop()


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
