"""Health while PostgreSQL or Redis hangs, is full or only reads: it answers in about a second, and what is true."""

# Over 300 lines: each way in which PostgreSQL and Redis can be away, and what is then said.

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import httpx
import psutil  # type: ignore[import-untyped]  # it tells no types
import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as EngineTimeout

from services.cli import embedded
from services.cli.child_process import Child
from services.cli.cluster import superuser
from services.cli.data_directory import DataDirectory
from shared.db.server_faults import ServerFault, fault_of
from shared.operation.single_flight import SingleFlight
from shared.settings import Settings
from tests.api.exposition import metrics_of
from tests.conftest import BASE_URL
from tests.templates import SETTINGS

ABOUT_A_SECOND = 1.5
"""What is asked for is one; the machine may be busy."""


class Suspended:
    """An embedded server of its own, which can be stopped in the middle of whatever it does."""

    def __init__(self, server: embedded.Server) -> None:
        self.url = server.url
        self.child: Child = embedded.start(server, lambda _name, _line: None, Event())

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Stop all of its processes meanwhile."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        leader = psutil.Process(self.child._process.pid)
        for process in (leader, *leader.children(recursive=True)):
            process.send_signal(number)


@pytest.fixture(scope="module")
def directory() -> Iterator[DataDirectory]:
    # None of pytest's: those are closed to the account that runs PostgreSQL, each time that pytest starts.
    with TemporaryDirectory(prefix="samverkan-hanging-") as path:
        directory = DataDirectory(Path(path))
        with directory.locked():
            yield directory


@pytest.fixture(scope="module")
def hanging_postgres(directory: DataDirectory) -> Iterator[Suspended]:
    server = Suspended(embedded.postgres(directory, SETTINGS))
    yield server
    server.child.stop()


@pytest.fixture(scope="module")
def hanging_valkey(directory: DataDirectory) -> Iterator[Suspended]:
    server = Suspended(embedded.valkey(directory))
    yield server
    server.child.stop()


async def timed(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """Ask, and see that the answer comes in time."""
    await client.get("/health/live")  # the specification, which each answer is held to, is read once
    begun = time.monotonic()
    answer = await client.get(path)
    assert time.monotonic() - begun < ABOUT_A_SECOND, path
    return answer


def reason_of(answer: httpx.Response) -> str:
    [violation] = answer.json()["violations"]
    assert violation["remedy"]
    return str(violation["reason"])


class TestHangingDatabase:
    @pytest.fixture
    def settings(self, hanging_postgres: Suspended, redis_url: str) -> Settings:
        return Settings(
            database_url=hanging_postgres.url, redis_url=redis_url, public_url=BASE_URL, log_level="warning"
        )

    async def test_everything_answers_while_the_database_hangs(
        self, app: FastAPI, stranger: httpx.AsyncClient, hanging_postgres: Suspended
    ) -> None:
        """Trials G8."""
        before = await timed(stranger, "/health/ready")
        assert (before.status_code, before.json()["violations"]) == (503, [])  # it lacks its migrations
        with hanging_postgres.hanging():
            for _ in range(2):
                answers = await asyncio.gather(*(timed(stranger, "/health/ready") for _ in range(5)))
                for answer in answers:
                    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                    assert reason_of(answer) == ServerFault.SLOW.value.reason
            assert (await timed(stranger, "/health/live")).status_code == 200
            begun = time.monotonic()
            page = await metrics_of(app)
            assert time.monotonic() - begun < ABOUT_A_SECOND
            assert ("samverkan_oldest_mark_seconds NaN" in page, "samverkan_database_writable 0.0" in page) == (
                True,
                True,
            )
        deadline = time.monotonic() + 15
        while (await timed(stranger, "/health/ready")).json()["violations"]:
            assert time.monotonic() < deadline


class TestHangingRedis:
    @pytest.fixture
    def settings(self, database_url: str, hanging_valkey: Suspended) -> Settings:
        return Settings(
            database_url=database_url, redis_url=hanging_valkey.url, public_url=BASE_URL, log_level="warning"
        )

    async def test_reports_are_taken_while_redis_hangs(
        self, stranger: httpx.AsyncClient, hanging_valkey: Suspended
    ) -> None:
        """Trials G8."""
        assert (await timed(stranger, "/health/ready")).json()["redis"] == "reachable"
        with hanging_valkey.hanging():
            answer = await timed(stranger, "/health/ready")
            body = answer.json()
            assert (answer.status_code, body["status"], body["redis"]) == (200, "degraded", "unreachable")
            assert body["database"] == "writable"
        assert (await timed(stranger, "/health/ready")).json()["redis"] == "reachable"


def run(url: str, *statements: str) -> None:
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


async def test_a_database_that_only_reads_is_not_ready(stranger: httpx.AsyncClient, database_url: str) -> None:
    """Trials G8."""
    name = make_url(database_url).database
    run(database_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    answer = await timed(stranger, "/health/ready")
    assert (answer.status_code, reason_of(answer)) == (503, "the database only reads")
    swedish = await stranger.get("/health/ready", headers={"Accept-Language": "sv"})
    assert reason_of(swedish) == "databasen går bara att läsa"


@pytest.fixture
def full_disk(data_directory: DataDirectory, server_url: str, database_url: str) -> Iterator[str]:
    """Mount a file system without room, and yield the name of a table space on it."""
    place = data_directory.path / "full"
    data_directory.hand_over(place)
    mount = ["mount", "-t", "tmpfs", "-o", f"size=64k,uid={place.stat().st_uid},mode=700", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a file system")
    try:
        with superuser(data_directory) as connection:
            connection.execute(f"CREATE TABLESPACE full_disk LOCATION '{place}'".encode())
            connection.execute("GRANT CREATE ON TABLESPACE full_disk TO PUBLIC")
            yield "full_disk"
            run(database_url, f"ALTER DATABASE {make_url(database_url).database} RESET temp_tablespaces")
            connection.execute("DROP TABLESPACE full_disk")
    finally:
        subprocess.run(["umount", str(place)], check=True)


async def test_a_full_disk_is_not_ready(stranger: httpx.AsyncClient, database_url: str, full_disk: str) -> None:
    """Trials G8."""
    name = make_url(database_url).database
    run(database_url, f"ALTER DATABASE {name} SET temp_tablespaces = '{full_disk}'")
    answer = await timed(stranger, "/health/ready")
    assert (answer.status_code, reason_of(answer)) == (503, "the database's disk is full")


async def test_a_lock_that_hides_the_backlog_does_not_stop_reports(
    stranger: httpx.AsyncClient, database_url: str
) -> None:
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("LOCK TABLE dirty_mark IN ACCESS EXCLUSIVE MODE")
        answer = await timed(stranger, "/health/ready")
    body = answer.json()
    assert (answer.status_code, body["status"], body["figures"]) == (200, "degraded", "unknown")
    assert "oldestMarkSeconds" not in body
    assert "figures" in [problem["part"] for problem in body["problems"]]


async def test_what_it_says_holds_no_secret(stranger: httpx.AsyncClient, settings: Settings) -> None:
    answer = await stranger.get("/health/ready")
    for secret in (settings.database_url, settings.redis_url):
        assert secret not in answer.text


class StateError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__()
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "fault"),
    [
        ("25006", ServerFault.READ_ONLY),
        ("53100", ServerFault.DISK_FULL),
        ("53300", ServerFault.LIMITED),
        ("57014", ServerFault.SLOW),
        ("57P03", ServerFault.STARTING),
        ("28P01", ServerFault.UNKNOWN_ACCOUNT),
        ("28000", ServerFault.NOT_LET_IN),
        ("3D000", ServerFault.UNKNOWN_DATABASE),
        ("42501", ServerFault.NOT_ALLOWED),
        ("55P03", ServerFault.BUSY),
        ("40001", ServerFault.BUSY),
        ("08006", ServerFault.AWAY),
        ("42P01", ServerFault.AWAY),
        (None, ServerFault.AWAY),
    ],
)
def test_an_error_is_known_by_its_state(sqlstate: str | None, fault: ServerFault) -> None:
    assert fault_of(OperationalError("", {}, StateError(sqlstate))) is fault
    assert fault_of(StateError(sqlstate)) is fault


class TestRefusedSession:
    @pytest.fixture(params=["password", "database", "sessions"])
    def settings(self, request: pytest.FixtureRequest, database_url: str, redis_url: str) -> Settings:
        url = make_url(database_url)
        if request.param == "password":
            url = url.set(password="mistyped")
        elif request.param == "database":
            url = url.set(database="none_of_these")
        else:
            run(database_url, f"ALTER DATABASE {url.database} CONNECTION LIMIT 0")
        whole = url.render_as_string(hide_password=False)
        return Settings(database_url=whole, redis_url=redis_url, public_url=BASE_URL, log_level="critical")

    async def test_it_is_said_why(self, stranger: httpx.AsyncClient, request: pytest.FixtureRequest) -> None:
        """Trials G8."""
        expected = {
            "password": ServerFault.UNKNOWN_ACCOUNT,
            "database": ServerFault.UNKNOWN_DATABASE,
            "sessions": ServerFault.LIMITED,
        }[request.node.callspec.params["settings"]]
        deadline = time.monotonic() + 10
        while True:  # a session is tried to be made for a while, as the server may be about to start
            answer = await timed(stranger, "/health/ready")
            assert answer.status_code == 503
            if reason_of(answer) == expected.value.reason:
                break
            assert reason_of(answer) == ServerFault.SLOW.value.reason
            assert time.monotonic() < deadline
        assert "mistyped" not in answer.text


def test_no_answer_is_slowness() -> None:
    assert fault_of(TimeoutError()) is ServerFault.SLOW
    assert fault_of(EngineTimeout()) is ServerFault.SLOW


async def test_an_answer_is_never_older_than_the_question() -> None:
    asked, may_end = 0, asyncio.Event()

    async def ask() -> int:
        nonlocal asked
        asked += 1
        number = asked
        await may_end.wait()
        return number

    flight = SingleFlight(ask)
    first = asyncio.create_task(flight.answer(5))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(flight.answer(5)) for _ in range(3)]
    with pytest.raises(TimeoutError):
        await flight.answer(0.01)
    may_end.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2, 2, 2]
    assert await flight.answer(5) == 3
    await flight.stop()


async def test_an_error_is_raised_to_all_who_wait_and_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        await asyncio.sleep(0.02)
        raise OSError

    flight: SingleFlight[None] = SingleFlight(ask)
    outcomes = await asyncio.gather(flight.answer(5), flight.answer(5), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError, OSError]
    with pytest.raises(TimeoutError):
        await flight.answer(0.001)
    await flight.stop()
    with caplog.at_level(logging.ERROR):
        await asyncio.sleep(0)
    assert "never retrieved" not in caplog.text
