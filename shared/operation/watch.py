"""Whether work can be done now, and how much waits: PostgreSQL and Redis are asked for a second at most."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared import redis
from shared.db.clock import DatabaseClock
from shared.db.engine import PoolKind, build_engine
from shared.db.server_faults import ServerFault, fault_of
from shared.heartbeat import Beat, heard_beats
from shared.operation.backlog import Backlog, read_backlog
from shared.operation.single_flight import SingleFlight
from shared.operation.write_path import try_write

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.settings import Settings

MIGRATIONS = Path(__file__).resolve().parents[2] / "alembic"
SECONDS_TO_ANSWER = 0.9
"""For everything together, so that a prober that waits for a second has its answer."""

SECONDS_UNTIL_ABANDONED = 5.0
"""A connection on which nothing is answered for so long is closed, and another one made."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What was found out of the database. A backlog that takes too long to read is None."""

    fault: ServerFault | None
    is_migrated: bool = False
    backlog: Backlog | None = None


class Watch:
    """Asks PostgreSQL and Redis how they are, on connections that nothing else uses: traffic cannot keep it waiting."""

    def __init__(self, settings: Settings) -> None:
        self._engine = build_engine(settings.database_url, PoolKind.HEALTH, connections=1, autocommit=True)
        self._redis = redis.client(settings.redis_url, SECONDS_TO_ANSWER)
        self._clock = DatabaseClock()
        self._has_failed = False
        migration_heads()  # reads files, which nobody should wait for later
        self._database = SingleFlight(self._ask_database)
        self._workers = SingleFlight(self._ask_redis)

    async def look(self) -> tuple[DatabaseState, list[Beat] | None]:
        """Return how the database is, and what workers have been heard of; None when Redis does not answer."""
        return await asyncio.gather(self._state(), self._beats())

    async def _state(self) -> DatabaseState:
        try:
            return await self._database.answer(SECONDS_TO_ANSWER)
        except (psycopg.Error, SQLAlchemyError, OSError) as error:  # a TimeoutError is an OSError
            return DatabaseState(fault_of(error))

    async def _beats(self) -> list[Beat] | None:
        try:
            return await self._workers.answer(SECONDS_TO_ANSWER)
        except redis.UNAVAILABLE:
            return None

    async def stop(self) -> None:
        """Ask no more, and close the connections."""
        await asyncio.gather(self._database.stop(), self._workers.stop())
        await self._engine.dispose()
        await self._redis.aclose()

    async def _ask_database(self) -> DatabaseState:
        if self._has_failed:  # a connection that could not be made lies there half open
            gc.collect(1)
        self._has_failed = True
        # Nobody waits for it for so long. One that is being made has limits of its own and is not cancelled: the driver
        # would leave it half open, too, until garbage is collected.
        async with self._engine.connect() as connection, asyncio.timeout(SECONDS_UNTIL_ABANDONED):
            await try_write(connection, SECONDS_TO_ANSWER)
            is_migrated = await _is_migrated(connection)
            await self._clock.set(connection)
            backlog = await _backlog(connection, self._clock()) if is_migrated else None
        self._has_failed = False
        return DatabaseState(None, is_migrated, backlog)

    async def _ask_redis(self) -> list[Beat]:
        return await heard_beats(self._redis)


async def _backlog(connection: AsyncConnection, as_of: date) -> Backlog | None:
    """Read the backlog unless that takes too long: writes are possible all the same."""
    await connection.execute(text("SELECT set_config('statement_timeout', '200', false)"))
    try:
        return await read_backlog(connection, as_of)
    except SQLAlchemyError as error:
        if fault_of(error) is ServerFault.SLOW:
            return None
        raise


async def _is_migrated(connection: AsyncConnection) -> bool:
    if (await connection.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one() is None:
        return False
    applied = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars()
    return set(applied) == migration_heads()


@cache
def migration_heads() -> frozenset[str]:
    """Return the newest revisions that this version knows."""
    return frozenset(ScriptDirectory(MIGRATIONS).get_heads())
