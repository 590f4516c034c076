"""What a database, a Redis, an API and a worker may meet, while clients write: no write lost, no figure wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError

from services.cli.data_directory import DataDirectory
from tests.faults.servers import Postgres, Redis, Service
from tests.faults.trial import Row, Trial

pytestmark = [pytest.mark.server, pytest.mark.long, pytest.mark.timeout(300)]

Note = Callable[[Row], None]


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


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    # Enough for the service, and soon filled.
    with TemporaryDirectory(prefix="samverkan-test-") as path, installed(Path(path), {"max_connections": "40"}) as made:
        yield made


@contextmanager
def installed(path: Path, settings: dict[str, str]) -> Iterator[Installation]:
    directory = DataDirectory(path)
    with ExitStack() as stack:
        stack.enter_context(directory.locked())
        postgres, redis = Postgres(directory, settings), Redis(directory)
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        service = Service(postgres.url, redis.url, path / "service.log")
        stack.callback(service.stop)
        service.start()
        yield Installation(postgres, redis, service)


Fault = Callable[[Installation], AbstractContextManager[None]]
STRUCTURE = "SELECT pg_advisory_xact_lock(7310001)"

SHORT: dict[str, tuple[Fault, dict[str, float]]] = {
    "PostgreSQL restarted": (lambda one: one.postgres.away(), {"times": 2, "seconds": 0.1}),
    "sessions ended": (lambda one: one.sessions_ended(), {"seconds": 0.1}),
    "PostgreSQL only reads": (lambda one: one.reading_only(), {}),
}
LONG: dict[str, tuple[Fault, dict[str, float]]] = {
    "Redis restarted": (lambda one: one.redis.away(), {}),
    "worker killed": (lambda one: one.killed("worker"), {"seconds": 0.1}),
    "PostgreSQL away for 8 s": (lambda one: one.postgres.away(), {"times": 2, "seconds": 8}),
    "PostgreSQL crashed": (lambda one: one.crashed(), {"times": 2, "seconds": 2}),
    "PostgreSQL full": (lambda one: one.full(), {"times": 2, "seconds": 8}),
    "PostgreSQL hung for 12 s": (lambda one: one.postgres.hung(), {"seconds": 12}),
    "areas' structure locked for 28 s": (lambda one: one.locked(STRUCTURE), {"seconds": 28}),
    "tables locked for 28 s": (
        lambda one: one.locked("LOCK TABLE activity, indicator_value, area IN ACCESS EXCLUSIVE MODE"),
        {"seconds": 28},
    ),
    "Redis away for 8 s": (lambda one: one.redis.away(), {"times": 2, "seconds": 8}),
    "Redis hung for 12 s": (lambda one: one.redis.hung(), {"seconds": 12}),
    "API killed": (lambda one: one.killed("api"), {"times": 3, "seconds": 0.5, "may_cut": True}),
    "worker killed often": (lambda one: one.killed("worker"), {"times": 5, "seconds": 0.5}),
    "worker hung for 12 s": (lambda one: one.service.hung("worker"), {"seconds": 12}),
}


@pytest.mark.parametrize("name", SHORT)
def test_short(installation: Installation, note_row: Note, name: str) -> None:
    """`trials G1`."""
    _try(installation, note_row, name, *SHORT[name])


@pytest.mark.long_fault
@pytest.mark.parametrize("name", LONG)
def test_long(installation: Installation, note_row: Note, name: str) -> None:
    """`trials G1`, `trials G4`."""
    _try(installation, note_row, name, *LONG[name])


def _try(installation: Installation, note_row: Note, name: str, fault: Fault, how: dict[str, float]) -> None:
    note_row(Trial(installation.service).run(name, lambda: fault(installation), **how))  # type: ignore[arg-type]
