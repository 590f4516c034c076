"""Counts how much of each commitment is done: `commitment_area.done`, which figures and answers read.

They read it through the view `commitment_progress`, which says when that is enough. It is counted before the figures,
in the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.sql import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


async def recount_progress(connection: AsyncConnection, area_ids: Collection[int]) -> None:
    """Make what is done for the areas' commitments equal to the activities that were performed there by the due date.

    Two workers can be at the same area, for different years. The second waits here until the first has committed, and
    only then reads, so that the newer count is what stays.
    """
    await _recount(connection, sorted(area_ids))


async def recount_all_progress(connection: AsyncConnection) -> int:
    """Make what is done equal to a count from scratch for all commitments, and return how many due dates differed."""
    return await _recount(connection, None)


async def _recount(connection: AsyncConnection, area_ids: Sequence[int] | None) -> int:
    areas = {"area_ids": area_ids}
    await connection.execute(_LOCK, areas)
    return (await connection.execute(statement("commitment_progress.sql", __package__), areas)).rowcount


_LOCK = text(
    """SELECT FROM commitment_area
       WHERE CAST(:area_ids AS integer[]) IS NULL OR area_id = ANY (CAST(:area_ids AS integer[]))
       ORDER BY commitment_id, area_id, due_on FOR NO KEY UPDATE"""
)
