"""Series whose definitions are gone: their figures go with them, but for those of closed periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from shared.db.locks import share_closings
from shared.facts.marks import rollup_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


class StoredSeries(NamedTuple):
    """A series that is stored, and what it observes."""

    series_id: int
    measure: str | None


# The values first: the feed reports their removal by the names of their series. Figures of closed periods stay, and
# with them their series, of which nothing is computed any more: now there would be no such figure.
_DROP = (
    *(
        text(
            f"""DELETE FROM {table}
                WHERE series_id = ANY(:series) AND NOT is_frozen(area_id, period_type, period_start)"""
        )
        for table in ("indicator_value", "comparison", "signal")
    ),
    *(
        text(f"DELETE FROM {table} WHERE series_id = ANY(:series)")
        for table in ("ancestor_set_total", "cell", "rollup_mark", "comparison_mark", "signal_mark", "later_value")
    ),
    text(
        """INSERT INTO later_value (series_id, area_id, period_type, period_start)
           SELECT series_id, area_id, period_type, period_start FROM indicator_value WHERE series_id = ANY(:series)"""
    ),
    text(
        """DELETE FROM indicator_series AS series
           WHERE series_id = ANY(:series)
             AND NOT EXISTS (SELECT FROM indicator_value AS value WHERE value.series_id = series.series_id)"""
    ),
    text(
        """UPDATE indicator_series
           SET fingerprint = '', followed_by = '{}', expected_role = NULL, measure = NULL, recurs_each = NULL,
               reaching_types = '{}'
           WHERE series_id = ANY(:series)"""
    ),
)
# What the others of a measure hide may follow from what one shows.
_MARK_SAME_MEASURES = text(
    rollup_marks(
        """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)
           FROM indicator_series JOIN observation USING (measure) WHERE measure = ANY(:measures)"""
    )
)


async def drop_series(connection: AsyncConnection, removed: Sequence[StoredSeries]) -> None:
    """Remove series, and mark what others of their measures hide: it may follow from what one shows."""
    if removed:
        await share_closings(connection)
    for statement in _DROP if removed else ():
        await connection.execute(statement, {"series": [one.series_id for one in removed]})
    measures = sorted({one.measure for one in removed if one.measure is not None})
    if measures:
        await connection.execute(_MARK_SAME_MEASURES, {"measures": measures})
