"""The embedded servers let in nobody without a password, and nobody as a superuser: `trials C14`."""

from __future__ import annotations

import os
import pwd
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import psutil  # type: ignore[import-untyped]  # it tells no types
import psycopg
import pytest
from psycopg import errors
from redis.exceptions import AuthenticationError
from sqlalchemy import make_url

from services.cli import cluster, embedded, migrations
from services.cli.child_process import Child, Program
from services.cli.data_directory import DataDirectory
from services.cli.errors import DataDirectoryUnusable
from services.cli.wheels import plain_environment, postgres_program
from shared.redis import blocking_client
from tests.data_in_memory import IN_MEMORY
from tests.templates import SETTINGS

pytestmark = pytest.mark.server

PLACE = IN_MEMORY if IN_MEMORY.is_dir() else None
SMALL = {**SETTINGS, "shared_buffers": "32MB"}
# One object of each kind that can be owned, as somebody may have made it by hand.
BY_HAND = """
    CREATE TABLE sample (id integer GENERATED ALWAYS AS IDENTITY, old_id serial, letter text);
    INSERT INTO sample (letter) VALUES ('Å');
    CREATE SEQUENCE "Nästa";
    CREATE VIEW sample_view AS SELECT * FROM sample;
    CREATE MATERIALIZED VIEW sample_copy AS SELECT * FROM sample;
    CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql RETURN $1 * 2;
    CREATE PROCEDURE nothing() LANGUAGE sql AS '';
    CREATE TYPE mood AS ENUM ('calm');
    CREATE TYPE pair AS (one integer, other integer);
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE SCHEMA "Sär skilt";
    CREATE TABLE "Sär skilt"."Ett till" (id integer);
    SELECT lo_from_bytea(4711, '\\x01');
"""
OWNED_BY_SUPERUSER = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relowner = 10 AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL SELECT oid::regprocedure::text FROM pg_proc
    WHERE proowner = 10 AND pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL SELECT oid::regtype::text FROM pg_type
    WHERE typowner = 10 AND typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = 10 AND nspname !~ '^(pg_|information_schema)'
    UNION ALL SELECT oid::text FROM pg_largeobject_metadata WHERE lomowner = 10
"""


@pytest.fixture(scope="module")
def directory() -> Iterator[DataDirectory]:
    with TemporaryDirectory(prefix="samverkan-test-", dir=PLACE) as path:
        yield DataDirectory(Path(path) / "data")


@pytest.fixture(scope="module")
def old_url(directory: DataDirectory) -> str:
    """Make a data directory as older versions did: with trust, and one role for everything."""
    with directory.locked():
        directory.hand_over(directory.cluster)
        initdb = [postgres_program("initdb", directory), "--pgdata", str(directory.cluster)]
        initdb += ["--username", "samverkan", "--auth", "trust", "--encoding", "UTF8"]
        initdb += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        run_to_its_end(initdb, directory)
        server = [postgres_program("postgres", directory), "-D", str(directory.cluster)]
        for name, value in {**SMALL, "unix_socket_directories": str(directory.sockets)}.items():
            server += ["-c", f"{name}={value}"]
        host = f"host={directory.sockets} user=samverkan"
        url = f"postgresql+psycopg://samverkan@/samverkan?host={directory.sockets}"
        with running(server, directory, f"{host} dbname=postgres"):
            with psycopg.connect(f"{host} dbname=postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE samverkan")
            with psycopg.connect(f"{host} dbname=samverkan") as connection:
                connection.execute(BY_HAND)
            migrations.upgrade(url)
    directory.log.write_text("a line\n")
    for path in (directory.path, directory.cluster, directory.log):
        path.chmod(0o755)
    return url


@pytest.fixture(scope="module")
def url(directory: DataDirectory, old_url: str) -> Iterator[str]:
    """Start PostgreSQL on what an older version left."""
    with directory.locked(), embedded.running(embedded.postgres(directory, SMALL)) as url:
        yield url


def run_to_its_end(command: list[str], directory: DataDirectory) -> None:
    child = program(command, directory)
    assert child.wait() == 0, child.last_lines()


def program(command: list[str], directory: DataDirectory) -> Child:
    environment = plain_environment()
    described = Program(name="x", command=tuple(command), environment=environment, account=directory.account)
    return Child(described, lambda _name, _line: None)


@contextmanager
def running(command: list[str], directory: DataDirectory, conninfo: str) -> Iterator[None]:
    child = program(command, directory)
    for _ in range(200):
        if psycopg.pq.PGconn.ping(conninfo.encode()) == psycopg.pq.Ping.OK:
            break
        Event().wait(0.05)
    yield
    child.stop()


def conninfo(url: str, **changed: Any) -> str:
    return make_url(url).set(drivername="postgresql")._replace(**changed).render_as_string(hide_password=False)


def test_what_an_older_version_left_goes_on_and_belongs_to_the_service(url: str) -> None:
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        assert connection.execute("SELECT letter FROM sample").fetchall() == [("Å",)]
        assert connection.execute("SELECT lo_get(4711)").fetchall() == [(b"\x01",)]
        assert connection.execute(OWNED_BY_SUPERUSER).fetchall() == []
        connection.execute("INSERT INTO sample (letter) VALUES ('Ä')")
        connection.execute("ALTER TABLE area ADD COLUMN sample text")
        connection.execute("ALTER TABLE area DROP COLUMN sample")
    migrations.upgrade(url)


def test_without_the_password_nobody_gets_in(url: str, old_url: str) -> None:
    attempts = [
        old_url,
        conninfo(url, password=None),
        conninfo(url, password="wrong"),
        conninfo(url, username="samverkan", database="postgres"),
        conninfo(url, username="postgres"),
        conninfo(url, username=pwd.getpwuid(os.geteuid()).pw_name),
    ]
    for attempt in attempts:
        with pytest.raises(psycopg.OperationalError, match=r"password|no pg_hba.conf entry"):
            psycopg.connect(conninfo(attempt)).close()


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 'x') TO PROGRAM 'cat'",
        "COPY sample (letter) FROM PROGRAM 'id'",
        "COPY sample TO '/tmp/sample'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_import('/etc/passwd')",
        "CREATE ROLE other",
        "CREATE DATABASE other",
        "ALTER ROLE samverkan_service SUPERUSER",
        "ALTER SYSTEM SET listen_addresses = '*'",
        "SET ROLE samverkan",
        "SET session_replication_role = replica",
        "GRANT pg_execute_server_program TO samverkan_service",
        "CREATE FUNCTION run(text) RETURNS integer LANGUAGE c AS 'libc.so.6', 'system'",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_the_services_role_cannot_leave_its_database(url: str, statement: str) -> None:
    with psycopg.connect(conninfo(url), autocommit=True) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


def test_modes_are_set_at_every_start(directory: DataDirectory, url: str) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert {mode(path) for path in (directory.cluster, directory.sockets, directory.password(""))} == {0o700}
    files = [directory.log, directory.cluster / "pg_hba.conf", *directory.password("").iterdir()]
    assert {mode(path) for path in files} == {0o600}
    assert mode(directory.path) & 0o066 == 0
    # The socket itself is made by PostgreSQL.
    assert mode(directory.sockets / ".s.PGSQL.5432") == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another account")
def test_another_account_gets_nowhere(directory: DataDirectory, url: str) -> None:
    for path in (*directory.password("").iterdir(), directory.log, directory.cluster / "PG_VERSION"):
        assert is_denied(partial(path.read_bytes)), path
    with socket.socket(socket.AF_UNIX) as knock:
        assert is_denied(partial(knock.connect, str(directory.sockets / ".s.PGSQL.5432")))


def is_denied(attempt: Callable[[], object]) -> bool:
    """Tell whether an attempt is refused to another account of the machine."""
    if (child := os.fork()) == 0:
        os.setgroups([])
        os.setgid(pwd.getpwnam("daemon").pw_gid)
        os.setuid(pwd.getpwnam("daemon").pw_uid)
        try:
            attempt()
        except PermissionError:
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_redis_wants_a_password_that_no_command_line_shows(directory: DataDirectory, url: str) -> None:
    with embedded.running(embedded.valkey(directory)) as redis_url:
        access, _, path = redis_url.rpartition("@")
        with blocking_client(f"unix://{path}") as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        with blocking_client(f"unix://:wrong@{path}") as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        with blocking_client(redis_url) as client:
            assert client.ping()
        secrets = {access.removeprefix("unix://:"), make_url(url).password}
        for process in psutil.Process().children(recursive=True):
            assert not any(secret in line for secret in secrets for line in process.cmdline())


def test_a_password_that_was_lost_is_set_anew_and_a_wrong_one_is_named(directory: DataDirectory, url: str) -> None:
    with TemporaryDirectory(prefix="samverkan-test-", dir=PLACE) as path:
        other = DataDirectory(Path(path) / "data")
        with other.locked():
            with embedded.running(embedded.postgres(other, SMALL)):
                pass
            other.password("superuser").write_text("wrong\n")
            with (
                pytest.raises(DataDirectoryUnusable, match="is not that of the files"),
                embedded.running(embedded.postgres(other, SMALL)),
            ):
                pass
            for name in ("superuser", "service"):
                other.password(name).unlink()
            with (
                embedded.running(embedded.postgres(other, SMALL)) as new_url,
                psycopg.connect(conninfo(new_url)) as connection,
            ):
                assert connection.execute("SELECT current_user").fetchone() == (cluster.ROLE,)
