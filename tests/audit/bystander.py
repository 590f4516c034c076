"""A process that does half of something in the database, says so, and waits to be killed.

`python -m tests.audit.bystander write|seal <database URL>`
"""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import text

from shared.audit.sealing import seal
from shared.db.engine import build_engine
from tests.audit.writers import INSERT

HALF_DONE = b"half done\n"


async def main(work: str, database_url: str) -> None:
    """Begin a transaction, and never end it."""
    engine = build_engine(database_url, connections=1)
    async with engine.begin() as connection:
        if work == "write":
            await connection.execute(INSERT, {"code": "of-a-killed-process", "content": "{}"})
        else:
            await seal(connection)
        await connection.execute(text("SELECT 1"))
        sys.stdout.buffer.write(HALF_DONE)
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
