"""Whether PostgreSQL takes writes now: asked by writing, and leaving nothing behind."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as EngineTimeout

from shared.domain.errors import Violation

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

# What is still being asked when the client has given up ends by itself; and little memory makes rows go to the disk.
_PREPARE = text("SELECT set_config('statement_timeout', :timeout, false), set_config('work_mem', '64kB', false)")
_IS_READ_ONLY = text("SELECT current_setting('transaction_read_only')::boolean OR pg_is_in_recovery()")
# A record of no consequence in the write-ahead log. Its commit waits for the disk, and for a standby where there is
# one, as every write does; it touches no table and waits for no lock.
_WRITE = text("SELECT pg_logical_emit_message(true, 'samverkan', 'ready')")
# More than fits into the memory above: a temporary file, on the disk of the data, which may be full before the log's.
_FILL = text("SELECT count(*) FROM generate_series(1, 8000)")


class WriteFault(Enum):
    """Why PostgreSQL takes no writes, and how that is mended."""

    READ_ONLY = Violation(
        "database",
        "the database only reads",
        "Name the primary server in DATABASE_URL, or turn default_transaction_read_only off.",
    )
    DISK_FULL = Violation("database", "the database's disk is full", "Free space on the disk of PostgreSQL's data.")
    SLOW = Violation(
        "database",
        "the database does not answer within a second",
        "See whether PostgreSQL's process, its disk or the network to it hangs.",
    )
    LIMITED = Violation(
        "database",
        "the database has no sessions or memory left for this account",
        "Raise PostgreSQL's max_connections, or end the sessions that others keep open.",
    )
    REFUSED = Violation(
        "database",
        "the database refuses the account of DATABASE_URL",
        "Check its name and password, that the database exists, and what the account may do there.",
    )
    STARTING = Violation(
        "database", "the database starts or stops", "Wait a moment; if it lasts, read PostgreSQL's log."
    )
    AWAY = Violation(
        "database",
        "the database cannot be reached",
        "See that PostgreSQL runs at the address of DATABASE_URL, and has sessions left.",
    )


# By the SQLSTATE, or the class that it begins with.
_FAULTS = {
    "25006": WriteFault.READ_ONLY,
    "53100": WriteFault.DISK_FULL,
    "57014": WriteFault.SLOW,
    "57P": WriteFault.STARTING,
    "53": WriteFault.LIMITED,
    "28": WriteFault.REFUSED,
    "3D": WriteFault.REFUSED,
    "42501": WriteFault.REFUSED,
}

# What is said when a session is refused, for which there is no SQLSTATE: in English, as most servers say it.
_SAID = {
    "too many": WriteFault.LIMITED,
    "remaining connection slots": WriteFault.LIMITED,
    "password authentication failed": WriteFault.REFUSED,
    "no password supplied": WriteFault.REFUSED,
    "does not exist": WriteFault.REFUSED,
    "pg_hba.conf": WriteFault.REFUSED,
    "starting up": WriteFault.STARTING,
    "shutting down": WriteFault.STARTING,
    "recovery mode": WriteFault.STARTING,
}


class NotWritable(Exception):
    """PostgreSQL takes no writes."""

    def __init__(self, fault: WriteFault) -> None:
        super().__init__(fault.value.reason)
        self.fault = fault


async def try_write(connection: AsyncConnection, seconds: float) -> None:
    """Write on a connection that commits each statement, and whose settings nobody else relies on.

    Raises:
        NotWritable: it only reads.
        SQLAlchemyError, OSError: with a reason that `fault_of` tells.
    """
    await connection.execute(_PREPARE, {"timeout": f"{int(seconds * 1000)}"})
    if (await connection.execute(_IS_READ_ONLY)).scalar_one():
        raise NotWritable(WriteFault.READ_ONLY)
    await connection.execute(_WRITE)
    await connection.execute(_FILL)


def fault_of(error: BaseException) -> WriteFault:
    """Return what an error means that came of asking PostgreSQL."""
    if isinstance(error, NotWritable):
        return error.fault
    if isinstance(error, TimeoutError | EngineTimeout):
        return WriteFault.SLOW
    cause = getattr(error, "orig", None) or error
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate is None:
        said = str(cause)
        return next((fault for words, fault in _SAID.items() if words in said), WriteFault.AWAY)
    return next((fault for state, fault in _FAULTS.items() if sqlstate.startswith(state)), WriteFault.AWAY)
