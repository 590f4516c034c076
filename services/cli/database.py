"""Finds the database that a command works on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from services.cli import embedded, migrations
from services.cli.data_directory import DataDirectory
from services.cli.errors import DataDirectoryInUse
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
def migrated_database() -> Iterator[str]:
    """Yield the URL of `reachable_database`, for a command that reads figures.

    Raises:
        MigrationFailed: its tables are not those of this code.
    """
    with reachable_database() as url:
        migrations.refuse_other_revision(url)
        yield url
