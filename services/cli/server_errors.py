"""What is wrong with a server, in one line: what, where, and how to mend it. No password and no value is repeated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from services.cli.errors import DataDirectoryUnusable, ServerFailed

if TYPE_CHECKING:
    from pathlib import Path


class Cause(NamedTuple):
    """What a driver or PostgreSQL says, as a pattern, and what that means to a person."""

    pattern: str
    meaning: str
    remedy: str


_UNREACHED = (
    Cause(
        r"password authentication failed|no password supplied|role \".*\" does not exist",
        "does not know the user or the password",
        "Correct them in DATABASE_URL, with %40 for @ and %2F for / in a password.",
    ),
    Cause(r"database \".*\" does not exist", "has no such database", "Create it, or name another one in DATABASE_URL."),
    Cause(
        r"no pg_hba.conf entry",
        "lets this user or machine not in",
        "Allow it there in pg_hba.conf, or name another user in DATABASE_URL.",
    ),
    Cause(
        r"failed to resolve host|could not translate host name",
        "has a host without an address",
        "Correct the host in DATABASE_URL.",
    ),
    Cause(
        r"invalid response to SSL negotiation|expected authentication request|invalid response from the server"
        r"|server closed the connection unexpectedly",
        "is no PostgreSQL",
        "Correct host and port in DATABASE_URL.",
    ),
    Cause(
        r"does not support SSL|certificate|SSL error|SSL SYSCALL|root\.crt",
        "and this machine cannot agree on TLS",
        "Correct sslmode or sslrootcert in DATABASE_URL, or the server's certificate.",
    ),
    Cause(r"timeout expired|timed out", "does not answer in time", "Correct DATABASE_URL, or see whether it hangs."),
    Cause(
        r"too many clients|remaining connection slots", "has no session left", "End others, or raise max_connections."
    ),
    Cause(
        r"starting up|shutting down|in recovery mode", "is starting or stopping", "Run the command again in a moment."
    ),
    Cause(
        r"Connection refused|No such file or directory|No route to host|unreachable",
        "cannot be reached: nothing answers there",
        "Start it, or correct host and port in DATABASE_URL.",
    ),
)
_REFUSED = (
    Cause(r"^53100$", "has no room left on its disk", "Make room, and run the command again."),
    Cause(r"^42501$", "does not allow that to this user", "Name the owner of the database in DATABASE_URL."),
    Cause(r"^25006$", "only reads", "Name the server that writes in DATABASE_URL."),
    Cause(r"^55P03$|^57014$|^40", "was too busy with others", "Run the command again."),
    Cause(r"^5[37]|^08", "went away meanwhile", "Run the command again when it is back."),
)
_DAMAGED = (
    Cause(r"No space left on device", "has no room left on its disk", "Make room, and start again."),
    Cause(
        r"Permission denied|wrong ownership|invalid permissions|Read-only file system",
        "may not be used by this account",
        "Run the command as the account that made it, and see that it may write there.",
    ),
    Cause(
        r"could not (create|map|resize) .*memory|Cannot allocate memory",
        "needs more memory than there is",
        "End other programs, or give the machine more.",
    ),
)
_LEFTOVER = re.compile(r"lock file .* already exists|is in use|still in use|Address already in use", re.IGNORECASE)
_SAYS = re.compile(r"(?:FATAL|PANIC|ERROR|initdb: error|postgres):\s+(.*)|# ((?:Failed|Can't|Fatal).*)")


def unreachable(error: BaseException, database_url: str) -> ServerFailed:
    """Return what says why DATABASE_URL's server cannot be reached."""
    said = str(getattr(error, "orig", error))
    cause = _find(_UNREACHED, said) or Cause("", "cannot be reached", "Check DATABASE_URL, and that the server runs.")
    return ServerFailed(f"DATABASE_URL's server{_place(database_url)} {cause.meaning}. {cause.remedy}")


def refused(error: BaseException) -> ServerFailed | None:
    """Return what says why a reached PostgreSQL does not do what it is asked; None for a fault of ours."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(original, psycopg.Error):
        return None
    state = original.sqlstate or ("08006" if isinstance(original, psycopg.OperationalError) else "")
    cause = _find(_REFUSED, state)
    return ServerFailed(f"PostgreSQL {cause.meaning} ({state}). {cause.remedy}") if cause else None


def is_leftover(lines: str) -> bool:
    """Tell whether a server could not start for what an earlier run has left behind, which may soon be gone."""
    return bool(_LEFTOVER.search(lines))


def not_started(server: str, folder: Path, lines: str) -> DataDirectoryUnusable:
    """Return what says why an embedded server does not start, by the lines that it wrote last."""
    cause = _find(_DAMAGED, lines)
    if cause is None:
        said = [next(filter(None, found.groups())) for found in _SAYS.finditer(lines)]
        what = f"cannot be used by {server}" + (f": {said[-1].strip().rstrip('.')}" if said else "")
        cause = Cause("", what, "Put a backup in its place, or name another folder in SAMVERKAN_DATA.")
    return DataDirectoryUnusable(f"{folder} {cause.meaning}. {cause.remedy}")


def _find(causes: tuple[Cause, ...], said: str) -> Cause | None:
    return next((cause for cause in causes if re.search(cause.pattern, said, re.IGNORECASE)), None)


def _place(database_url: str) -> str:
    """Say where a server is, as its URL has it, without user and password."""
    url = make_url(database_url)
    host = url.host or url.query.get("host")
    return f" at {host}{f', port {url.port}' if url.port else ''}," if host else ""
