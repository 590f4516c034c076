"""Runs `samverkan up` next to a command that needs it, such as the demo."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn

from services.cli.child_process import tie_to_parent
from services.cli.data_directory import OWNER_ONLY, DataDirectory
from services.cli.errors import ServiceFailed
from services.cli.serve import Address, Addresses


class Running:
    """A running `samverkan up` and where it is reached; its log is a file."""

    def __init__(self, addresses: Addresses, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.base_url = addresses.base_url
        self.database_url = addresses.database_url
        self.redis_url = addresses.redis_url
        self.log = log
        self._process = process

    def wait(self) -> None:
        """Return when it has ended by itself."""
        self._process.wait()


@contextmanager
def running(address: Address, environment: Mapping[str, str] = os.environ) -> Iterator[Running]:
    """Start everything, yield once it answers, and stop everything at the end, whatever that end is.

    Ctrl-C reaches the caller alone, as KeyboardInterrupt; so does SIGTERM, as SystemExit.

    Raises:
        ServiceFailed: it did not start; the text is what it wrote last.
    """
    directory = DataDirectory.from_environment(environment)
    log = directory.log
    log.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    receiving, sending = os.pipe()
    command = [sys.executable, "-m", "services.cli.main", "up", "--host", address.host, "--port", str(address.port)]
    with _opened(log) as output, terminated_as_exit():
        process = subprocess.Popen(
            [*command, "--announce-to", str(sending)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[sending],
            start_new_session=True,
            preexec_fn=tie_to_parent(signal.SIGTERM),  # noqa: PLW1509  (as in child.py)
        )
        os.close(sending)
        try:
            yield Running(announced(receiving, log), log, process)
        finally:
            process.terminate()
            process.wait()


def _opened(log: Path) -> BinaryIO:
    """Open a log anew, which only its owner may read."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    os.fchmod(descriptor, OWNER_ONLY)
    return os.fdopen(descriptor, "wb")


def announced(descriptor: int, log: Path) -> Addresses:
    """Wait for the addresses that `samverkan up` announces."""
    with os.fdopen(descriptor) as stream:
        line = stream.readline()
    if not line:
        raise ServiceFailed(
            f"Samverkan did not start. Its log, {log}, ends:\n{log.read_text(errors='replace')[-2000:]}"
        )
    return Addresses(**json.loads(line))


@contextmanager
def terminated_as_exit() -> Iterator[None]:
    """Turn SIGTERM into SystemExit meanwhile, so that what was started is stopped."""

    def leave(_number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
