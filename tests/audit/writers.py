"""Those who write in a history: transactions of a few writes, some of them taken back, and what was committed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.actor import Actor, acting_as

if TYPE_CHECKING:
    import random

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

INSERT = text("INSERT INTO import_mapping (code, mapping) VALUES (:code, CAST(:content AS jsonb))")
_UPDATE = text("UPDATE import_mapping SET mapping = CAST(:content AS jsonb) WHERE code = :code")
_UPDATE_ALL = text("UPDATE import_mapping SET revision = revision + 1 WHERE code LIKE :prefix")
_DELETE = text("DELETE FROM import_mapping WHERE code = :code")

Written = tuple[str, str, str]
"""The actor, the operation and the address."""


class Writer:
    """Writes import mappings of its own, for they have no parts; `committed` is what the trail must tell of it."""

    def __init__(self, engine: AsyncEngine, number: int, chance: random.Random) -> None:
        self._engine = engine
        self._actor = Actor(f"writer-{number}", f"Writer {number}")
        self._prefix = f"w{number}-"
        self._chance = chance
        self._stored: dict[str, int] = {}
        self._made = 0
        self.committed: list[Written] = []

    async def run(self, transactions: int) -> None:
        """Write; each transaction may take its time, so that they end in another order than they began."""
        for _ in range(transactions):
            with acting_as(self._actor):
                await self._transact()
            await asyncio.sleep(self._chance.random() * 0.01)

    async def _transact(self) -> None:
        stored, written = dict(self._stored), list[Written]()
        async with self._engine.connect() as connection, connection.begin() as transaction:
            for _ in range(self._chance.randint(1, 4)):
                written += await self._write(connection)
                await asyncio.sleep(self._chance.random() * 0.01)
            if self._chance.random() < 0.2:
                await transaction.rollback()
                self._stored = stored
            else:
                await transaction.commit()
                self.committed += written

    async def _write(self, connection: AsyncConnection) -> list[Written]:
        """Write once, and return what the entries are to say of it."""
        content = f'{{"number": {self._chance.randint(1, 10**9)}}}'
        match self._chance.choice(("insert", "update", "update all", "delete")) if self._stored else "insert":
            case "insert":
                self._made += 1
                code = f"{self._prefix}{self._made}"
                await connection.execute(INSERT, {"code": code, "content": content})
                self._stored[code] = 1
                return [self._entry("created", code)]
            case "update":
                code = self._chance.choice([*self._stored])
                await connection.execute(_UPDATE, {"code": code, "content": content})
                return [self._entry("changed", code)]
            case "update all":
                await connection.execute(_UPDATE_ALL, {"prefix": f"{self._prefix}%"})
                return [self._entry("changed", code) for code in self._stored]
            case _:
                code = self._chance.choice([*self._stored])
                del self._stored[code]
                await connection.execute(_DELETE, {"code": code})
                return [self._entry("deleted", code)]

    def _entry(self, operation: str, code: str) -> Written:
        return self._actor.id, operation, f"import-mappings/{code}"
