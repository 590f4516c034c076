"""Advisory locks, all at transaction level: they end with the transaction, also when a process is killed.

Structure: whoever writes facts or figures shares it; whoever changes what lies inside what takes it alone, so that no
one works with half an old and half a new map. Figures: recomputation shares it; a rebuild takes it alone. A scope
(owner and year) has one recomputation at a time; so have the levels above, and so have the comparisons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_STRUCTURE = 7_310_001
_FIGURES = 7_310_002
_LEVELS_ABOVE = 7_310_003
_COMPARING = 7_310_004

# A scope: the owning area's id and the year.
Scope = tuple[int, int]

_SHARE_STRUCTURE = text(f"SELECT pg_advisory_xact_lock_shared({_STRUCTURE})")
_CHANGE_STRUCTURE = text(f"SELECT pg_advisory_xact_lock({_STRUCTURE})")
_COUNT_CHANGE = text(
    """INSERT INTO structure AS kept (is_only, version) VALUES (true, 1)
       ON CONFLICT (is_only) DO UPDATE SET version = kept.version + 1"""
)
_VERSION = text("SELECT coalesce(max(version), 0) FROM structure")
_SHARE_FIGURES = text(f"SELECT pg_advisory_xact_lock_shared({_STRUCTURE}), pg_advisory_xact_lock_shared({_FIGURES})")
_REBUILD_FIGURES = text(f"SELECT pg_advisory_xact_lock_shared({_STRUCTURE}), pg_advisory_xact_lock({_FIGURES})")
_TRY_LEVELS_ABOVE = text(f"SELECT pg_try_advisory_xact_lock({_LEVELS_ABOVE})")
_TRY_COMPARING = text(f"SELECT pg_try_advisory_xact_lock({_COMPARING})")
_HOLD_COMPARING = text(f"SELECT pg_advisory_xact_lock({_COMPARING})")
_TRY_SCOPES = text(
    """SELECT owner_id, year FROM unnest(CAST(:owners AS integer[]), CAST(:years AS integer[])) AS scope(owner_id, year)
       WHERE pg_try_advisory_xact_lock(owner_id, year)"""
)


async def share_structure(connection: AsyncConnection) -> None:
    """Wait until no one changes the areas' structure, and keep it from changing until the transaction ends."""
    await connection.execute(_SHARE_STRUCTURE)


async def change_structure(connection: AsyncConnection) -> None:
    """Wait until no one writes facts or figures, and keep them waiting until the transaction ends."""
    await connection.execute(_CHANGE_STRUCTURE)
    await connection.execute(_COUNT_CHANGE)


async def structure_version(connection: AsyncConnection) -> int:
    """Return a number that rises with every change of the structure, at the moment when the change is seen."""
    version: int = (await connection.execute(_VERSION)).scalar_one()
    return version


async def share_figures(connection: AsyncConnection) -> None:
    """Keep the structure from changing and a rebuild from running until the transaction ends."""
    await connection.execute(_SHARE_FIGURES)


async def rebuild_figures(connection: AsyncConnection) -> None:
    """Wait until no recomputation runs, and keep them waiting until the transaction ends."""
    await connection.execute(_REBUILD_FIGURES)


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
    """Lock those of the scopes that no other transaction holds, and return them."""
    owners, years = [owner for owner, _ in scopes], [year for _, year in scopes]
    rows = await connection.execute(_TRY_SCOPES, {"owners": owners, "years": years})
    return [(row.owner_id, row.year) for row in rows]
