"""What is wrong with a server, in one line: what, where, and how to mend it. No password and no value is repeated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.engine import make_url

from services.cli.errors import DataDirectoryUnusable, ServerFailed
from shared.db.engine import name_of
from shared.db.server_faults import fault_of, known_fault_of

if TYPE_CHECKING:
    from pathlib import Path


class Cause(NamedTuple):
    """What an embedded server says, as a pattern, and what that means to a person."""

    pattern: str
    meaning: str
    remedy: str


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
    """Return what says why DATABASE_URL's server cannot be used."""
    fault = fault_of(error).value
    return ServerFailed(f"DATABASE_URL's server{_place(database_url)} cannot be used: {fault.reason}. {fault.remedy}")


def refused(error: BaseException) -> ServerFailed | None:
    """Return what says why a reached PostgreSQL does not do what it is asked; None for a fault of ours."""
    found = known_fault_of(error)
    if found is None:
        return None
    fault = found.value
    return ServerFailed(f"PostgreSQL stopped the command: {fault.reason} ({name_of(error)}). {fault.remedy}")


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
