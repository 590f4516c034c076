"""Whether frozen figures are served as they were when their period was closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.read_model.columns import COLUMNS, KEY, json_object

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_SERVED = json_object(COLUMNS)
_MOVED = text(
    f"""WITH frozen AS (
            SELECT agreement_period_id, {KEY}, {_SERVED} AS served
            FROM (SELECT {KEY}, agreement_period_id FROM indicator_series CROSS JOIN closed_area_period) AS key
            JOIN served_value USING ({KEY})),
        copied AS (
            SELECT agreement_period_id, {KEY}, served
            FROM (SELECT closed_value.*, {_SERVED} AS served FROM closed_value) AS value
            JOIN (SELECT agreement_period_id, revision AS last_revision FROM agreement_period WHERE state = 'closed'
                 ) AS closed USING (agreement_period_id)
            WHERE closing_revision = last_revision)
        SELECT count(*) FROM frozen FULL JOIN copied USING (agreement_period_id, {KEY})
        WHERE frozen.served IS DISTINCT FROM copied.served"""
)


async def count_moved(connection: AsyncConnection) -> int:
    """Return how many figures of closed periods are not served as the last revision has them."""
    return int((await connection.execute(_MOVED)).scalar_one())
