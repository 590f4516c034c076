"""PostgreSQL's files, and who may log in: made once, and seen to at every start.

Whoever connects needs a password. The superuser is only for what prepares the database at a start, and its password
never leaves its file; services and commands log in as a role that may do nothing outside the database that it owns.
"""

import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from services.cli.child_process import Child, Program, identity
from services.cli.data_directory import DataDirectory
from services.cli.errors import DataDirectoryUnusable
from services.cli.passwords import password_in, write_password, write_private
from services.cli.server_errors import is_leftover, not_started
from services.cli.wheels import plain_environment, postgres_program
from shared.db.engine import API_ROLE

DATABASE = "samverkan"

SUPERUSER = "samverkan"
"""The role that initdb makes. It can lose neither its name nor its rights, in the files of older versions neither."""

ROLE = "samverkan_service"
"""The role of commands and migrations, which owns the database and what is in it."""

API_LOGIN = API_ROLE
WORKER_LOGIN = "samverkan_worker"
SERVICE_ROLES = {API_LOGIN: "NOBYPASSRLS", WORKER_LOGIN: "BYPASSRLS"}
"""The roles of the API, which sees what a policy lets it, and of the worker, which sees all; neither owns anything."""

POSTGRES_VERSION = "18"
"""The major version, which is also that of its files; a new one cannot read them."""

ACCESS = "# Written by samverkan at every start.\nlocal all all scram-sha-256\n"
"""PostgreSQL's pg_hba.conf: by the socket, with a password, and in no other way."""

SECONDS_TO_CHANGE = 30.0
SECONDS_BEFORE_NEXT_TRY = 0.5

_HAND_OVER = Path(__file__).with_name("hand_over.sql").read_bytes()


def initialise(directory: DataDirectory) -> None:
    """Make PostgreSQL's files unless they are there, and let nobody in without a password. No data is ever replaced.

    Raises:
        DataDirectoryUnusable: there are files, of another account or not of this PostgreSQL; or none can be made.
    """
    if directory.cluster.exists():
        directory.hand_over(directory.cluster)
        refuse_other_version(directory.cluster)
    else:
        _make(directory)
    write_private(directory.cluster / "pg_hba.conf", ACCESS, directory.owner)
    if not directory.password("superuser").exists():  # also of files that were made when no one needed one
        _set_superuser_password(directory)


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


def complete(directory: DataDirectory) -> None:
    """Make the roles and the database in a running PostgreSQL, and hand over to the role what the superuser owns there.

    Raises:
        DataDirectoryUnusable: the superuser's password is another one.
    """
    role = sql.Identifier(ROLE)
    with superuser(directory) as connection:
        for name, policies in ({ROLE: "BYPASSRLS"} | SERVICE_ROLES).items():
            _set_role(connection, name, policies, password_of(directory, name))
        connection.execute(sql.SQL("GRANT samverkan_api TO {}, samverkan_worker").format(role))
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s"
        found = connection.execute(owner, [DATABASE]).fetchone()
        statement = "CREATE DATABASE {} OWNER {}" if found is None else "ALTER DATABASE {} OWNER TO {}"
        if found != (ROLE,):
            connection.execute(sql.SQL(statement).format(sql.Identifier(DATABASE), role))
    with superuser(directory, DATABASE) as connection:
        connection.execute(_HAND_OVER)


def password_of(directory: DataDirectory, role: str) -> str:
    """Return the password with which one of our roles logs in."""
    return password_in(directory.password(role.removeprefix("samverkan_")))


def _set_role(connection: psycopg.Connection, name: str, policies: str, password: str) -> None:
    """Make a role, or set what it may do."""
    role = sql.Identifier(name)
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
    rights = sql.SQL(f"LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION {policies} PASSWORD")
    connection.execute(sql.SQL("ALTER ROLE {} {} {}").format(role, rights, sql.Literal(password)))


def superuser(directory: DataDirectory, database: str = "postgres") -> psycopg.Connection:
    """Connect as the superuser to a running PostgreSQL.

    Raises:
        DataDirectoryUnusable: its password is another one.
    """
    path = directory.password("superuser")
    try:
        return psycopg.connect(
            host=str(directory.sockets), dbname=database, user=SUPERUSER, password=password_in(path), autocommit=True
        )
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        raise DataDirectoryUnusable(
            f"The password in {path} is not that of the files in {directory.cluster}. "
            "Remove it, and start again: a new one is set then."
        ) from error


def _make(directory: DataDirectory) -> None:
    """Make the files beside their place and move them there whole: an interrupted attempt is no result."""
    unfinished = directory.path / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    directory.hand_over(unfinished)
    directory.password("superuser").unlink(missing_ok=True)
    command = [postgres_program("initdb", directory), "--pgdata", str(unfinished)]
    command += ["--username", SUPERUSER, "--auth", "reject"]
    command += ["--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    program = Program(name="initdb", command=tuple(command), environment=plain_environment(), account=directory.account)
    child = Child(program, lambda _name, _line: None)
    if child.wait() != 0:
        raise not_started("PostgreSQL", directory.path, child.last_lines())
    unfinished.rename(directory.cluster)


def _set_superuser_password(directory: DataDirectory) -> None:
    """Give the superuser a password, with PostgreSQL as a program of one user, and write it down once it holds.

    What an earlier run left behind may still be on its way out, so it is tried for a while.
    """
    unfinished = directory.password("superuser.unfinished")
    unfinished.unlink(missing_ok=True)
    password = password_in(unfinished)
    command = [postgres_program("postgres", directory), "--single", "-D", str(directory.cluster)]
    command += ["-c", "log_min_error_statement=panic", "-c", "exit_on_error=on", "postgres"]
    deadline = time.monotonic() + SECONDS_TO_CHANGE
    while True:
        done = subprocess.run(
            command,
            input=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n",
            env=plain_environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **identity(directory.account),
        )
        if done.returncode == 0:
            break
        if not is_leftover(done.stderr) or time.monotonic() > deadline:
            raise not_started("PostgreSQL", directory.cluster, done.stderr)
        time.sleep(SECONDS_BEFORE_NEXT_TRY)
    write_password(directory.password("superuser"), password)
    unfinished.unlink()
