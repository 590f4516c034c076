"""`samverkan up` as a process of its own: it mends what dies, and leaves nothing when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # it tells no types
import pytest

from tests.extent import ONLY_LONG_OR_FAULTS
from tests.faults.servers import wait_until
from tests.ports import free_port

pytestmark = [pytest.mark.long, pytest.mark.server, pytest.mark.timeout(600)]

SILENT_SECONDS = "2"
PROGRAMS = ("postgres", "valkey-server", "services.api.server", "services.indicators.worker")


class Up:
    """A `samverkan up` with a port and a data directory of its own."""

    def __init__(self, directory: Path, port: int | None = None, **settings: str) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.log = directory.parent / f"{directory.name}-{self.port}.log"
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        self._environment = {**environment, "SAMVERKAN_DATA": str(directory), **settings}
        self.start()

    def start(self) -> None:
        """Start it, for the first time or where the one before has ended."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli.main", "up", "--port", str(self.port)],
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.seen: dict[int, psutil.Process] = {}

    def is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            # Without certificates: to read them takes each look a fortieth of a second.
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=2, verify=False).status_code == 200
        return False

    def await_ready(self) -> None:
        def ready_or_dead() -> bool:
            assert self.process.poll() is None, self.output()
            return self.is_ready()

        wait_until(ready_or_dead, 70, "ready", self.output)
        self.children()

    def has_child(self, program: str) -> bool:
        return self.child(program) is not None

    def children(self) -> list[psutil.Process]:
        """Return every descendant that runs now, and remember it for `left_behind`."""
        running = psutil.Process(self.process.pid).children(recursive=True)
        self.seen.update((child.pid, child) for child in running)
        return running

    def child(self, program: str) -> psutil.Process | None:
        """Return the child that was started directly by `up` and runs a program."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                if program in " ".join(child.cmdline()):
                    return child
        return None

    def left_behind(self) -> list[psutil.Process]:
        """Return the descendants once seen that still run."""
        return still_running(self.seen.values())

    def files_left(self) -> list[str]:
        """Return the names of files that only a running server has."""
        return [
            path.name
            for path in self.directory.rglob("*")
            if path.suffix in {".pid", ".lock", ".sock"} or path.is_socket()
        ]

    def output(self) -> str:
        return self.log.read_text(errors="replace")


def still_running(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    """Start as many as the test asks for; whatever it leaves running is killed."""
    all_started: list[Up] = []

    def start(name: str = "data", port: int | None = None, **settings: str) -> Up:
        all_started.append(Up(tmp_path / name, port, **settings))
        return all_started[-1]

    yield start
    for up in all_started:
        if up.process.poll() is None:
            up.process.terminate()
            up.process.wait(30)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Return one that is ready, and that whoever asks for it leaves so: a start takes seconds of the processors."""
    up = Up(tmp_path_factory.mktemp("up") / "data", SAMVERKAN_LIMIT_SILENT_SECONDS=SILENT_SECONDS)
    try:
        up.await_ready()
        yield up
    finally:
        up.process.kill()
        up.process.wait(30)


def stop(up: Up, number: signal.Signals = signal.SIGTERM) -> None:
    """Stop one by a signal, and see that it leaves no process and no lock behind."""
    up.children()
    up.process.send_signal(number)
    assert up.process.wait(30) == 0, up.output()
    assert up.left_behind() == []
    assert up.files_left() == []


def test_a_stop_signal_during_the_start_is_obeyed(started: Callable[..., Up]) -> None:
    up = started()
    wait_until(lambda: up.child("postgres") is not None, 20, "a child to interrupt")
    stop(up, signal.SIGINT)


def test_a_second_up_on_the_same_data_is_refused_and_harms_nothing(running: Up) -> None:
    second = Up(running.directory)

    assert second.process.wait(20) == 2
    assert f"already runs on the data directory {running.directory}" in second.output()
    assert "SAMVERKAN_DATA" in second.output()
    assert "Traceback" not in second.output()
    assert running.is_ready()


@ONLY_LONG_OR_FAULTS  # one that hangs is killed, and then is as the killed one below
def test_a_program_that_hangs_is_started_again(running: Up) -> None:
    """`trials G2`: until now only an end was seen. Where everything was suspended, `up` too, nobody hangs."""
    children = {program: child for program in PROGRAMS if (child := running.child(program))}
    assert children.keys() == {*PROGRAMS}
    everything = [psutil.Process(running.process.pid), *children.values()]
    for process in everything:
        process.suspend()
    time.sleep(4)
    for process in everything:
        process.resume()
    wait_until(running.is_ready, 20, "ready after a rest", running.output)
    time.sleep(3)
    assert "killed" not in running.output()

    del children["postgres"]  # it has thrice the time
    for victim in children.values():
        victim.suspend()
    for program, victim in children.items():
        wait_until(partial(has_ended, victim), 20, f"{program} gone", running.output)
        wait_until(partial(running.has_child, program), 20, f"{program} started again", running.output)
    wait_until(running.is_ready, 30, "ready again", running.output)

    assert running.output().count("and is killed") == len(children), running.output()
    running.children()


def test_a_killed_program_comes_back(running: Up) -> None:
    for program in PROGRAMS:
        victim = running.child(program)
        assert victim is not None, program
        victim.kill()
        wait_until(partial(has_ended, victim), 5, f"{program} gone")
        wait_until(partial(running.has_child, program), 20, f"{program} started again")
        wait_until(running.is_ready, 20, f"ready after {program} was killed", running.output)
    running.children()


def test_a_killed_up_takes_everything_with_it_and_the_next_one_starts(running: Up) -> None:
    wait_until(running.is_ready, 20, "ready", running.output)
    first = running.children()
    running.process.kill()
    running.process.wait(30)
    running.start()
    running.await_ready()
    assert still_running(first) == []


def test_a_stop_signal_leaves_no_process_and_no_lock_behind(running: Up) -> None:
    """After all that was done to it above."""
    wait_until(running.is_ready, 20, "ready", running.output)
    assert len(running.children()) >= len(PROGRAMS)
    stop(running)


def test_a_taken_port_is_refused(started: Callable[..., Up]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        up = started(port=other.getsockname()[1])

        assert up.process.wait(20) == 2
    assert f"Port {up.port} on 127.0.0.1 is in use" in up.output()
    assert "--port" in up.output()
    assert "Traceback" not in up.output()
