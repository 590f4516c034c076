"""Counts how much of each commitment is done: `commitment_area.done`, which figures and answers read.

They read it through the view `commitment_progress`, which says when that is enough. It is counted before the figures,
in the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncConnection


async def recount_progress(connection: AsyncConnection, area_ids: Collection[int]) -> None:
    """Make what is done for the areas' commitments equal to the activities that were performed there by the due date.

    Two workers can be at the same area, for different years. The second waits here until the first has committed, and
    only then reads, so that the newer count is what stays.
    """
    areas = {"area_ids": sorted(area_ids)}
    await connection.execute(_LOCK, areas)
    await connection.execute(_REPLACE, areas)


async def recount_all_progress(connection: AsyncConnection) -> int:
    """Make what is done equal to a count from scratch for all commitments, and return how many areas differed."""
    await connection.execute(_LOCK_ALL)
    return (await connection.execute(_REPLACE_ALL)).rowcount


_ORDER = "ORDER BY commitment_id, area_id FOR NO KEY UPDATE"
_LOCK = text(f"SELECT FROM commitment_area WHERE area_id = ANY(CAST(:area_ids AS integer[])) {_ORDER}")
_LOCK_ALL = text(f"SELECT FROM commitment_area {_ORDER}")
_REPLACE_WHERE = """UPDATE commitment_area AS progress SET done = counted.done
       FROM (SELECT commitment_id, owed.area_id, (
                 SELECT count(*) FROM activity
                 JOIN area_closure ON descendant_id = activity.area_id AND ancestor_id = owed.area_id
                                  AND area_closure.valid @> period_on
                 WHERE activity.commitment_id = commitment.commitment_id AND status = 'performed'
                   AND duplicate_of IS NULL AND period_on <= due_on) AS done
             FROM commitment JOIN commitment_area AS owed USING (commitment_id){}) AS counted
       WHERE progress.commitment_id = counted.commitment_id AND progress.area_id = counted.area_id
         AND progress.done <> counted.done"""
_REPLACE = text(_REPLACE_WHERE.format(" WHERE owed.area_id = ANY(CAST(:area_ids AS integer[]))"))
_REPLACE_ALL = text(_REPLACE_WHERE.format(""))
