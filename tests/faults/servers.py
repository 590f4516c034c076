"""What faults are done to: a PostgreSQL, a Redis, and an API with a worker, each of which a test may stop and start."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psutil  # type: ignore[import-untyped]  # it tells no types
import redis
from sqlalchemy import NullPool, create_engine

from services.cli import client, embedded, migrations, serve
from services.cli.child_process import Child
from services.cli.data_directory import DataDirectory
from services.cli.supervision import SupervisedChild
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from shared.settings import Settings
from tests.benchmarks.servers import free_address

LANDSKRONA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
# As it is shipped, for what was committed must outlive a crash.
SMALL: Mapping[str, str] = {**embedded.POSTGRES_SETTINGS, "shared_buffers": "32MB"}


def busyness() -> float:
    """Return how many times as long things may take here: processes of others wait for the same processors."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def wait_until(condition: Callable[[], bool], seconds: float, what: str, output: Callable[[], str] = str) -> float:
    """Return how many seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds * busyness(), f"not within {seconds:g} s: {what}\n{output()}"
        time.sleep(0.05)
    return time.monotonic() - began


class Server:
    """An embedded server that is stopped and started. It is started in the main thread, which it is tied to."""

    def __init__(self, server: embedded.Server) -> None:
        self._server = server
        self.url = server.url
        self._child: Child | None = None

    def start(self) -> None:
        self._child = embedded.start(self._server, lambda _name, _line: None, Event())

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
        self._child = None

    @contextmanager
    def away(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Have all its processes stand still: what is sent to them is neither answered nor refused."""
        assert self._child is not None
        process = psutil.Process(self._child._process.pid)
        halted = [process, *process.children(recursive=True)]
        for one in halted:
            os.kill(one.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for one in halted:
                os.kill(one.pid, signal.SIGCONT)

    def start_if_ended(self) -> None:
        if self._child is None or not self._child.is_alive():
            self.start()

    def kill(self) -> None:
        """End it without a word to anyone, as a crash does."""
        assert self._child is not None
        os.kill(self._child._process.pid, signal.SIGKILL)
        self._child.wait()


class Postgres(Server):
    """A PostgreSQL with files of its own."""

    def __init__(self, directory: DataDirectory, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(embedded.postgres(directory, {**SMALL, **(settings or {})}))

    def run(self, *statements: str) -> None:
        """Run statements in a session of their own, each without a transaction."""
        with create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


class Redis(Server):
    """A Redis with nothing in it."""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(embedded.valkey(directory))

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as connection:
            connection.flushall()


class Service:
    """An API and a worker on a database, each started again when it has died, as `samverkan up` does."""

    def __init__(self, database_url: str, redis_url: str, log: Path) -> None:
        migrations.upgrade(database_url)
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            self.key = keys.create(connection, "faults", [KeyScope.ADMINISTER], [COUNTRY])
        self.address = free_address()
        settings = Settings(
            database_url=database_url, redis_url=redis_url, public_url=self.address.url, log_level="warning"
        )
        self.database_url = database_url
        self.log = log
        log.touch()
        self._programs = {"api": serve.api(settings, self.address), "worker": serve.worker(settings)}
        self._running: dict[str, SupervisedChild] = {}

    def start(self) -> None:
        """Start both, and bring Landskrona with its places and its agreement of 2016."""
        for name, program in self._programs.items():
            self._running[name] = SupervisedChild(Child(program, self._write), self._write)
        wait_until(self.answers, 60, "the API answers", self.output)
        with client.connect(self.address.url, self.key) as connection:
            client.put_areas(connection, LANDSKRONA / "places.csv")
            client.put_agreement(connection, LANDSKRONA / "agreement-2015-2016.yaml")

    def stop(self) -> None:
        for child in self._running.values():
            child.child.stop()

    def look_after(self) -> None:
        """Start what has died."""
        for child in self._running.values():
            child.look_after()

    def kill(self, name: str) -> None:
        """Kill the API or the worker outright."""
        os.kill(self._running[name].child._process.pid, signal.SIGKILL)

    @contextmanager
    def hung(self, name: str) -> Iterator[None]:
        """Have one of them stand still."""
        pid = self._running[name].child._process.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def answers(self) -> bool:
        return serve.answers(self.address)

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-6000:]

    def _write(self, name: str, line: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{name}: {line}\n")
