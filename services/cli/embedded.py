"""PostgreSQL 18 and Valkey 9 as child processes, for a machine that has neither."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from psycopg.pq import PGconn, Ping
from sqlalchemy import URL

from services.cli import cluster
from services.cli.child_process import Child, Program, Report
from services.cli.data_directory import DataDirectory
from services.cli.errors import StopRequested
from services.cli.passwords import password_in, write_private
from services.cli.server_errors import is_leftover, not_started
from services.cli.wheels import POSTGRES, VALKEY, plain_environment, postgres_program, refuse_missing, valkey_program
from shared.redis import UNAVAILABLE, blocking_client

SECONDS_TO_START = 30.0
SECONDS_BEFORE_NEXT_TRY = 0.5
SECONDS_BETWEEN_LOOKS = 0.02

POSTGRES_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_line_prefix": "",  # whoever passes the lines on says when and from where
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # a detail or context repeats the values that an error is about
    "log_min_error_statement": "panic",  # so may a statement
    "max_wal_size": "4GB",  # an import should not wait for checkpoints
    "checkpoint_timeout": "15min",  # each makes the next change of every page dearer
    "random_page_cost": "1.1",  # solid-state disks
    "jit": "off",  # this build has none
    "idle_in_transaction_session_timeout": "60s",  # a forgotten transaction would keep dead marks alive
}
"""Given on the command line, so that they hold from the first start and no file has to be edited."""

VALKEY_SETTINGS: Mapping[str, str] = {
    "port": "0",
    "unixsocketperm": "700",
    "save": '""',
    "loglevel": "warning",
    "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru",  # nothing in it is of worth
}


@dataclass(frozen=True, slots=True)
class Server:
    """An embedded server: its program, the folder it needs, the URL it answers at, and a look at whether it does.

    `prepare` is called before its program is started, `complete` once it answers.
    """

    program: Program
    folder: Path
    url: str
    is_ready: Callable[[], bool]
    prepare: Callable[[], None] = lambda: None
    complete: Callable[[], None] = lambda: None


def postgres(directory: DataDirectory, settings: Mapping[str, str] = POSTGRES_SETTINGS) -> Server:
    """Describe the PostgreSQL of a data directory, as services reach it."""
    options = {**memory_settings(), **settings, "unix_socket_directories": str(directory.sockets)}
    command = [postgres_program("postgres", directory), "-D", str(directory.cluster)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    url = URL.create(
        "postgresql+psycopg",
        username=cluster.ROLE,
        password=cluster.password_of(directory, cluster.ROLE),
        database=cluster.DATABASE,
        query={"host": str(directory.sockets)},
    )
    return Server(
        Program(
            name="postgres",
            command=tuple(command),
            environment=plain_environment(),
            account=directory.account,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then writes everything out
            orphan_signal=signal.SIGINT,
            grace=60.0,
            answers=lambda: ping(directory) != Ping.NO_RESPONSE,
            patience=3.0,  # to start it again is dear
        ),
        directory.cluster,
        url.render_as_string(hide_password=False),
        lambda: ping(directory) == Ping.OK,
        lambda: cluster.initialise(directory),
        lambda: cluster.complete(directory),
    )


def ping(directory: DataDirectory) -> Ping:
    """Ask PostgreSQL whether it lets anyone in; it needs no password for an answer."""
    return Ping(PGconn.ping(f"host={directory.sockets} dbname=postgres user={cluster.ROLE} connect_timeout=5".encode()))


def memory_settings() -> dict[str, str]:
    """Return how much memory PostgreSQL may use: an eighth of the machine's, within bounds, for its own buffers."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    buffers = min(max(megabytes // 8, 128), 4096)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{megabytes // 2}MB"}


def valkey(directory: DataDirectory) -> Server:
    """Describe the Valkey of a data directory. It keeps nothing on disk: no fact depends on it."""
    socket = directory.sockets / "valkey.sock"
    password = password_in(directory.password("valkey"))
    url = f"unix://:{password}@{socket}"
    # In a file: every account of the machine may read a command line.
    options = {**VALKEY_SETTINGS, "unixsocket": f'"{socket}"', "requirepass": password}
    content = "".join(f"{name} {value}\n" for name, value in options.items())
    return Server(
        Program(
            name="valkey",
            command=(valkey_program(directory), str(directory.valkey_settings)),
            environment=plain_environment(),
            account=directory.account,
            grace=5.0,
            answers=lambda: answers(url),
        ),
        directory.path,
        url,
        lambda: answers(url),
        lambda: write_private(directory.valkey_settings, content, directory.owner),
    )


def start(server: Server, report: Report, stop: Event) -> Child:
    """Start a server and wait until it answers. Its data directory must be locked.

    One that ends at once is started again for a while: what an earlier run left behind may still be on its way out.

    Raises:
        CommandError: it could not be prepared, or did not answer in time; it is stopped.
        StopRequested: `stop` was set meanwhile; the server is stopped.
    """
    try:
        server.prepare()
        child = _started(server, report, stop)
    except OSError as error:
        raise not_started(server.program.name, server.folder, str(error)) from error
    try:
        server.complete()
    except BaseException:
        child.stop()
        raise
    return child


def _started(server: Server, report: Report, stop: Event) -> Child:
    deadline = time.monotonic() + SECONDS_TO_START
    child = Child(server.program, report)
    while not server.is_ready() or not child.is_alive():
        if not child.is_alive():
            lines = child.last_lines()
            if not is_leftover(lines) or time.monotonic() > deadline:
                raise not_started(server.program.name, server.folder, lines)
            stop.wait(SECONDS_BEFORE_NEXT_TRY)
            child = Child(server.program, report)
        elif time.monotonic() > deadline:
            child.stop()
            raise not_started(server.program.name, server.folder, child.last_lines())
        if stop.wait(SECONDS_BETWEEN_LOOKS):
            child.stop()
            raise StopRequested
    return child


@contextmanager
def running(server: Server, report: Report = lambda _name, _line: None) -> Iterator[str]:
    """Run a server alone and yield its URL. Its data directory must be locked."""
    child = start(server, report, Event())
    try:
        yield server.url
    finally:
        child.stop()


def answers(redis_url: str) -> bool:
    """Tell whether a Valkey takes commands."""
    with blocking_client(redis_url, seconds=1.0) as client:
        try:
            return bool(client.ping())
        except UNAVAILABLE:
            return False


def servers_not_named(directory: DataDirectory, environment: Mapping[str, str] = os.environ) -> dict[str, Server]:
    """Return the servers, by their variable, that a data directory must run since the environment names no other.

    Raises:
        EmbeddedServerMissing: with all that are not installed.
    """
    needed = [wheel for wheel in (POSTGRES, VALKEY) if not environment.get(wheel.variable)]
    refuse_missing(*needed)
    build = {POSTGRES: postgres, VALKEY: valkey}
    return {wheel.variable: build[wheel](directory) for wheel in needed}
