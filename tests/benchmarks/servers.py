"""PostgreSQL, Redis, the API and the worker for the measurements: processes of their own, set up as shipped."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from threading import Event

from sqlalchemy import NullPool, create_engine, make_url

from services.cli import embedded, migrations, up
from services.cli.child import Child, Program
from services.cli.data_directory import DataDirectory
from shared.db import keys
from shared.db.keys import Scope
from shared.settings import Settings

BASE = "base"
SECONDS_TO_ANSWER = 30.0


@dataclass(frozen=True, slots=True)
class Servers:
    """A running PostgreSQL and Redis, and a key that every database made from the base knows."""

    postgres_url: str
    redis_url: str
    key: str

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return make_url(self.postgres_url).set(database=database).render_as_string(hide_password=False)

    def create(self, database: str, template: str) -> str:
        """Make a database that equals another, and return its URL."""
        self.run(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database."""
        self.run(f"DROP DATABASE {database}")

    def run(self, statement: str, database_url: str | None = None) -> object:
        """Run a statement outside of every transaction and return the first column of its first row, if any."""
        url = database_url or self.postgres_url
        with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            result = connection.exec_driver_sql(statement)
            return result.scalar() if result.returns_rows else None

    def settings(self, database_url: str, address: up.Address) -> Settings:
        """Return what the services need to know."""
        return Settings(
            database_url=database_url, redis_url=self.redis_url, public_url=address.url, log_level="warning"
        )


@contextmanager
def running_servers(path: Path) -> Iterator[Servers]:
    """Run PostgreSQL, as it is shipped, and Redis; the base database is migrated and has a key."""
    directory = DataDirectory(path)
    with (
        directory.held(),
        embedded.running(embedded.postgres(directory), _tell) as postgres_url,
        embedded.running(embedded.valkey(directory), _tell) as redis_url,
    ):
        servers = Servers(postgres_url, redis_url, keys.PREFIX + secrets.token_urlsafe(keys.SECRET_BYTES))
        servers.run(f"CREATE DATABASE {BASE}")
        migrations.upgrade(servers.url(BASE))
        with create_engine(servers.url(BASE), poolclass=NullPool).begin() as connection:
            key = keys.create(connection, "benchmarks", [Scope.ADMINISTER])
        yield Servers(postgres_url, redis_url, key)


@contextmanager
def running_api(servers: Servers, database_url: str) -> Iterator[up.Address]:
    """Run the API on a database and yield its address once it answers."""
    address = free_address()
    with running(up.api(servers.settings(database_url, address), address)) as child:
        wait_for_answer(child, address)
        yield address


@contextmanager
def running_worker(servers: Servers, database_url: str) -> Iterator[None]:
    """Run the worker on a database."""
    with running(up.worker(servers.settings(database_url, up.Address("127.0.0.1", 0)))):
        yield


@contextmanager
def running(program: Program) -> Iterator[Child]:
    """Run a program as a child process."""
    child = Child(program, _tell)
    try:
        yield child
    finally:
        child.stop()


def wait_for_answer(child: Child, address: up.Address) -> None:
    """Return once a server answers at an address."""
    given_up = Event()
    for _ in range(int(SECONDS_TO_ANSWER / up.SECONDS_BETWEEN_LOOKS)):
        if up.answers(address):
            return
        if not child.is_alive():
            break
        given_up.wait(up.SECONDS_BETWEEN_LOOKS)
    raise RuntimeError(f"{child.program.name} does not answer:\n{child.last_lines()}")


def free_address() -> up.Address:
    """Return an address of this machine that nothing listens at."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return up.Address("127.0.0.1", probe.getsockname()[1])


def _tell(name: str, line: str) -> None:
    """Show what a server writes only where someone asks for it."""
    if os.environ.get("BENCHMARK_LOG"):
        sys.stderr.write(f"{name}: {line}\n")
