"""Whether PostgreSQL takes writes now: asked by writing, and leaving nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import text

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


async def try_write(connection: AsyncConnection, seconds: float) -> None:
    """Write on a connection that commits each statement, and whose settings nobody else relies on.

    Raises:
        psycopg.Error, SQLAlchemyError, OSError: with a reason that `server_faults.fault_of` tells.
    """
    await connection.execute(_PREPARE, {"timeout": f"{int(seconds * 1000)}"})
    if (await connection.execute(_IS_READ_ONLY)).scalar_one():
        raise psycopg.errors.ReadOnlySqlTransaction
    await connection.execute(_WRITE)
    await connection.execute(_FILL)
