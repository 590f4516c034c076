"""Advisory locks, all at transaction level: they end with the transaction, also when a process is killed.

Structure: whoever writes facts or figures shares it; whoever changes what lies inside what takes it alone, so that no
one works with half an old and half a new map. Figures: recomputation shares it; a rebuild takes it alone, and has one
snapshot of the structure instead of keeping others from changing it. A scope (owner and year) has one recomputation at
a time; so have the levels above, and so have the comparisons. Closings: whoever closes a period or reopens it takes
them alone; who drops figures, or changes what they are judged by, shares them, and sees what is frozen. They are asked
for after structure and figures and before the scopes, which come before the levels above, and these before the
comparisons: so no two wait for each other. What clients may do changes for one client at a time, so
that no two leave an area without whoever administers it; so do people's roles.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.arrays import as_arrays

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

_STRUCTURE = 7_310_001
_FIGURES = 7_310_002
_LEVELS_ABOVE = 7_310_003
_COMPARING = 7_310_004
_BEFORE_FIGURES = 7_310_005
_CLIENTS = 7_310_006
_PEOPLE = 7_310_007
_CLOSINGS = 7_310_008

# A scope: the owning area's id and the year.
Scope = tuple[int, int]
# What the arrays of a scope's two parts are called in SQL.
SCOPE = ("owners", "years")

# Where a connection keeps the transaction in which it shares the structure.
_SHARED_IN = "structure shared in"
# Where it keeps the transaction that changes the structure and undoes it.
_PREVIEWED_IN = "structure previewed in"
_SHARE_STRUCTURE = text(f"SELECT pg_advisory_xact_lock_shared({_STRUCTURE})")
_CHANGE_STRUCTURE = text(f"SELECT pg_advisory_xact_lock({_STRUCTURE})")
_COUNT_CHANGE = text(
    """INSERT INTO area_hierarchy AS stored (is_only, version) VALUES (true, 1)
       ON CONFLICT (is_only) DO UPDATE SET version = stored.version + 1"""
)
_VERSION = text("SELECT coalesce(max(version), 0) FROM area_hierarchy")
# The figures come first: who must leave them to a rebuild does not keep the structure meanwhile.
_ARE_FIGURES_SHARED = f"""CASE WHEN pg_try_advisory_xact_lock_shared({_BEFORE_FIGURES})
     AND pg_try_advisory_xact_lock_shared({_FIGURES})
     THEN pg_advisory_xact_lock_shared({_STRUCTURE}) IS NOT NULL ELSE false END"""
_TRY_FIGURES = text(f"SELECT {_ARE_FIGURES_SHARED}")
_KEEP_FIGURES = text(f"SELECT pg_advisory_xact_lock({_FIGURES})")
_AWAIT_FIGURES = text(f"SELECT set_config('lock_timeout', '0', true), pg_advisory_xact_lock({_BEFORE_FIGURES})")
_EXPORT_SNAPSHOT = text("SELECT pg_export_snapshot()")
_TRY_LEVELS_ABOVE = text(f"SELECT pg_try_advisory_xact_lock({_LEVELS_ABOVE})")
_TRY_COMPARING = text(f"SELECT pg_try_advisory_xact_lock({_COMPARING})")
_HOLD_LEVELS_ABOVE = text(f"SELECT pg_advisory_xact_lock({_LEVELS_ABOVE})")
# In the same order for all who wait for several.
_HOLD_SCOPES = text(
    """SELECT pg_advisory_xact_lock(writing_area_id, year)
       FROM (SELECT * FROM unnest(CAST(:owners AS integer[]), CAST(:years AS integer[]))
             AS scope(writing_area_id, year) ORDER BY 1, 2) AS in_order"""
)
_SHARE_CLOSINGS = text(f"SELECT pg_advisory_xact_lock_shared({_CLOSINGS})")
_HOLD_CLOSINGS = text(f"SELECT pg_advisory_xact_lock({_CLOSINGS})")
_CHANGE_CLIENTS = text(f"SELECT pg_advisory_xact_lock({_CLIENTS})")
_CHANGE_PEOPLE = text(f"SELECT pg_advisory_xact_lock({_PEOPLE})")
_HOLD_COMPARING = text(f"SELECT pg_advisory_xact_lock({_COMPARING})")
# Both in one statement: under load a round trip takes longer than many a statement.
_TRY_SCOPES = text(
    f"""WITH figures AS MATERIALIZED (SELECT {_ARE_FIGURES_SHARED} AS are_shared)
       SELECT writing_area_id, year
       FROM figures, unnest(CAST(:owners AS integer[]), CAST(:years AS integer[])) AS scope(writing_area_id, year)
       WHERE are_shared AND pg_try_advisory_xact_lock(writing_area_id, year)"""
)


async def share_area_hierarchy(connection: AsyncConnection) -> None:
    """Wait until no one changes the areas' structure, and keep it from changing until the transaction ends.

    Whoever relies on it asks for it; in the same transaction only the first is heard.
    """
    sharing = connection.info.get(_SHARED_IN)
    if sharing is None or sharing is not _innermost_transaction(connection):
        await connection.execute(_SHARE_STRUCTURE)
        connection.info[_SHARED_IN] = _innermost_transaction(connection)


def _innermost_transaction(connection: AsyncConnection) -> AsyncTransaction | None:
    """Return what the locks taken now end with."""
    return connection.get_nested_transaction() or connection.get_transaction()


async def change_area_hierarchy(connection: AsyncConnection) -> None:
    """Wait until no one writes facts or figures, and keep them waiting until the transaction ends."""
    previewing = connection.info.get(_PREVIEWED_IN)
    is_preview = previewing is not None and previewing is connection.get_transaction()
    await connection.execute(_SHARE_STRUCTURE if is_preview else _CHANGE_STRUCTURE)
    await connection.execute(_COUNT_CHANGE)


def preview_area_hierarchy(connection: AsyncConnection) -> None:
    """Let the transaction change the areas' structure without keeping those waiting who write facts or figures.

    They see nothing of it, since all of it has to be undone: nothing that follows may be committed. Previews wait for
    each other, and with a change of the structure, by the row that counts changes.
    """
    connection.info[_PREVIEWED_IN] = connection.get_transaction()


async def area_hierarchy_version(connection: AsyncConnection) -> int:
    """Return a number that rises with every change of the structure, at the moment when the change is seen."""
    version: int = (await connection.execute(_VERSION)).scalar_one()
    return version


async def try_figures(connection: AsyncConnection) -> bool:
    """Return whether this transaction may write figures: no rebuild runs, and none begins until the transaction ends.

    Then it keeps the structure from changing, too.
    """
    return bool((await connection.execute(_TRY_FIGURES)).scalar_one())


async def keep_figures(connection: AsyncConnection) -> None:
    """Wait until no recomputation runs, and keep others from running until the transaction ends."""
    await connection.execute(_KEEP_FIGURES)


@asynccontextmanager
async def figures_in_snapshot(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Yield a transaction in one snapshot, in which no figure is half written; no other writes any meanwhile.

    The structure may change: the snapshot does not see it, and the marks of the change are there afterwards. A snapshot
    is taken by a transaction's first statement, also where that waits for a lock. So another transaction waits, with a
    lock that is asked for before that of the figures, and ends when the first has these.
    """
    async with engine.connect() as first, engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        async with connection.begin():
            async with first.begin():
                await first.execute(_AWAIT_FIGURES)
                await keep_figures(connection)
            yield connection


@asynccontextmanager
async def second_in_snapshot(engine: AsyncEngine, connection: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    """Yield a second transaction in the snapshot of the first. It sees nothing that the first has written.

    Left without an error, it is committed, before the first and so under the locks of that.
    """
    snapshot = (await connection.execute(_EXPORT_SNAPSHOT)).scalar_one()
    async with engine.connect() as second:
        await second.execution_options(isolation_level="REPEATABLE READ")
        async with second.begin():
            await second.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            yield second


async def try_levels_above(connection: AsyncConnection) -> bool:
    """Return whether this transaction may roll up the levels above the municipality."""
    return bool((await connection.execute(_TRY_LEVELS_ABOVE)).scalar_one())


async def try_comparing(connection: AsyncConnection) -> bool:
    """Return whether this transaction may compare values with other periods."""
    return bool((await connection.execute(_TRY_COMPARING)).scalar_one())


async def hold_comparing(connection: AsyncConnection) -> None:
    """Wait until no one compares values with other periods, and keep them waiting until the transaction ends."""
    await connection.execute(_HOLD_COMPARING)


async def try_scopes(connection: AsyncConnection, scopes: Sequence[Scope]) -> list[Scope]:
    """Lock those of the scopes that no other transaction holds, share the figures, and return the scopes.

    There are none while figures are rebuilt.
    """
    rows = await connection.execute(_TRY_SCOPES, as_arrays(SCOPE, scopes))
    return [(row.writing_area_id, row.year) for row in rows]


async def hold_scopes(connection: AsyncConnection, scopes: Sequence[Scope]) -> bool:
    """Wait until no one computes the scopes or the levels above, or closes a period, and keep them waiting.

    That is until the transaction ends. Return whether it is so: not while figures are rebuilt.
    """
    if not await try_figures(connection):
        return False
    await connection.execute(_HOLD_CLOSINGS)
    await connection.execute(_HOLD_SCOPES, as_arrays(SCOPE, scopes))
    await connection.execute(_HOLD_LEVELS_ABOVE)
    return True


async def share_closings(connection: AsyncConnection) -> None:
    """Wait until no period is being closed or reopened, and keep that from being done until the transaction ends.

    What is frozen is asked for afterwards, by a statement of its own.
    """
    await connection.execute(_SHARE_CLOSINGS)


def change_clients(connection: Connection) -> None:
    """Wait until no one changes what clients may do, and keep others from it until the transaction ends."""
    connection.execute(_CHANGE_CLIENTS)


def change_people(connection: Connection) -> None:
    """Wait until no one changes what people may do, and keep others from it until the transaction ends."""
    connection.execute(_CHANGE_PEOPLE)
