"""A PostgreSQL, a Redis, and a service on them, with what may be done to each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError

from services.api.http.routing import BASE
from services.cli.data_directory import DataDirectory
from tests.faults.servers import Postgres, Redis, Service

END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^samverkan '"


class Installation:
    """A PostgreSQL, a Redis, and a service on them."""

    def __init__(self, postgres: Postgres, redis: Redis, service: Service) -> None:
        self.postgres = postgres
        self.redis = redis
        self.service = service

    @contextmanager
    def sessions_ended(self) -> Iterator[None]:
        """End each session of the service, again and again."""
        for _ in range(5):
            self.postgres.run(END_SESSIONS)
            time.sleep(0.2)
        yield

    @contextmanager
    def reading_only(self) -> Iterator[None]:
        """Have PostgreSQL refuse to write, as a standby does."""
        self.postgres.run("ALTER ROLE CURRENT_USER SET default_transaction_read_only = on", END_SESSIONS)
        try:
            yield
        finally:
            self.postgres.run(
                "SET default_transaction_read_only = off",
                "ALTER ROLE CURRENT_USER RESET default_transaction_read_only",
                END_SESSIONS,
            )

    @contextmanager
    def full(self) -> Iterator[None]:
        """End the service's sessions, and take all places that there are."""
        with ExitStack() as stack:
            engine = create_engine(self.postgres.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            ours = stack.enter_context(engine.connect())
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                ours.exec_driver_sql(END_SESSIONS)
                with suppress(OperationalError):
                    while True:
                        stack.enter_context(engine.connect())
            yield

    @contextmanager
    def locked(self, statement: str) -> Iterator[None]:
        """Hold a lock."""
        with create_engine(self.postgres.url, poolclass=NullPool).begin() as connection:
            connection.exec_driver_sql(statement)
            yield

    @contextmanager
    def killed(self, name: str) -> Iterator[None]:
        self.service.kill(name)
        yield

    @contextmanager
    def crashed(self) -> Iterator[None]:
        self.postgres.kill()
        yield
        self.postgres.start()

    @contextmanager
    def computed_afresh(self, command: str) -> Iterator[None]:
        """Run `samverkan verify` or `rebuild` again and again, and change an area all the while."""
        environment = {**os.environ, "DATABASE_URL": self.postgres.url}
        for _ in range(2):
            arguments = [sys.executable, "-m", "services.cli.main", command]
            process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            number = 0
            while process.poll() is None:
                number += 1
                self._change(number)
                time.sleep(0.1)
            output = process.communicate()[0].decode()
            # What is not yet swept differs, too.
            assert process.returncode == 0 or (command == "verify" and "rows differ" in output), output
        yield

    def _change(self, number: int) -> None:
        """Change an area; one that waited for its lock too long would be answered 503."""
        body = {
            "kind": "place",
            "placeKind": "park",
            "name": f"Parken {number}",
            "validFrom": f"2016-0{number % 9 + 1}-01",
            "parents": [{"code": "1282"}],
        }
        headers = {"Authorization": f"Bearer {self.service.key}"}
        address = f"{self.service.address.url}{BASE}/areas/1282-changing"
        answer = httpx.put(address, json=body, headers=headers, timeout=30)
        assert answer.is_success, answer.text

    @contextmanager
    def disk_full(self, disk: Path) -> Iterator[None]:
        """Take all room that is left, and give it back; what has ended for want of it is started again."""
        ballast = disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 20))
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(512))
        try:
            yield
        finally:
            ballast.unlink()
            self.postgres.start_if_ended()


@contextmanager
def installed(path: Path, log: Path, settings: dict[str, str]) -> Iterator[Installation]:
    directory = DataDirectory(path)
    with ExitStack() as stack:
        stack.enter_context(directory.locked())
        postgres, redis = Postgres(directory, settings), Redis(directory)
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        service = Service(postgres.url, redis.url, log)
        stack.callback(service.stop)
        service.start()
        yield Installation(postgres, redis, service)
