"""Suspected duplicates, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page

# Both sides are those of a year at most: found once, then matched with each other in memory.
_PAIRS = """WITH candidate AS MATERIALIZED (
           SELECT activity_id, source, external_id, status, activity_type, area_id, period_on
           FROM activity
           WHERE period_on BETWEEN :first AND :last AND status <> 'cancelled' AND duplicate_of IS NULL
             AND activity_type = coalesce(:activity_type, activity_type)
             AND (CAST(:area_id AS integer) IS NULL
                  OR EXISTS (SELECT FROM area_closure
                             WHERE ancestor_id = :area_id AND descendant_id = activity.area_id
                               AND valid @> period_on)))
       SELECT {} FROM candidate AS earlier
       JOIN candidate AS later USING (area_id, period_on, activity_type)
       {}
       WHERE earlier.source <> later.source AND earlier.activity_id < later.activity_id"""
_COUNT = text(_PAIRS.format("count(*)", ""))
_PAGE = text(
    _PAIRS.format(
        """activity_type, area.code AS area_code, period_on,
           earlier.activity_id AS earlier_id, earlier.source AS earlier_source,
           earlier.external_id AS earlier_external_id, earlier.status AS earlier_status,
           later.activity_id AS later_id, later.source AS later_source,
           later.external_id AS later_external_id, later.status AS later_status""",
        "JOIN area USING (area_id)",
    )
    + " ORDER BY period_on, area.code, earlier.activity_id, later.activity_id LIMIT :limit OFFSET :offset"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which activities are compared: those that count from the first day to the last; else None is any."""

    first: date
    last: date
    area_id: int | None = None
    activity_type: str | None = None

    def parameters(self) -> dict[str, object]:
        """Return the filter as the parameters of the statements."""
        return {
            "first": self.first,
            "last": self.last,
            "area_id": self.area_id,
            "activity_type": self.activity_type,
        }


async def count(connection: AsyncConnection, wanted: Filter) -> int:
    """Return how many pairs there are."""
    total: int = (await connection.execute(_COUNT, wanted.parameters())).scalar_one()
    return total


async def entries(connection: AsyncConnection, wanted: Filter, page: Page) -> list[dict[str, Any]]:
    """Return one page of the pairs, by date."""
    parameters = wanted.parameters() | {"limit": page.limit, "offset": page.offset}
    return [_entry(row) for row in await connection.execute(_PAGE, parameters)]


def _entry(row: Row[Any]) -> dict[str, Any]:
    pair = row._mapping  # noqa: SLF001  SQLAlchemy's public name for a row by column
    return {
        "type": row.activity_type,
        "area": row.area_code,
        "date": row.period_on,
        "activities": [
            {
                "id": pair[f"{side}_id"],
                "source": pair[f"{side}_source"],
                "externalId": pair[f"{side}_external_id"],
                "status": pair[f"{side}_status"],
            }
            for side in ("earlier", "later")
        ],
    }
