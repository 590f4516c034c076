"""What of the values that are asked for is still to be computed: their figures, or only their comparisons.

A figure and the mark of its comparisons are committed together. So where no mark is seen, every figure that the same
snapshot shows has its comparisons.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from psycopg import AsyncConnection

    from services.api.values.queries import ValueFilter


class Following(StrEnum):
    """What follows what is there by now."""

    NOTHING = "nothing"
    COMPARISONS = "comparisons"
    FIGURES = "figures"
    """And their comparisons."""


async def following(connection: AsyncConnection, asked: ValueFilter, today: date) -> Following:
    """Return what is still to come for the series and areas that are asked for, in any period."""
    areas, series = list(asked.areas) or None, list(asked.series) or None
    parameters = {"areas": areas, "series": series, "slices": list(asked.slices) or None, "today": today}
    row = await (await connection.execute(_FOLLOWING, parameters)).fetchone()
    if row is None or row[0]:
        return Following.FIGURES
    return Following.COMPARISONS if row[1] else Following.NOTHING


_SERIES = """(%(series)s::smallint[] IS NULL OR series_id = ANY (%(series)s))
             AND (%(slices)s::text[] IS NULL OR series_id IN (
                      SELECT series_id FROM indicator_series WHERE slice = ANY (%(slices)s)))"""
_AREAS = "(%(areas)s::integer[] IS NULL OR area_id = ANY (%(areas)s))"
# An area's figures are made of what is marked in all that lies in it, and observed ones of what is marked anywhere.
_FOLLOWING = f"""SELECT
    EXISTS (SELECT FROM dirty_mark
            WHERE ripens_on <= %(today)s
              AND (%(areas)s::integer[] IS NULL OR writing_area_id IN (
                       SELECT coalesce(municipality_id, area_id)
                       FROM area JOIN area_closure ON descendant_id = area_id
                       WHERE ancestor_id = ANY (%(areas)s))))
        OR EXISTS (SELECT FROM rollup_mark
                   WHERE {_SERIES}
                     AND ({_AREAS}
                          OR series_id IN (SELECT series_id FROM indicator_series WHERE measure IS NOT NULL))),
    EXISTS (SELECT FROM comparison_mark WHERE {_SERIES} AND {_AREAS})""".encode()
