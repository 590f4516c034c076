"""Which figures of closed periods are shown, and which are hidden: what open periods hide depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import text

from shared.catalogue.observed import IN_YEAR, Spot
from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

FrozenFigures: TypeAlias = "Mapping[tuple[int, Spot], bool]"
"""Of frozen figures, by series, area and period, whether each is shown."""

_FROZEN = text(
    f"""SELECT series_id, area_id, period_type, period_start, status
        FROM indicator_value
        WHERE series_id = ANY(:series) AND {IN_YEAR} @> period_start AND finality = 'final'
          AND is_frozen(area_id, period_type, period_start)"""
)


async def frozen_figures(connection: AsyncConnection, series: Collection[int], year: int) -> FrozenFigures:
    """Return the figures of some series in closed periods of a year."""
    rows = (await connection.execute(_FROZEN, {"series": [*series], "year": year})) if series else ()
    return {
        (row.series_id, Spot(row.area_id, Period(PeriodType(row.period_type), row.period_start))): (
            row.status != "suppressed"
        )
        for row in rows
    }
