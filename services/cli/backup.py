"""`samverkan backup` and `samverkan restore`: all data of the embedded PostgreSQL as one file, and back again."""

import os
import re
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import psycopg
import typer
from psycopg import sql
from sqlalchemy import make_url

from services.cli import embedded, migrations
from services.cli.cluster import DATABASE, ROLE, SERVICE_ROLES, superuser
from services.cli.data_directory import DataDirectory
from services.cli.database import existing_database
from services.cli.errors import BackupFailed, DataDirectoryInUse, RestoreRefused
from services.cli.wheels import POSTGRES, plain_environment, postgres_program, refuse_missing
from shared.db.conninfo import conninfo_of
from shared.settings import DatabaseSettings

RESTORED, REPLACED = f"{DATABASE}_restored", f"{DATABASE}_replaced"
"""What a database is called until it is whole, and what the one is called that it takes the place of."""

TABLES_WITH_DATA = ("activity", "observation", "agreement", "municipal_definition", "api_key", "person")
"""What nobody's work is in where all of these are empty: the rest ships, or comes of them."""

SECONDS_TO_WAIT_FOR_LOCKS = 60

File = Annotated[Path, typer.Argument(help="The file with the backup.", show_default=False)]


def back_up(file: File) -> None:
    """Write all data of the embedded PostgreSQL to a new file, also while the service runs.

    The file appears when it is complete and has been checked. It holds all that is stored, secrets of webhooks too.
    """
    directory = _embedded("Back it up with PostgreSQL's own program: pg_dump --format=custom --file=FILE DATABASE_URL.")
    if file.exists():
        raise BackupFailed(f"{file} is there already. Name another file, or remove it first.")
    with existing_database() as url, _unfinished(file) as unfinished:
        arguments = ["--format=custom", f"--lock-wait-timeout={SECONDS_TO_WAIT_FOR_LOCKS}s", "--no-owner"]
        _run(directory, "pg_dump", *arguments, f"--file={unfinished}", url=url)
        tables = len(_tables_in(directory, unfinished))
        _sync(unfinished)
        # A link, not a move: it fails where another file has come meanwhile.
        os.link(unfinished, file)
        _sync(file.parent)
    print(f"{file} holds {tables} tables, {file.stat().st_size / 2**20:.1f} MB.")


def restore(
    file: File,
    replace: Annotated[bool, typer.Option("--replace", help="Discard the data that is there now.")] = False,
) -> None:
    """Put the data of a backup into the embedded PostgreSQL. Stop the service first.

    What is there now stays until all of the backup is in its place and up to date.
    """
    directory = _embedded(
        "Restore it with PostgreSQL's own program into an empty database: pg_restore --no-owner --dbname=DATABASE_URL "
        "FILE; then run `samverkan migrate`."
    )
    if not file.is_file():
        raise RestoreRefused(f"{file} is no file that can be read.")
    if "activity" not in _tables_in(directory, file):
        raise RestoreRefused(f"{file} is no backup of Samverkan.")
    try:
        with directory.locked(), embedded.running(embedded.postgres(directory)) as url:
            if not replace and has_data(url):
                raise RestoreRefused(
                    f"{directory.path} has data. Back it up and add --replace to discard it, or name another data "
                    "directory in SAMVERKAN_DATA."
                )
            _restore(directory, file, url)
    except DataDirectoryInUse as error:
        raise RestoreRefused(
            f"Samverkan runs on the data directory {directory.path}. Stop it first (Ctrl-C where it runs)."
        ) from error
    print(f"{directory.path} has the data of {file}. Readers of /changes begin again, and webhooks wait to be resumed.")


# How many of the tables with policies some roles may not even read.
_LACK_RIGHTS = """SELECT count(*) FROM pg_class, unnest(%s::text[]) AS role
                  WHERE relrowsecurity AND NOT has_any_column_privilege(role, pg_class.oid, 'SELECT')"""


def _embedded(otherwise: str) -> DataDirectory:
    """Return the data directory, or say how it is done where DATABASE_URL names another server."""
    if DatabaseSettings.from_environment().database_url:
        raise BackupFailed(f"DATABASE_URL names a server of your own. {otherwise}")
    refuse_missing(POSTGRES)
    return DataDirectory.from_environment()


def _restore(directory: DataDirectory, file: Path, url: str) -> None:
    """Make a database of the backup beside the one in use, and exchange the two at once."""
    with superuser(directory) as connection:
        _drop(connection, RESTORED, REPLACED)  # what an interrupted attempt has left
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0")
        connection.execute(statement.format(sql.Identifier(RESTORED), sql.Identifier(ROLE)))
        try:
            restored = make_url(url).set(database=RESTORED).render_as_string(hide_password=False)
            arguments = ["--exit-on-error", "--no-owner", "--no-privileges", f"--jobs={os.cpu_count() or 1}"]
            _run(directory, "pg_restore", *arguments, f"--dbname={RESTORED}", str(file.resolve()), url=restored)
            _restore_rights(directory, file, restored)
            migrations.upgrade(restored)
            with _connection(restored) as session:
                session.execute("ANALYZE")
        except BaseException:
            _drop(connection, RESTORED)
            raise
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        with connection.transaction():
            for name, new_name in ((DATABASE, REPLACED), (RESTORED, DATABASE)):
                connection.execute(rename.format(sql.Identifier(name), sql.Identifier(new_name)))
        _drop(connection, REPLACED)


def _restore_rights(directory: DataDirectory, file: Path, restored: str) -> None:
    """Give the services' roles their rights, which came apart from the rest.

    A backup of another server may name roles that this one has not; these get none, and that is no failure.

    Raises:
        BackupFailed: the services' roles did not get theirs.
    """
    listed = _run(directory, "pg_restore", "--list", str(file.resolve()))
    rights = re.findall(r"^\d+; \d+ \d+ (?:DEFAULT )?ACL .*$", listed, re.MULTILINE)
    with NamedTemporaryFile("w", suffix=".list") as wanted:
        wanted.write("\n".join(rights))
        wanted.flush()
        failure = None
        try:
            chosen = f"--use-list={wanted.name}"
            _run(directory, "pg_restore", chosen, f"--dbname={RESTORED}", str(file.resolve()), url=restored)
        except BackupFailed as error:
            failure = error
    if failure is not None:
        with _connection(restored) as session:
            if session.execute(_LACK_RIGHTS, [[*SERVICE_ROLES]]).fetchone() != (0,):
                raise failure


def _drop(connection: psycopg.Connection, *names: str) -> None:
    for name in names:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def has_data(url: str) -> bool:
    """Tell whether there is anybody's work in a database, which a restore would discard."""
    with _connection(url) as connection:
        for table in TABLES_WITH_DATA:
            [found] = connection.execute("SELECT to_regclass(%s)", [table]).fetchone() or [None]
            first = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
            if found and connection.execute(first).fetchone():
                return True
    return False


def _tables_in(directory: DataDirectory, file: Path) -> list[str]:
    """Return the tables whose rows are in a backup; none if it is no backup, or is not whole."""
    with suppress(BackupFailed):
        listed = _run(directory, "pg_restore", "--list", str(file.resolve()))
        return re.findall(r"^\d+; \d+ \d+ TABLE DATA \S+ (\S+) ", listed, re.MULTILINE)
    return []


def _run(directory: DataDirectory, program: str, *arguments: str, url: str | None = None) -> str:
    """Run one of PostgreSQL's programs on a database to its end, and return what it prints.

    Raises:
        BackupFailed: it failed; the text has its last lines.
    """
    # In the environment, since every account may read a command line.
    environment = plain_environment() | ({} if url is None else _address(url))
    command = [postgres_program(program, directory), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise BackupFailed(f"{program} failed.\n{done.stderr[-2000:].strip()}")
    return done.stdout


def _address(url: str) -> dict[str, str]:
    """Return the variables by which PostgreSQL's programs find a database of the embedded server."""
    address = make_url(url)
    return {
        "PGHOST": str(address.query["host"]),
        "PGUSER": str(address.username),
        "PGPASSWORD": str(address.password),
        "PGDATABASE": str(address.database),
    }


@contextmanager
def _unfinished(file: Path) -> Iterator[Path]:
    """Yield a file beside another that only its owner may read, and remove it in the end."""
    path = file.with_name(f"{file.name}.unfinished")
    try:
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR))
    except OSError as error:
        raise BackupFailed(f"{path} cannot be written: {error.strerror}.") from error
    try:
        yield path
    finally:
        path.unlink()


def _sync(path: Path) -> None:
    """See to it that a file, or what a directory lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connection(url: str) -> psycopg.Connection:
    return psycopg.connect(conninfo_of(url), autocommit=True)
