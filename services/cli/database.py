"""Finds the database that a command works on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from services.cli import embedded, migrations
from services.cli.data_directory import DataDirectory
from services.cli.errors import DataDirectoryInUse, DataMissing
from services.cli.wheels import POSTGRES, refuse_missing
from shared.settings import DatabaseSettings


@contextmanager
def reachable_database() -> Iterator[str]:
    """Yield the URL of DATABASE_URL's server, or else of the embedded PostgreSQL.

    The embedded one is that of a running `samverkan up`; with none running it is started, and stopped afterwards.
    """
    if named := DatabaseSettings.from_environment().database_url:
        yield named
        return
    directory = DataDirectory.from_environment()
    with ExitStack() as stack:
        try:
            stack.enter_context(directory.locked())
        except DataDirectoryInUse:
            yield embedded.postgres(directory).url
        else:
            yield stack.enter_context(embedded.running(embedded.postgres(directory)))


@contextmanager
def existing_database() -> Iterator[str]:
    """Yield the URL of `reachable_database`, for a command that works on what is there: it makes no data directory.

    Raises:
        DataMissing: the embedded PostgreSQL has no data in this directory.
    """
    if not DatabaseSettings.from_environment().database_url:
        _refuse_empty(DataDirectory.from_environment())
    with reachable_database() as url:
        yield url


@contextmanager
def migrated_database() -> Iterator[str]:
    """Yield the URL of `existing_database`, for a command that needs all tables.

    Raises:
        DataMissing: the embedded PostgreSQL has no data in this directory.
        MigrationFailed: the tables are not those of this code.
        ServerFailed: DATABASE_URL's server cannot be reached.
    """
    with existing_database() as url:
        migrations.refuse_other_revision(url)
        yield url


def _refuse_empty(directory: DataDirectory) -> None:
    refuse_missing(POSTGRES)
    if not directory.cluster.exists():
        raise DataMissing(
            f"{directory.path} holds no data. Name the directory that `samverkan up` runs on in SAMVERKAN_DATA, "
            "or start it first."
        )
