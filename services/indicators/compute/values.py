"""Makes the values served equal the cells, for the years that are wanted (`values.sql`).

Only rows that differ are written, and those gone removed, so that `revision` and `computed_at` move only with a figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from shared.db.arrays import as_arrays
from shared.db.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import CursorResult
    from sqlalchemy.ext.asyncio import AsyncConnection

EVERY_MONTH = sum(1 << month for month in range(1, 13))
# Of a rebuild, as many series and areas at most are made by one statement, so that what it sorts stays in memory.
MOST_SUBJECTS = 4000


class SeriesYear(NamedTuple):
    """One year of one series and area."""

    series_id: int
    area_id: int
    year: int


class Wanted(NamedTuple):
    """Years of a series and area whose values are to equal the cells; the months that changed are bits (1 << month)."""

    series_id: int
    area_id: int
    first_year: int
    last_year: int
    months: int


async def replace_values(
    connection: AsyncConnection, months: Mapping[SeriesYear, int], as_of: date
) -> list[SeriesYear]:
    """Make the values of the years equal the cells, in the months that changed; return where rows changed.

    Where those of closed periods stay as they are, that is where what they would be has changed.
    Of each year, the months are given by their bits (1 << month), or all by EVERY_MONTH.
    """
    if not months:
        return []
    wanted = [Wanted(*year, year.year, months[year]) for year in sorted(months)]
    return [SeriesYear(row.series_id, row.area_id, row.year) for row in await _replace(connection, wanted, as_of)]


async def replace_all_values(connection: AsyncConnection, as_of: date, elsewhere: Sequence[int] = ()) -> int:
    """Make every value equal the cells, but for series computed elsewhere; return how many rows changed."""
    parameters = {"as_of": as_of, "elsewhere": list(elsewhere)}
    rows = await connection.execute(statement("all_subjects.sql", __package__), parameters)
    subjects = [Wanted(row.series_id, row.area_id, row.first_year, row.last_year, EVERY_MONTH) for row in rows]
    return sum([row.rows for some in _chunks(subjects) for row in await _replace(connection, some, as_of)])


async def _replace(connection: AsyncConnection, wanted: Sequence[Wanted], as_of: date) -> CursorResult[Any]:
    return await connection.execute(
        statement("values.sql", __package__), as_arrays(Wanted._fields, wanted) | {"as_of": as_of}
    )


def _chunks(subjects: Sequence[Wanted]) -> Iterator[Sequence[Wanted]]:
    return (subjects[start : start + MOST_SUBJECTS] for start in range(0, len(subjects), MOST_SUBJECTS))
