"""What the tests of the audit trail do: seal all there is, and look at entries."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.audit.sealing import seal

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

SECONDS = 60.0


async def seal_all(engine: AsyncEngine) -> None:
    """Seal until nothing waits. Transactions of other tests on the same server hold entries back for a while."""
    give_up_at = time.monotonic() + SECONDS
    while True:
        async with engine.begin() as connection:
            sealed = await seal(connection)
            waiting = (await connection.execute(text("SELECT count(*) FROM audit_pending"))).scalar_one()
        if not waiting:
            return
        assert time.monotonic() < give_up_at, f"{waiting} entries are not sealed"
        await asyncio.sleep(0 if sealed else 0.05)


async def last_written(engine: AsyncEngine) -> int:
    """Return the number of the last entry that any transaction has begun to write."""
    async with engine.connect() as connection:
        statement = text("SELECT last_value FROM audit_pending_change_number_seq")
        return int((await connection.execute(statement)).scalar_one())


async def written_since(engine: AsyncEngine, number: int) -> list[Row[Any]]:
    """Return the entries that were written after one, in their order; they are not sealed yet."""
    async with engine.connect() as connection:
        statement = text("SELECT * FROM audit_pending WHERE change_number > :number ORDER BY change_number")
        return [*await connection.execute(statement, {"number": number})]
