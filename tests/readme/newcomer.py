"""A newcomer with a checkout and two terminals: one runs the service, the other what README shows.

Only what README cannot know is put in place of its own: a port that is free, and the folder of the checkout.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.ports import free_port
from tests.readme.document import ROOT

SECONDS = 90
README_URL = "http://127.0.0.1:8000"
IN_THE_CHECKOUT = ("Makefile", "pyproject.toml", "constraints.txt", "shared", "tests")


class Newcomer:
    """Runs commands of README in a checkout whose `.samverkan` is its own."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        checkout.mkdir()
        for name in IN_THE_CHECKOUT:
            (checkout / name).symlink_to(ROOT / name)
        (checkout / ".venv").symlink_to(sys.prefix)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._service: subprocess.Popen[bytes] | None = None
        self._variables = checkout / "variables.sh"
        self._variables.write_text(f"export SAMVERKAN_URL={self.url} COLUMNS=99\n")

    def ended(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run commands in the second terminal to their end, after all that it was made to export before."""
        script = script.replace(README_URL, self.url)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f". {self._variables}\n{script}\nexport -p > {self._variables}"],
            cwd=self.checkout,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def run(self, script: str) -> str:
        """Run commands in the second terminal, each of which must succeed, and return what they print."""
        ended = self.ended(script)
        assert ended.returncode == 0, f"{script}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def start(self, command: str, **environment: str) -> None:
        """Start a command that serves, in the first terminal, and wait until the service is ready."""
        self._log = (self.checkout / "service.log").open("ab")
        self._service = subprocess.Popen(
            [*command.split(), "--port", str(self.port)],
            cwd=self.checkout,
            env=_environment() | environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        deadline = time.monotonic() + SECONDS
        while not self._is_ready():
            assert self._service.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGINT) -> int | None:
        """Stop the service, as Ctrl-C does unless another signal is given; return its exit code, None if none runs."""
        if self._service is None:
            return None
        self._service.send_signal(number)
        code = self._service.wait(SECONDS)
        self._log.close()
        self._service = None
        return code

    def log(self) -> str:
        """Return what the service has written."""
        return (self.checkout / "service.log").read_text(encoding="utf-8", errors="replace")

    def _is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            # Without certificates: to read them takes each look a fortieth of a second.
            return httpx.get(f"{self.url}/health/ready", timeout=2, verify=False).is_success
        return False

    def await_output(self, text: str) -> None:
        """Wait until the service has written a text."""
        deadline = time.monotonic() + SECONDS
        while text not in self.log():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def await_figures(self) -> None:
        """Wait until no change waits for the figures that it alters."""
        deadline = time.monotonic() + SECONDS
        while httpx.get(f"{self.url}/health/ready", verify=False).json()["oldestMarkSeconds"] is not None:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)


@contextmanager
def newcomer_with_a_checkout() -> Iterator[Newcomer]:
    """Yield a newcomer whose service is stopped in the end.

    The folder is none of pytest's: these are closed, each time that pytest starts, to the account that runs PostgreSQL.
    """
    with TemporaryDirectory(prefix="samverkan-newcomer-") as folder:
        newcomer = Newcomer(Path(folder) / "checkout")
        try:
            yield newcomer
        finally:
            newcomer.stop()


def _environment() -> dict[str, str]:
    """Return the environment of a terminal that was just opened: without what the tests or `make test` have set."""
    left_out = ("SAMVERKAN_", "DATABASE_URL", "REDIS_URL", "MAKE", "MFLAGS", "ARGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
