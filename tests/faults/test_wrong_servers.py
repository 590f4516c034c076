"""Servers and data folders that are wrong are named in one line, with how to mend it: `trials G7`."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL
from sqlalchemy import URL, make_url

from services.cli import cluster
from services.cli.child_process import Child, Program
from services.cli.data_directory import DataDirectory
from services.cli.main import main
from services.cli.server_errors import refused
from shared.environment import UnusableSettings
from shared.settings import Settings
from tests.ports import free_port

pytestmark = [pytest.mark.server, pytest.mark.timeout(90)]

COMMANDS = (["values", "1282"], ["verify"], ["rebuild"], ["keys", "list"], ["migrate"], ["up", "--port", "1024"])
Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command that must fail, and returns the one line that it writes."""

    def run(*arguments: str, **environment: str) -> str:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["samverkan", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in {1, 2}
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("samverkan: ")
        assert "Traceback" not in line
        return line

    return run


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a port and treat each connection in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    Thread(target=answer, args=(connection,), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def http(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def postgres(server_url: str) -> URL:
    return make_url(server_url)


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong@/"}, "does not know the account or its password"),
        ({"username": "nobody-known"}, "does not know the account or its password"),
        ({"database": "none-such"}, "has no database of this name"),
        ({"host": "none-such.invalid", "query": {}}, "host has no address"),
        ({"query": {"host": "/nowhere"}}, "cannot be reached"),
    ],
)
def test_a_wrong_database_url_is_named_in_one_line(run: Run, postgres: URL, change: dict[str, Any], said: str) -> None:
    line = run("values", "1282", DATABASE_URL=text(postgres._replace(**change)))
    assert f" {said}" in line
    assert "DATABASE_URL" in line
    assert "wrong@" not in line
    assert quote("wrong@/", safe="") not in line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_that_nothing_answers(run: Run, command: list[str]) -> None:
    port = free_port()
    url = f"postgresql://user:secret@127.0.0.1:{port}/x"
    line = run(*command, DATABASE_URL=url, REDIS_URL=f"redis://127.0.0.1:{port}")
    assert f"at 127.0.0.1, port {port}, cannot be used: the database cannot be reached" in line
    assert "secret" not in line


def test_what_is_no_postgresql_and_what_speaks_no_tls_is_named(run: Run, postgres: URL) -> None:
    with listening(http) as port:
        line = run("values", "1282", DATABASE_URL=f"postgresql://user@127.0.0.1:{port}/x")
        assert "what answers is no PostgreSQL" in line

    def without_tls(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(8)
            connection.sendall(b"N")  # as PostgreSQL answers that has no TLS
            connection.recv(4096)

    with listening(without_tls) as port:
        line = run("values", "1282", DATABASE_URL=f"postgresql://user@127.0.0.1:{port}/x?sslmode=require")
        assert "cannot agree on TLS" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://host/x?nonsense=1"),
        ("DATABASE_URL", "mysql://host/x"),
        ("REDIS_URL", "redis://host/0?nonsense=1"),
        ("REDIS_URL", "redis://host/0?db=x"),
        ("REDIS_URL", "http://host"),
    ],
)
def test_an_option_that_no_server_knows_is_named_at_the_start(name: str, value: str) -> None:
    given = {"DATABASE_URL": "postgresql://host/x", "REDIS_URL": "redis://host", name: value}
    with pytest.raises(UnusableSettings, match=f"^{name} cannot be used as it is"):
        Settings.from_environment(given)


def test_characters_that_an_address_has_a_use_for_are_taken_when_they_are_encoded(
    run: Run, postgres: URL, data_directory: DataDirectory
) -> None:
    password = "p@ss/w:rd?%#"
    with cluster.superuser(data_directory) as connection:
        connection.execute(SQL("CREATE ROLE odd LOGIN PASSWORD {}").format(password))
    address = f"postgresql://odd:{quote(password, safe='')}@/samverkan?host={data_directory.sockets}"
    try:
        assert "tables are not those" in run("values", "1282", DATABASE_URL=address)  # it came so far
        url = Settings.from_environment({"DATABASE_URL": address, "REDIS_URL": "redis://:p%40%2F@host"}).database_url
        assert make_url(url).password == password
    finally:
        with cluster.superuser(data_directory) as connection:
            connection.execute("DROP ROLE odd")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE ROLE other", "does not allow this account what is needed"),
        ("SET transaction_read_only = on; CREATE TABLE x ()", "only reads"),
        ("SET statement_timeout = 1; SELECT pg_sleep(1)", "does not answer in time"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", "starts or stops"),
    ],
)
def test_what_postgresql_refuses_is_said_in_one_line(postgres: URL, statement: str, said: str) -> None:
    plain = text(postgres.set(drivername="postgresql"))
    with pytest.raises(psycopg.Error) as error, psycopg.connect(plain) as connection:
        connection.execute(statement)
    explained = str(refused(error.value))
    assert said in explained
    assert "\n" not in explained


def test_a_fault_of_ours_stays_a_traceback(postgres: URL) -> None:
    plain = text(postgres.set(drivername="postgresql"))
    with pytest.raises(psycopg.Error) as error, psycopg.connect(plain) as connection:
        connection.execute("SELECT nothing FROM nowhere")
    assert refused(error.value) is None


@pytest.mark.parametrize(
    "command",
    [
        ["values", "1282"],
        ["verify"],
        ["rebuild"],
        ["keys", "list"],
        ["keys", "create", "--name", "x", "--scope", "read", "--area", "SE"],
    ],
    ids=" ".join,
)
def test_a_mistyped_folder_is_an_error_and_is_not_made(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    line = run(*command, SAMVERKAN_DATA=str(tmp_path / "mistyped"))
    assert f"{tmp_path / 'mistyped'} holds no data" in line
    assert not (tmp_path / "mistyped").exists()


def test_a_worker_without_redis_says_so_once_and_computes(database_url: str) -> None:
    said: list[str] = []
    port = free_port()
    command = (sys.executable, "-m", "services.indicators.worker")
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": f"redis://:secret@127.0.0.1:{port}"}
    child = Child(Program(name="worker", command=command, environment=environment), lambda _, line: said.append(line))
    try:
        for _ in range(300):
            if any("cannot be used" in line for line in said):
                break
            Event().wait(0.1)
        Event().wait(3)
        assert child.is_alive()
        lines = [line for line in said if f"at 127.0.0.1:{port} cannot be used: it cannot be reached" in line]
        assert len(lines) == 1, said
        assert not any("Traceback" in line or "secret" in line for line in said)
    finally:
        child.stop()
