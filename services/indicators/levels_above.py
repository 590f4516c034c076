"""The levels above the municipality: summed afresh in a pass of their own, about once a second, one at a time.

Areas that no single municipality holds for good belong here too: a county, the country, a place that moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from services.indicators.judging import judge_targets
from services.indicators.read_model import Wanted, replace_values
from shared.db.locks import share_figures, try_levels_above

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.period import Clock

_CLAIM = text("DELETE FROM rollup_mark RETURNING series_id, area_id, year")
_WRITTEN_HERE = text("SELECT area_id FROM area WHERE area_id = ANY(:areas) AND home_id IS NULL")
# An area that has got a home since it was marked is written there.
_MARK_HOMES = text(
    """INSERT INTO dirty_mark (owner_id, year, ripens_on)
       SELECT DISTINCT home_id, year, date '-infinity'
       FROM unnest(CAST(:areas AS integer[]), CAST(:years AS integer[])) AS mark(area_id, year)
       JOIN area USING (area_id) WHERE home_id IS NOT NULL"""
)


async def roll_up(connection: AsyncConnection, clock: Clock) -> int:
    """Bring the levels above up to date with the cells; return how many values changed. The caller commits."""
    await share_figures(connection)
    if not await try_levels_above(connection):
        return 0
    as_of = clock()
    marks = {Wanted(*row) for row in await connection.execute(_CLAIM)}
    if not marks:
        return 0
    areas = {mark.area_id for mark in marks}
    here = set((await connection.execute(_WRITTEN_HERE, {"areas": list(areas)})).scalars())
    wanted = {mark for mark in marks if mark.area_id in here}
    if wanted != marks:
        away = {"areas": [mark.area_id for mark in marks], "years": [mark.year for mark in marks]}
        await connection.execute(_MARK_HOMES, away)
    changed = await replace_values(connection, sorted(wanted), as_of)
    # Where a rule compares with the span before, a change in one year is judged in the next.
    compared = {mark._replace(year=mark.year + 1) for mark in wanted if mark.year < as_of.year}
    await judge_targets(connection, wanted | compared, as_of)
    return changed
