"""Several statements at once: where every core is busy, waiting for an answer takes longer than most statements."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import psycopg as dialects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg
    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection


async def execute_pipeline(
    connection: AsyncConnection, statements: Iterable[tuple[TextClause, Mapping[str, object]]]
) -> list[list[tuple[Any, ...]]]:
    """Send the statements one behind the other, and return the rows that each returned.

    They run in their order, in the transaction that the connection has begun; the first that fails fails all.
    """
    raw = await connection.get_raw_connection()
    driver: psycopg.AsyncConnection = raw.driver_connection  # type: ignore[assignment]  # psycopg is the one driver
    async with driver.pipeline():
        cursors = [await driver.execute(_as_sent(statement), parameters) for statement, parameters in statements]
    return [await cursor.fetchall() for cursor in cursors]


@cache
def _as_sent(statement: TextClause) -> bytes:
    dialect = dialects.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    return str(statement.compile(dialect=dialect)).encode()
