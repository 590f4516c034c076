"""What stands beside a value: other periods, the year so far, per inhabitant, how many municipalities report.

It follows in a pass of its own, at most once a second, one at a time. Each row tells which figure it was computed for,
and is shown only beside that one: so a fresh figure never stands beside a stale comparison.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from services.indicators.compute.signals import MARK_SIGNALS, drop_signals
from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from shared.db.locks import hold_comparing, keep_figures, try_comparing, try_figures
from shared.db.sql import statement
from shared.facts.marks import comparison_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.period import Clock

# The marks claimed at a time, with all others of the same figures.
MOST_MARKS = 500
# Subjects compared by one statement, so that what it sorts stays in memory.
MOST_SUBJECTS = 1000
# How long a pass goes on claiming: comparisons may lag under load, so that figures need not.
SECONDS = 1.0


class Compared(NamedTuple):
    """A series in an area, and the years whose figures changed; what reaches back to these is compared too."""

    series_id: int
    area_id: int
    first_year: int
    last_year: int


async def mark_rolled_over_days(connection: AsyncConnection, first: date, last: date) -> None:
    """Mark what changes as these days begin: a period has ended and now compares, or an area consists of others."""
    await connection.execute(_MARK_ROLLED_OVER_DAYS, {"first": first, "last": last})


async def compare(connection: AsyncConnection, clock: Clock, seconds: float = SECONDS) -> int:
    """Compare afresh what is marked, for so long; return how many rows changed. The caller commits.

    What is not claimed in time waits for the next pass: after a month's end every figure is marked.
    """
    if not await try_figures(connection) or not await try_comparing(connection):
        return 0
    await connection.execute(_PREPARE)
    changed = 0
    until = time.monotonic() + seconds
    while marks := {SeriesYear(*row) for row in await connection.execute(_CLAIM, {"most": MOST_MARKS})}:
        # Read after the claim: what marked a day's turn is then never compared as of the day before.
        changed += await _compare(connection, _subjects(marks), clock())
        await connection.execute(MARK_SIGNALS, as_arrays(SeriesYear._fields, marks))
        if time.monotonic() > until:
            break
    return changed


async def drop_comparisons(connection: AsyncConnection, hidden: Collection[SeriesYear]) -> None:
    """Drop what repeats figures of these years that are suppressed from now on, in all years that reach back to them.

    Signals rest on such figures, and are dropped too.

    A pass that has read them before must not store them after: so it is waited for, and the next begins after the
    commit. What was marked is compared afresh then.
    """
    await hold_comparing(connection)
    await connection.execute(_DROP, as_arrays(SeriesYear._fields, hidden))
    await drop_signals(connection, hidden)


async def mark_all_comparisons(connection: AsyncConnection, elsewhere: Sequence[int] = ()) -> None:
    """Mark what stands beside every figure there is, but for those of series computed elsewhere."""
    await connection.execute(_MARK_ALL, {"elsewhere": list(elsewhere)})


async def compare_all(connection: AsyncConnection, as_of: date) -> int:
    """Compare everything afresh, and drop what stands beside values that are gone; return how many rows changed."""
    await keep_figures(connection)
    await hold_comparing(connection)
    await connection.execute(_PREPARE)
    await connection.execute(_FORGET_MARKS)
    return await _compare(connection, [Compared(*row) for row in await connection.execute(_EVERYTHING)], as_of)


async def _compare(connection: AsyncConnection, subjects: Sequence[Compared], as_of: date) -> int:
    changed = 0
    for some in _chunks(subjects):
        parameters = {"as_of": as_of} | as_arrays(Compared._fields, some)
        merge = statement("comparisons.sql", __package__)
        changed += (await connection.execute(merge, parameters)).rowcount
    return changed


def _subjects(marks: Iterable[SeriesYear]) -> list[Compared]:
    """Return each series and area once, with all years between its first and its last."""
    years: dict[tuple[int, int], list[int]] = {}
    for mark in marks:
        years.setdefault((mark.series_id, mark.area_id), []).append(mark.year)
    return [Compared(series, area, min(of), max(of)) for (series, area), of in sorted(years.items())]


def _chunks(subjects: Sequence[Compared]) -> Iterator[Sequence[Compared]]:
    return (subjects[start : start + MOST_SUBJECTS] for start in range(0, len(subjects), MOST_SUBJECTS))


# Marks what is beside the figures of years, and beside those that reach back to them; the years are arrays.
MARK_COMPARISONS = text(
    comparison_marks(
        "SELECT * FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS smallint[]))"
    )
)
# A month's end is also the end of the longer periods that it closes. A municipality that comes or goes changes what is
# counted above it.
_MARK_ROLLED_OVER_DAYS = text(
    comparison_marks(
        """SELECT series_id, area_id, extract(year FROM period_start)
           FROM generate_series(CAST(:first AS date), :last, interval '1 day') AS passed(day)
           JOIN indicator_value ON (period_type, period_start) IN (
               ('month', (day - interval '1 month')::date), ('tertial', (day - interval '4 months')::date),
               ('quarter', (day - interval '3 months')::date), ('halfYear', (day - interval '6 months')::date),
               ('year', (day - interval '1 year')::date))
           WHERE extract(day FROM day) = 1
           UNION
           SELECT series_id, area_id, extract(year FROM day)
           FROM (SELECT area_id, day FROM boundary_change
                 UNION
                 SELECT ancestor_id, unnest(ARRAY[lower(area_closure.valid), upper(area_closure.valid)])
                 FROM area_closure JOIN area ON area_id = descendant_id AND kind = 'municipality'
                 WHERE ancestor_id <> descendant_id) AS changed
           CROSS JOIN indicator_series
           WHERE day BETWEEN :first AND :last"""
    )
)
# In order, so that all years of a figure are claimed, and compared, together.
_MARK_ALL = text(
    comparison_marks(
        """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)
           FROM (SELECT series_id, area_id, period_start FROM indicator_value
                 UNION ALL SELECT series_id, area_id, period_start FROM comparison) AS stored
           WHERE series_id <> ALL (CAST(:elsewhere AS smallint[]))
           ORDER BY 1, 2, 3"""
    )
)
_DROP = text(
    """DELETE FROM comparison
       USING unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS integer[]))
             AS hidden(series_id, area_id, year)
       JOIN indicator_series USING (series_id)
       WHERE comparison.series_id = hidden.series_id AND comparison.area_id = hidden.area_id
         AND period_start >= make_date(hidden.year, 1, 1)
         AND (period_start < make_date(hidden.year + 3, 1, 1) OR kind = 'measured')
         AND NOT is_frozen(comparison.area_id, period_type, period_start)"""
)
_FORGET_MARKS = text("DELETE FROM comparison_mark")
# Those of places last: most are of places, and most readers ask for a municipality's figures, or those above it.
_CLAIM = text(
    """DELETE FROM comparison_mark AS mark
       USING (SELECT DISTINCT series_id, area_id, year
              FROM (SELECT series_id, area_id, year FROM comparison_mark JOIN area USING (area_id)
                    ORDER BY kind = 'place', mark_id LIMIT :most) AS first) AS claimed
       WHERE (mark.series_id, mark.area_id, mark.year) = (claimed.series_id, claimed.area_id, claimed.year)
       RETURNING mark.series_id, mark.area_id, mark.year"""
)
_EVERYTHING = text(
    """SELECT series_id, area_id, extract(year FROM min(period_start))::integer,
              extract(year FROM max(period_start))::integer
       FROM (SELECT series_id, area_id, period_start FROM indicator_value
             UNION ALL SELECT series_id, area_id, period_start FROM comparison) AS stored
       GROUP BY series_id, area_id ORDER BY series_id, area_id"""
)
# The plan depends on how many subjects there are, and planning costs little once a second; sorting on disk costs more.
_PREPARE = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '32MB', true)")
