"""PostgreSQL, Redis, the API and the worker for the measurements: processes of their own, set up as shipped."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from sqlalchemy import make_url

from services.cli import cluster, embedded, serve
from services.cli.child_process import Child, Program
from services.cli.data_directory import DataDirectory
from services.cli.serve import Address
from tests.benchmarks.database import Database
from tests.ports import free_port

SECONDS_TO_ANSWER = 60.0
API = "/samverkan/v1"
# One key asks as often as it can.
UNLIMITED = {"SAMVERKAN_LIMIT_KEY_REQUESTS_PER_MINUTE": "10000000"}
# What a shell may have set for another installation.
SETTINGS = ("DATABASE_URL", "REDIS_URL", "SAMVERKAN_", "PYTHONPATH")


@dataclass(frozen=True, slots=True)
class Installation:
    """The code of a commit, and the Python that has the packages it needs."""

    root: Path
    python: Path

    @property
    def command(self) -> str:
        """Where its `samverkan` is."""
        return str(self.python.with_name("samverkan"))


OURS = Installation(Path(__file__).parents[2], Path(sys.executable))


@dataclass(frozen=True, slots=True)
class Service:
    """What an API and a worker are started with. Each service has a Redis of its own: no wake-up crosses over."""

    installation: Installation
    database: Database
    redis_url: str

    def environment(self) -> Mapping[str, str]:
        """Return the environment of its processes; where they are started must not decide whose code they import."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        own = {"DATABASE_URL": self.database.url, "REDIS_URL": self.redis_url, "SAMVERKAN_LOG_LEVEL": "warning"}
        return {**inherited, **own, "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1"}


@dataclass(frozen=True, slots=True)
class Servers:
    """A running PostgreSQL, as it is shipped, and two running Redis: for our services, and for those of a commit."""

    postgres_url: str
    redis_url: str
    other_redis_url: str

    def database(self, name: str, key: str = "") -> Database:
        """Return the database of a name."""
        return Database(make_url(self.postgres_url).set(database=name).render_as_string(hide_password=False), key)

    def service(self, database: Database) -> Service:
        """Return our own service on a database."""
        return Service(OURS, database, self.redis_url)


@contextmanager
def running_servers(path: Path) -> Iterator[Servers]:
    """Run the servers with their files in a folder."""
    directory, other = DataDirectory(path), DataDirectory(path / "other")
    with ExitStack() as stack:
        stack.enter_context(directory.locked())
        stack.enter_context(other.locked())
        postgres_url = stack.enter_context(embedded.running(embedded.postgres(directory), _pass_on))
        with cluster.superuser(directory) as connection:
            connection.execute("ALTER ROLE samverkan_service CREATEDB")
            # A database is dropped also while it is being vacuumed.
            connection.execute("GRANT pg_signal_backend TO samverkan_service")
            connection.execute("GRANT pg_checkpoint TO samverkan_service")
        yield Servers(
            postgres_url,
            stack.enter_context(embedded.running(embedded.valkey(directory), _pass_on)),
            stack.enter_context(embedded.running(embedded.valkey(other), _pass_on)),
        )


@contextmanager
def running_api(service: Service) -> Iterator[Address]:
    """Run a service's API and yield its address once it answers."""
    address = free_address()
    command = [str(service.installation.python), *_server(service.installation.root)]
    command += ["--host", address.host, "--port", str(address.port)]
    environment = {**service.environment(), **UNLIMITED, "SAMVERKAN_PUBLIC_URL": address.url}
    with running(Program(name="api", command=tuple(command), environment=environment)) as child:
        wait_for_answer(child, address)
        yield address


def _server(root: Path) -> tuple[str, ...]:
    """Return what Python runs as the API; a commit from before it had a server of its own runs uvicorn."""
    if (root / "services" / "api" / "server.py").exists():
        return ("-c", f"import sys; sys.path.insert(0, {str(root)!r}); from services.api.server import main; main()")
    app = ("services.api.app:create_app", "--factory", "--app-dir", str(root))
    return ("-m", "uvicorn", *app, "--no-access-log", "--log-level", "warning")


@contextmanager
def running_worker(service: Service) -> Iterator[None]:
    """Run a service's worker."""
    command = (str(service.installation.python), "-m", "services.indicators.worker")
    with running(Program(name="worker", command=command, environment=service.environment())):
        yield


@contextmanager
def running(program: Program) -> Iterator[Child]:
    """Run a program as a child process."""
    child = Child(program, _pass_on)
    try:
        yield child
    finally:
        child.stop()


def wait_for_answer(child: Child, address: Address) -> None:
    """Return once a server answers at an address."""
    given_up = Event()
    for _ in range(int(SECONDS_TO_ANSWER / serve.SECONDS_BETWEEN_LOOKS)):
        if serve.answers(address):
            return
        if not child.is_alive():
            break
        given_up.wait(serve.SECONDS_BETWEEN_LOOKS)
    raise RuntimeError(f"{child.program.name} does not answer:\n{child.last_lines()}")


def free_address() -> Address:
    """Return an address of this machine that nothing listens at."""
    return Address("127.0.0.1", free_port())


def _pass_on(name: str, line: str) -> None:
    """Pass on what a server writes only where someone asks for it."""
    if os.environ.get("BENCHMARK_LOG"):
        sys.stderr.write(f"{name}: {line}\n")
