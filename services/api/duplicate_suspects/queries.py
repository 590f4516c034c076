"""Suspected duplicates, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from shared.domain.activity import MOMENTS, PARTICIPANT_GROUPS

# What a source says of an event: two of its activities that agree in all of this may be one, sent twice.
_CONTENT = ", ".join(
    (
        *(f"{moment}_{part}" for moment in MOMENTS for part in ("on", "at")),
        *(f"participants_{group}" for group in PARTICIPANT_GROUPS),
        *("cost", "count", "attributes", "note"),
    )
)
# Both sides are those of a year at most: found once, then matched with each other in memory. What is planned without a
# start has the day of its report. Of a whole district or municipality, one source has many a day: it tells them apart
# by their ids, unless they agree in everything.
_PAIRS = f"""WITH candidate AS MATERIALIZED (
           SELECT activity_id, source, external_id, activity.status, activity_type, area_id, day,
                  area.kind = 'place' AS is_at_place,
                  CASE WHEN area.kind <> 'place' THEN CAST(ROW({_CONTENT}) AS text) END AS content
           FROM activity JOIN area USING (area_id)
           CROSS JOIN LATERAL (SELECT coalesce(period_on, reported_on) AS day) AS days
           WHERE day BETWEEN :first AND :last AND activity.status <> 'cancelled' AND duplicate_of IS NULL
             AND activity_type = coalesce(:activity_type, activity_type)
             AND (CAST(:area_id AS integer) IS NULL
                  OR EXISTS (SELECT FROM area_closure
                             WHERE ancestor_id = :area_id AND descendant_id = activity.area_id
                               AND valid @> day)))
       SELECT {{}} FROM candidate AS earlier
       JOIN candidate AS later USING (area_id, day, activity_type)
       {{}}
       WHERE earlier.activity_id < later.activity_id
         AND (earlier.source <> later.source OR earlier.is_at_place
              OR earlier.external_id IS NULL OR later.external_id IS NULL OR earlier.content = later.content)"""
_COUNT = text(_PAIRS.format("count(*)", ""))
_PAGE = text(
    _PAIRS.format(
        """activity_type, area.code AS area_code, day,
           earlier.activity_id AS earlier_id, earlier.source AS earlier_source,
           earlier.external_id AS earlier_external_id, earlier.status AS earlier_status,
           later.activity_id AS later_id, later.source AS later_source,
           later.external_id AS later_external_id, later.status AS later_status""",
        "JOIN area USING (area_id)",
    )
    + " ORDER BY day, area.code, earlier.activity_id, later.activity_id LIMIT :limit OFFSET :offset"
)


@dataclass(frozen=True, slots=True)
class SuspectFilter:
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


async def count(connection: AsyncConnection, wanted: SuspectFilter) -> int:
    """Return how many pairs there are."""
    total: int = (await connection.execute(_COUNT, wanted.parameters())).scalar_one()
    return total


async def entries(connection: AsyncConnection, wanted: SuspectFilter, page: Page) -> list[dict[str, Any]]:
    """Return one page of the pairs, by date."""
    parameters = wanted.parameters() | {"limit": page.limit, "offset": page.offset}
    return [_entry(row) for row in await connection.execute(_PAGE, parameters)]


def _entry(row: Row[Any]) -> dict[str, Any]:
    pair = row._mapping  # noqa: SLF001  SQLAlchemy's public name for a row by column
    return {
        "type": row.activity_type,
        "area": row.area_code,
        "date": row.day,
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
