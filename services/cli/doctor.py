"""`samverkan doctor`: looks at what the service needs, says what is wrong and how to mend it, and changes nothing."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import typer
from psycopg.pq import PGconn, Ping
from psycopg.rows import class_row

from services.cli import embedded, findings
from services.cli.cluster import ROLE
from services.cli.data_directory import DataDirectory
from services.cli.errors import CommandError
from services.cli.findings import DatabaseFacts, Diagnosis, Health, fault
from services.cli.wheels import POSTGRES, VALKEY
from shared.db.conninfo import conninfo_of
from shared.environment import UnusableSettings
from shared.heartbeat import Beat
from shared.operation.watch import DatabaseState, Watch
from shared.settings import Settings

SECONDS_TO_ANSWER = 5

_FACTS = """
    SELECT current_setting('server_version_num')::integer / 10000 AS version,
           current_setting('server_encoding') AS encoding,
           current_setting('fsync')::boolean AS fsync,
           current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('max_connections')::integer AS most_sessions,
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::integer AS sessions,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
           coalesce((SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class
                     WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace('public')), true) AS owns_tables,
           (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS sees_all,
           clock_timestamp() - %(now)s AS clock_ahead"""


def examine() -> None:
    """Look for what is wrong and say how to mend it; nothing is changed. Exit code 1 if there is a fault."""
    found = []
    for one in _examined():
        found.append(one)
        print(f"{one.verdict.value:<8} {one.part:<14} {one.text}{f'. {one.remedy}' if one.remedy else ''}")
    if any(one.verdict is Health.FAULT for one in found):
        raise typer.Exit(1)


def _examined() -> Iterator[Diagnosis]:
    """Yield what is found, as far as one part lets the next be looked at."""
    directory = DataDirectory.from_environment()
    embedded_wheels = [wheel for wheel in (POSTGRES, VALKEY) if not os.environ.get(wheel.variable)]
    if embedded_wheels:
        if POSTGRES in embedded_wheels and not directory.cluster.exists():
            remedy = "Name the folder that `samverkan up` runs on in SAMVERKAN_DATA, or start it first."
            yield fault("data", f"{directory.path} holds none", remedy)
            return
        usage = shutil.disk_usage(_existing(directory.path))
        yield findings.of_disk(usage.free, usage.total)
        if not _runs(directory):
            yield fault("service", f"does not run on {directory.path}", "Start it: `samverkan up`.")
            return
    try:
        settings = _settings(directory)
    except (UnusableSettings, CommandError) as error:
        yield fault("settings", str(error), "Change them, and start the service again.")
        return
    state, beats = asyncio.run(_look(settings))
    yield from findings.of_state(state)
    if state.fault is None:
        yield from findings.of_database(_facts(settings.database_url))
    yield from findings.of_workers(beats)
    if state.is_migrated:
        yield from findings.of_backlog(state.backlog)


def _settings(directory: DataDirectory) -> Settings:
    """Return the settings of the services, with the embedded servers where the environment names no other."""
    servers = embedded.servers_not_named(directory)
    return Settings.from_environment({**os.environ, **{name: server.url for name, server in servers.items()}})


def _runs(directory: DataDirectory) -> bool:
    """Tell whether a service runs on a data directory; the lock is left alone."""
    if os.environ.get(POSTGRES.variable):
        return directory.sockets.exists()
    address = f"host={directory.sockets} dbname=postgres user={ROLE} connect_timeout={SECONDS_TO_ANSWER}"
    return PGconn.ping(address.encode()) != Ping.NO_RESPONSE


async def _look(settings: Settings) -> tuple[DatabaseState, list[Beat] | None]:
    watch = Watch(settings)
    try:
        return await watch.look()
    finally:
        await watch.stop()


def _facts(database_url: str) -> DatabaseFacts:
    options = f"-c statement_timeout={SECONDS_TO_ANSWER}s"
    with (
        psycopg.connect(conninfo_of(database_url), connect_timeout=SECONDS_TO_ANSWER, options=options) as connection,
        connection.cursor(row_factory=class_row(DatabaseFacts)) as cursor,
    ):
        connection.execute("SELECT")  # so that the clocks are compared without the time that connecting takes
        facts = cursor.execute(_FACTS, {"now": datetime.now(UTC)}).fetchone()
    assert facts is not None  # noqa: S101  (a SELECT without FROM has a row)
    return facts


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.exists())
