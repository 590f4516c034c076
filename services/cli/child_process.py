"""One program run as a child process: it dies with its parent, and its lines are passed on under its name."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TypedDict

Report = Callable[[str, str], None]
"""Takes a program's name and one line that it wrote."""

PR_SET_PDEATHSIG = 1
LINES_REMEMBERED = 40

libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How to start a program, and how to end it.

    `account` is the user to run as, or None for the caller's own. `stop_signal` asks it to end in good order;
    after `grace` seconds it is killed. `orphan_signal` is sent by the kernel should the parent die. `answers` tells
    whether it does what it is for, or hangs; asked from a thread, it may take a few seconds. `patience` is how many
    times as long as others it may be silent.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    account: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    answers: Callable[[], bool] | None = None
    patience: float = 1.0


class Child:
    """A started program. Start it from the main thread: the kernel ties it to the thread that forks."""

    def __init__(self, program: Program, report: Report) -> None:
        self.program = program
        self._report = report
        self._last_lines: deque[str] = deque(maxlen=LINES_REMEMBERED)
        self._process = self._start()
        self._pump = Thread(target=self._pass_lines_on, name=f"{program.name} output", daemon=True)
        self._pump.start()

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process.poll() is None

    def wait(self) -> int:
        """Return the exit code once the process has ended by itself; a signal's number, negative, if it was killed."""
        return self._process.wait()

    def ending(self) -> str:
        """Say how the process ended, for a person to read."""
        code = self.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def last_lines(self) -> str:
        """Return the last lines of an ended process."""
        self._pump.join(timeout=1)
        return "\n".join(self._last_lines)

    def stop(self) -> None:
        """End the process, in good order if it can; return when it is gone."""
        if self.is_alive():
            self._process.send_signal(self.program.stop_signal)
            try:
                self._process.wait(self.program.grace)
            except subprocess.TimeoutExpired:
                self._report(self.program.name, f"did not stop within {self.program.grace:g} s and is killed")
                self.kill()
        self._pump.join(timeout=1)

    def kill(self) -> None:
        """End the process at once, and what it has started in its group; return when it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.program.command,
            env=self.program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A session of its own keeps Ctrl-C from reaching PostgreSQL before the services that use it.
            start_new_session=True,
            # Nothing else ties a child to its parent's SIGKILL; the function calls no Python that takes a lock.
            preexec_fn=tie_to_parent(self.program.orphan_signal),  # noqa: PLW1509
            **identity(self.program.account),
        )

    def _pass_lines_on(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (asked for as a pipe above)
        with self._process.stdout as lines:
            for line in lines:
                self._last_lines.append(line.rstrip())
                self._report(self.program.name, line.rstrip())


class Identity(TypedDict, total=False):
    """The arguments by which subprocess runs a program as another account."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


def identity(account: str | None) -> Identity:
    """Return what runs a program as an account and with its group only, or as the caller for None."""
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}


def tie_to_parent(orphan_signal: signal.Signals) -> Callable[[], None]:
    """Return what a new process runs before its program, so that its parent's death sends it `orphan_signal`.

    Only Linux offers this. Elsewhere children outlive a parent that is killed outright.
    """
    parent = os.getpid()

    def tie() -> None:
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, orphan_signal)
            if os.getppid() != parent:  # it died before the call above
                os._exit(1)

    return tie
