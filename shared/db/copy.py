"""PostgreSQL's COPY behind a SQLAlchemy connection: the fastest way in for many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg
    from sqlalchemy.ext.asyncio import AsyncConnection


async def copy_rows(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Send rows to a table inside the connection's transaction; table and columns are names of ours, never input."""
    # SQLAlchemy opens its transaction lazily; a COPY must not run before it.
    await connection.exec_driver_sql("SELECT")
    raw = await connection.get_raw_connection()
    driver: psycopg.AsyncConnection = raw.driver_connection  # type: ignore[assignment]  # psycopg is the one driver
    async with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            await copy.write_row(row)
