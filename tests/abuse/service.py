"""The service under attack: the API as a process of its own, as `samverkan up` starts it, on a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from services.api.http.routing import BASE
from services.cli import client, serve
from shared.db.keys import KeyScope
from shared.limits import Limits
from shared.settings import Settings
from tests.benchmarks.servers import free_address

LANDSKRONA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
SECONDS_TO_START = 60.0
SECONDS_TO_SETTLE = 20.0
# What an attack must not change: answers that are the same whatever the neighbours have posted meanwhile.
STEADY = ("areas?limit=100", "indicators", "agreements", "activity-types", "roles")
WALK = {
    "source": "test",
    "type": "safety-walk",
    "agreement": "landskrona-2015-2016",
    "annex": 3,
    "area": "1282-karlslund",
    "status": "performed",
    "start": "2016-04-12",
    "participants": {"residents": 21},
}
"""An activity that is accepted, but for its `externalId`."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running API and the keys to it.

    Attack it from another address than the neighbours', 127.0.0.66 say, where limits count by address: all of
    127.0.0.0/8 is this machine, on Linux. `database_url` is there to look at what was stored.
    """

    url: str
    host: str
    port: int
    database_url: str
    redis_url: str
    keys: Mapping[KeyScope, str]
    process: psutil.Process
    log: Path

    def headers(self, scope: KeyScope = KeyScope.READ) -> dict[str, str]:
        """Return the headers of a client who may do this."""
        return {"Authorization": f"Bearer {self.keys[scope]}"}

    def client(self, scope: KeyScope | None = KeyScope.READ, *, seconds: float = 30) -> httpx.Client:
        """Return a client, to be closed; for None it has no key. Its addresses are below the API's root."""
        headers = {} if scope is None else self.headers(scope)
        return httpx.Client(base_url=f"{self.url}{BASE}", headers=headers, timeout=seconds)

    def steady_answers(self) -> dict[str, tuple[int, bytes]]:
        """Return what is to be the same before and after an attack."""
        with self.client() as client:
            answers = {path: client.get(f"/{path}") for path in STEADY}
            ready = client.get(f"{self.url}/health/ready")
        return {path: (answer.status_code, answer.content) for path, answer in answers.items()} | {
            "ready": (ready.status_code, b"")
        }

    def forget_peak(self) -> None:
        """Begin anew to measure the most memory that each process of the API takes."""
        for process in self._processes():
            with suppress(OSError):
                Path(f"/proc/{process.pid}/clear_refs").write_text("5", encoding="ascii")

    def peak_mib(self) -> float:
        """Return the most memory that the API has taken, its children included, in MiB; 0 where it is not known."""
        return sum(_peak_kib(process.pid) for process in self._processes()) / 1024

    def open_sockets(self) -> int:
        """Return how many connections the API has."""
        return len(self.process.net_connections("tcp"))

    def settle(self, sockets: int) -> None:
        """Wait until the API has no more than so many connections."""
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while (left := self.open_sockets()) > sockets:
            assert time.monotonic() < deadline, f"{left} connections are left, and were {sockets}"
            time.sleep(0.1)

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def running_service(
    database_url: str, redis_url: str, keys: Mapping[KeyScope, str], log: Path, limits: Limits | None = None
) -> Iterator[Service]:
    """Run the API on a database that is migrated and empty, and bring Landskrona's places and agreement in."""
    address = free_address()
    settings = Settings(database_url=database_url, redis_url=redis_url, public_url=address.url, log_level="warning")
    program = serve.api(settings, address)
    environment = {**program.environment, **variables_of(limits or Limits())}
    with log.open("ab") as output:
        process = subprocess.Popen(program.command, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_it_answers(process, address, log)
        with client.connect(address.url, keys[KeyScope.ADMINISTER]) as administrator:
            client.put_areas(administrator, LANDSKRONA / "places.csv")
            client.put_agreement(administrator, LANDSKRONA / "agreement-2015-2016.yaml")
        api = psutil.Process(process.pid)
        yield Service(address.url, address.host, address.port, database_url, redis_url, keys, api, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            pytest.fail(f"the API did not stop:\n{log.read_text()[-2000:]}")


def variables_of(limits: Limits) -> dict[str, str]:
    """Return limits as the variables that a process reads them from."""
    return {
        variable: str(getattr(limits, name))
        for variable, name in zip(Limits.variables(), Limits.model_fields, strict=True)
    }


def _wait_until_it_answers(process: subprocess.Popen[bytes], address: serve.Address, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not serve.answers(address):
        assert process.poll() is None, log.read_text()[-4000:]
        assert time.monotonic() < deadline, f"it does not answer:\n{log.read_text()[-4000:]}"
        time.sleep(0.02)


def _peak_kib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:  # it has ended, or this is no Linux
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def on_this_machine(last: int) -> str | None:
    """Return an address of this machine for a client of its own, or None where there is only one."""
    return f"127.0.0.{last}" if os.uname().sysname == "Linux" else None
