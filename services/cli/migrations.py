"""Brings a database's tables up to date, and checks that the migrations agree with the code."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError as AlembicError
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from services.cli.errors import MigrationFailed
from services.cli.server_errors import unreachable
from shared.facts.reference_data import load_reference
from shared.feed.changes import settle_feed

SCRIPTS = Path(__file__).parents[2] / "alembic"


def upgrade(database_url: str) -> None:
    """Apply every migration that the database lacks, and load the data that every database has.

    A database that was restored from another server gets its changes numbered afresh.

    Raises:
        MigrationFailed: the database's revision is not among the migrations.
        ServerFailed: the server cannot be reached.
    """
    with _connected(database_url), translated_errors():
        command.upgrade(configuration(database_url), "head")
    asyncio.run(_settle(database_url))


def refuse_other_revision(database_url: str) -> None:
    """Look whether every migration has been applied.

    Raises:
        MigrationFailed: one has not, or one is there that this code does not know.
        ServerFailed: the server cannot be reached.
    """
    newest = ScriptDirectory.from_config(configuration(database_url)).get_heads()
    with _connected(database_url) as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    if {*applied} != {*newest}:
        raise MigrationFailed("The database's tables are not those of this version. Run `samverkan migrate` first.")


def check(database_url: str) -> None:
    """See that the migrations make the tables that the code describes.

    Raises:
        MigrationFailed: they differ; the text lists how.
    """
    with translated_errors():
        command.check(configuration(database_url))


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn alembic's own errors into MigrationFailed."""
    try:
        yield
    except AlembicError as error:
        raise MigrationFailed(f"Migrations: {error}") from error


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    """Yield a connection; what a driver says of a server that it cannot reach becomes ServerFailed, without passwords.

    What goes wrong later is not the server's being away, and stays what it is.
    """
    try:
        connection = create_engine(database_url, poolclass=NullPool).connect()
    except OperationalError as error:
        raise unreachable(error, database_url) from error
    with connection:
        yield connection


def configuration(database_url: str) -> Config:
    """Return alembic's configuration. It is built here, so that no file has to hold a database's address."""
    config = Config(attributes={"database_url": database_url})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.set_main_option("path_separator", "os")
    return config


async def _settle(database_url: str) -> None:
    async with create_async_engine(database_url, poolclass=NullPool).begin() as connection:
        await load_reference(connection)
        await settle_feed(connection)
