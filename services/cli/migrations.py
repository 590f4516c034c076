"""Brings a database's tables up to date, and checks that the migrations agree with the code."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import stamina
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError as AlembicError
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from services.cli.errors import MigrationFailed
from services.cli.server_errors import unreachable
from shared.db.engine import PoolKind, build_command_engine, build_engine
from shared.facts.reference_data import load_reference
from shared.feed.changes import settle_feed
from shared.operation.watch import migration_heads

SCRIPTS = Path(__file__).parents[2] / "alembic"
SECONDS_TO_FIND_A_MOMENT = 120
STOPS_THE_SERVICE = "STOPS_THE_SERVICE"
"""What a migration is given that no older version can serve beside, with the reason, a sentence."""

_IN_THE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
# One migrates at a time, also where several containers begin at once; for as long as it takes.
_ALONE = text(
    """SELECT set_config('lock_timeout', '1s', true), set_config('idle_in_transaction_session_timeout', '0', true),
              pg_advisory_xact_lock(7310010)"""
)
_SERVICE_RUNS = text(
    f"""SELECT EXISTS (SELECT FROM pg_stat_activity
                      WHERE datname = current_database() AND starts_with(application_name, 'samverkan')
                        AND application_name <> '{PoolKind.MAINTENANCE.application}')"""
)


def upgrade(database_url: str, owner: str | None = None) -> None:
    """Apply every migration that the database lacks, and load the data that every database has.

    What an older version stored without an owner goes to the area with the code `owner`, or to the country. An older
    version may serve meanwhile, unless a migration says otherwise: what meets a lock of others is tried again. A
    database that was restored from another server gets its changes numbered afresh.

    Raises:
        MigrationFailed: the database's revision is not among the migrations; one must have the service stopped; or
            others held locks all the time.
        ServerFailed: the server cannot be reached.
    """
    logging.getLogger("stamina").setLevel(logging.ERROR)  # a retry is reported here
    with _connected(database_url) as guard, translated_errors():
        for attempt in stamina.retry_context(
            on=_meets_lock, attempts=None, timeout=SECONDS_TO_FIND_A_MOMENT, wait_initial=0.5, wait_max=8.0
        ):
            with attempt, guard.begin():
                guard.execute(_ALONE)
                _refuse_running_service(guard, configuration(database_url))
                command.upgrade(configuration(database_url, owner), "head")
                asyncio.run(_settle(database_url))


def _meets_lock(error: Exception) -> bool:
    """Tell whether others were in the way, and say so."""
    meets = isinstance(error, OperationalError) and isinstance(error.orig, _IN_THE_WAY)
    if meets:
        print("samverkan: others use the tables; migrating is tried again in a moment", file=sys.stderr)
    return meets


def _refuse_running_service(connection: Connection, config: Config) -> None:
    """Raise MigrationFailed if a migration that is lacking must have the service stopped, and it runs."""
    with connection.begin_nested() as look:
        applied = MigrationContext.configure(connection).get_current_heads()
        look.rollback()  # the table that was read can be altered again, too
    scripts = ScriptDirectory.from_config(config)
    for script in scripts.iterate_revisions("heads", applied or "base"):
        reason = getattr(script.module, STOPS_THE_SERVICE, None)
        if reason and connection.execute(_SERVICE_RUNS).scalar_one():
            raise MigrationFailed(
                f"Migration {script.revision} must have the API and the worker stopped: {reason} "
                "Stop them, and run this again."
            )


def refuse_other_revision(database_url: str) -> None:
    """Look whether every migration has been applied.

    Raises:
        MigrationFailed: one has not, or one is there that this code does not know.
        ServerFailed: the server cannot be reached.
    """
    with _connected(database_url) as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    if {*applied} != migration_heads():
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
    """Turn alembic's own errors, and what PostgreSQL cannot do now, into MigrationFailed."""
    try:
        yield
    except AlembicError as error:
        raise MigrationFailed(f"Migrations: {error}") from error
    except OperationalError as error:
        if isinstance(error.orig, _IN_THE_WAY):
            raise MigrationFailed(
                f"Others have used the tables for {SECONDS_TO_FIND_A_MOMENT} seconds without a moment's rest, so that "
                "not all is migrated. Stop the API and the worker, or try again when fewer use them."
            ) from error
        raise MigrationFailed(
            f"PostgreSQL cannot migrate: {_first_line(error)}. Mend that, and run this again."
        ) from error


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    """Yield a connection; what a driver says of a server that it cannot reach becomes ServerFailed, without passwords.

    What goes wrong later is not the server's being away, and stays what it is.
    """
    try:
        connection = build_command_engine(database_url).connect()
    except OperationalError as error:
        raise unreachable(error, database_url) from error
    with connection:
        yield connection


def configuration(database_url: str, owner: str | None = None) -> Config:
    """Return alembic's configuration. It is built here, so that no file has to hold a database's address."""
    config = Config(attributes={"database_url": database_url, "owner": owner})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.set_main_option("path_separator", "os")
    return config


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0].rstrip(".")


async def _settle(database_url: str) -> None:
    engine = build_engine(database_url, connections=1)
    try:
        async with engine.begin() as connection:
            await load_reference(connection)
            await settle_feed(connection)
    finally:
        await engine.dispose()
