"""The templates of the tests' databases: made once for all processes of a run, by the first that needs a server.

To make them takes twenty seconds of a processor, and to copy PostgreSQL's files less than one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url

from services.cli import cluster, embedded
from services.cli.data_directory import DataDirectory
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from shared.settings import Settings
from tests.log_guard import LOGS

Keys = Mapping[KeyScope, str]
# Set by xdist: how many processes share the tests.
PROCESSES = "PYTEST_XDIST_WORKER_COUNT"
# What a crash would lose is of no worth here; and every buffer is looked at whenever a database is made or dropped.
SETTINGS = {
    **embedded.POSTGRES_SETTINGS,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    "shared_buffers": "256MB",
    # A password is worth as many rounds as it takes to guess it. Each of the many connections pays for them.
    "scram_iterations": "1",
}
TEMPLATE, LANDSKRONA, YEAR = "template_samverkan", "template_landskrona", "template_year"


def begin_with_seed(directory: DataDirectory, shared: Path) -> Keys:
    """Return the keys of the templates in a directory: made there, or by another process and copied.

    `shared` is a folder that all processes of the run have. Whoever comes meanwhile waits for the first.
    """
    seed, keys_file, copies = shared / "seed", shared / "seed.json", shared / "copies"
    with (shared / "seed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (keys_file.exists() and seed.exists()):
            made = make_templates(directory)
            _copy(directory.path, seed)
            keys_file.write_text(json.dumps(made), encoding="utf-8")
            return made
        _copy(seed, directory.path)
        with copies.open("a") as file:
            file.write("x")
        if copies.stat().st_size == int(os.environ[PROCESSES]) - 1:
            shutil.rmtree(seed)
    return {KeyScope(scope): key for scope, key in json.loads(keys_file.read_text(encoding="utf-8")).items()}


@contextmanager
def running_postgres(directory: DataDirectory) -> Iterator[str]:
    """Run PostgreSQL; its URL names a database that is left empty. The services' role may also make databases here."""
    with embedded.running(embedded.postgres(directory, SETTINGS), LOGS.take) as url:
        with cluster.superuser(directory) as connection:
            connection.execute("ALTER ROLE samverkan_service CREATEDB")
            # A database is dropped also while it is being vacuumed.
            connection.execute("GRANT pg_signal_backend TO samverkan_service")
        yield url


@contextmanager
def administering(server_url: str) -> Iterator[Callable[[str], None]]:
    """Yield what runs a statement outside of a transaction, on one connection."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield lambda statement: connection.exec_driver_sql(statement).close()
    engine.dispose()


def make_templates(directory: DataDirectory) -> Keys:
    """Make what nearly every process needs, on servers that run only meanwhile."""
    with (
        running_postgres(directory) as server_url,
        administering(server_url) as administer,
        embedded.running(embedded.valkey(directory), LOGS.take) as redis_url,
    ):
        made = make_template(server_url, administer)
        make_landskrona(server_url, administer, redis_url, made)
        make_year(server_url, administer, redis_url, made)
    return made


def make_template(server_url: str, administer: Callable[[str], None]) -> Keys:
    """Make the template of all databases, migrated and with reference data, and return its keys by scope."""
    from services.cli import migrations  # noqa: PLC0415

    administer(f"CREATE DATABASE {TEMPLATE}")
    url = named(server_url, TEMPLATE)
    migrations.upgrade(url)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return {scope: keys.create(connection, f"test {scope}", [scope], [COUNTRY]) for scope in KeyScope}


def make_landskrona(server_url: str, administer: Callable[[str], None], redis_url: str, made: Keys) -> None:
    """Make the template that holds Landskrona's places and agreement."""
    from tests.landskrona.loading import load_places_and_agreement  # noqa: PLC0415  as below

    with _service_on(LANDSKRONA, server_url, administer, redis_url) as (_, address):
        load_places_and_agreement(address, made[KeyScope.ADMINISTER])


def make_year(server_url: str, administer: Callable[[str], None], redis_url: str, made: Keys) -> None:
    """Make the template that holds Landskrona's year."""
    from tests.landskrona.loading import load_year  # noqa: PLC0415  many tests need less time than that takes

    with _service_on(YEAR, server_url, administer, redis_url) as (url, address):
        load_year(url, address, made[KeyScope.ADMINISTER])


@contextmanager
def _service_on(
    name: str, server_url: str, administer: Callable[[str], None], redis_url: str
) -> Iterator[tuple[str, str]]:
    """Serve the API meanwhile on a new database with reference data; yield the database's URL and the API's address."""
    from tests.conftest import served  # noqa: PLC0415  it imports this module

    administer(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    url = named(server_url, name)
    with served(Settings(database_url=url, redis_url=redis_url, log_level="warning")) as address:
        yield url, address


def named(server_url: str, database: str) -> str:
    """Return the URL of another database of a server."""
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


def _copy(source: Path, target: Path) -> None:
    """Copy what is in a directory, with the accounts that it belongs to."""
    target.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)
