"""Marks of what has changed and is not yet computed: the only module that writes them.

A mark is written in the transaction of the change. There are four tables of them:

* `dirty_mark`: facts of an area's month, or of a whole scope, are counted afresh
  (`services.indicators.compute.recompute`).
* `rollup_mark`: a series' year in an area above the municipalities, or of observed figures, is summed afresh.
* `comparison_mark`: what a series' year in an area is compared with is computed afresh.
* `signal_mark`: a series' year in an area is judged afresh, and the years that rest on it.

The functions named `…_marks` return an INSERT as text, for a statement of its own or for a CTE of a larger one. What
they are given is a SELECT; its columns count by their place. The rest serves the worker that answers dirty marks: find
scopes with work, claim their marks, postpone what fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.arrays import as_arrays
from shared.db.locks import SCOPE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.db.locks import Scope


# A mark of a whole scope with this fact asks only for its targets to be judged again.
TARGETS = "(targets)"
# One with this fact asks only for what is to recur: a day is over.
DAYS = "(days)"
# A fact is read by the figures of its month, and some are of the year so far: they are written by every writing area
# that has the area then, not only by the one that has it on the day. Most areas have one for good.
_WRITING_AREAS_FROM_MONTH = """JOIN area_ancestor_set ON area_ancestor_set.area_id = changed.area_id
  AND changed.day IS NOT NULL
  AND area_ancestor_set.valid && daterange(date_trunc('month', changed.day)::date,
                                           (date_trunc('year', changed.day) + interval '1 year')::date)
JOIN ancestor_set USING (ancestor_set_id)"""
# A state of a month counts for every writing area that has the area on any of its days.
_WRITING_AREAS_IN_MONTH = """JOIN area_ancestor_set ON area_ancestor_set.area_id = changed.area_id
 AND area_ancestor_set.valid && daterange(changed.month::date, (changed.month + interval '1 month')::date)
JOIN ancestor_set USING (ancestor_set_id)"""


def fact_marks(changes: str) -> str:
    """Return an INSERT that marks the month of each changed fact, under everyone who has the area from then on.

    `changes` selects (area_id, day, fact, ripens_on): where and on which day it counts, its type or None for any, and
    the first day on which the change can show, `date '-infinity'` for at once.
    """
    return f"""INSERT INTO dirty_mark (writing_area_id, year, area_id, month, fact, ripens_on)
SELECT DISTINCT writing_area_id, extract(year
  FROM day), changed.area_id, date_trunc('month', day)::date, fact, ripens_on
FROM ({changes}) AS changed(area_id, day, fact, ripens_on)
{_WRITING_AREAS_FROM_MONTH}"""


def month_marks(changes: str) -> str:
    """Return an INSERT that marks whole months, such as those of a role, under everyone who has the area in them.

    `changes` selects (area_id, month, fact, ripens_on); a month is its first day.
    """
    return f"""INSERT INTO dirty_mark (writing_area_id, year, area_id, month, fact, ripens_on)
SELECT DISTINCT writing_area_id, extract(year FROM month), changed.area_id, month::date, fact, ripens_on
FROM ({changes}) AS changed(area_id, month, fact, ripens_on)
{_WRITING_AREAS_IN_MONTH}"""


def reached_days(activity_type: str, day: str) -> str:
    """Return the FROM item of the days, nearest to another month, that an activity of a day may count on besides.

    Those of a night count on the day before, and those of a week on its Thursday: so of few types. The arguments are
    SQL.
    """
    return f"""unnest(CASE WHEN {activity_type} IN (SELECT unnest(reaching_types) FROM indicator_series)
                    THEN ARRAY[{day} - 4, {day} + 3] ELSE '{{}}' END)"""


def scope_marks(changes: str) -> str:
    """Return an INSERT that marks whole scopes; `changes` selects (writing_area_id, year, fact, ripens_on).

    The fact is null, for all that the scope has, or `TARGETS`.
    """
    return f"INSERT INTO dirty_mark (writing_area_id, year, fact, ripens_on) {changes}"


def rollup_marks(changes: str) -> str:
    """Return an INSERT of marks for the pass above the municipalities; `changes` selects (series_id, area_id, year)."""
    return f"INSERT INTO rollup_mark (series_id, area_id, year) {changes}"


def comparison_marks(changes: str) -> str:
    """Return an INSERT of marks for the comparing pass; `changes` selects (series_id, area_id, year)."""
    return f"INSERT INTO comparison_mark (series_id, area_id, year) {changes}"


def signal_marks(changes: str) -> str:
    """Return an INSERT of marks for the pass that judges signals; `changes` selects (series_id, area_id, year)."""
    return f"INSERT INTO signal_mark (series_id, area_id, year) {changes}"


def reporting_months(valid: str) -> str:
    """Return the FROM item with the months to mark where reporting is on during the range `valid`, a column's name.

    Each month has a mark that ripens on its first day: so it brings its rows without anyone writing. They begin with
    the year, whose own row may begin before reporting does.
    """
    return f"""generate_series(date_trunc('year', lower({valid})), upper({valid}) - 1, interval '1 month')"""


_SCOPES_IN_USE = f"""SELECT writing_area_id, extract(year FROM day), NULL, date '-infinity'
       FROM (SELECT area_id, unnest(ARRAY[period_on, reported_on]) AS day FROM activity
             UNION SELECT area_id, day FROM activity, {reached_days("activity_type", "period_on")} AS day
             UNION SELECT area_id, due_on FROM commitment JOIN commitment_area USING (commitment_id)
             UNION SELECT area_id, make_date(year, 1, 1)
             FROM area_role
             CROSS JOIN generate_series(extract(year FROM lower(valid))::integer,
                                        extract(year FROM least(upper(valid) - 1, CURRENT_DATE))::integer) AS year
             WHERE need IS NOT NULL) AS changed
       {_WRITING_AREAS_FROM_MONTH}
       UNION
       SELECT area_id, extract(year FROM month), NULL, date '-infinity' FROM term_month
       UNION
       SELECT coalesce(municipality_id, area_id), extract(year FROM start), NULL, start::date
       FROM reporting JOIN area USING (area_id) CROSS JOIN {reporting_months("reporting.valid")} AS start"""
_MARK_EVERYTHING = text(scope_marks(_SCOPES_IN_USE))
_MARK_IN_AREAS = text(
    scope_marks(
        f"""SELECT * FROM ({_SCOPES_IN_USE}) AS scope
            WHERE writing_area_id IN (SELECT writing_area_id
                                      FROM ancestor_set JOIN ancestor_set_member USING (ancestor_set_id)
                                      WHERE ancestor_id = ANY(:area_ids))"""
    )
)
# What ripens later was marked for the writing area of that day; the new one must wake up too.
_HAND_OVER_UNRIPE = text(
    f"""INSERT INTO dirty_mark (writing_area_id, year, area_id, month, fact, ripens_on)
        SELECT DISTINCT ancestor_set.writing_area_id, changed.year, changed.area_id, changed.month, changed.fact,
                        changed.ripens_on
        FROM dirty_mark AS changed
        {_WRITING_AREAS_IN_MONTH}
        WHERE changed.area_id = ANY(:area_ids) AND changed.ripens_on > '-infinity'
          AND ancestor_set.writing_area_id <> changed.writing_area_id"""
)


async def mark_everything(connection: AsyncConnection) -> None:
    """Mark every scope that has facts or reporting, as a whole: what all figures rest on has changed."""
    await connection.execute(_MARK_EVERYTHING)


async def mark_areas(connection: AsyncConnection, area_ids: Sequence[int]) -> None:
    """Mark every scope of what lies in some areas that has facts or reporting, as a whole."""
    await connection.execute(_MARK_IN_AREAS, {"area_ids": list(area_ids)})


async def hand_over_unripe_marks(connection: AsyncConnection, area_ids: Sequence[int]) -> None:
    """Copy the areas' marks that ripen later to those who own them now, after the areas have moved."""
    await connection.execute(_HAND_OVER_UNRIPE, {"area_ids": area_ids})


@dataclass(frozen=True, slots=True)
class Mark:
    """What changed in a scope: one area's month and one kind of fact; None means all of them."""

    writing_area_id: int
    year: int
    area_id: int | None
    month: date | None
    fact: str | None


_CANDIDATES = text(
    """SELECT writing_area_id, year FROM dirty_mark AS mark
       WHERE ripens_on <= :as_of
         AND NOT EXISTS (SELECT FROM postponed_scope AS postponed
                         WHERE postponed.writing_area_id = mark.writing_area_id AND postponed.year = mark.year
                           AND postponed.not_before > clock_timestamp())
       GROUP BY writing_area_id, year ORDER BY min(mark_id) LIMIT :most"""
)
_CLAIM = text(
    """WITH scope AS (
           SELECT writing_area_id, year
           FROM unnest(CAST(:owners AS integer[]), CAST(:years AS integer[])) AS scope(writing_area_id, year)),
       afresh AS (
           DELETE FROM postponed_scope AS postponed USING scope
           WHERE postponed.writing_area_id = scope.writing_area_id AND postponed.year = scope.year)
       DELETE FROM dirty_mark AS mark USING scope
       WHERE mark.writing_area_id = scope.writing_area_id AND mark.year = scope.year AND ripens_on <= :as_of
       RETURNING mark.writing_area_id, mark.year, area_id, month, fact"""
)
_POSTPONE = text(
    """INSERT INTO postponed_scope AS postponed (writing_area_id, year, attempts, not_before, error)
       VALUES (:writing_area_id, :year, 1, clock_timestamp() + interval '2 seconds', :error)
       ON CONFLICT (writing_area_id, year) DO UPDATE SET
           attempts = postponed.attempts + 1, error = excluded.error,
           not_before = clock_timestamp()
                        + least(power(2, least(postponed.attempts + 1, 11)), 900) * interval '1 second'"""
)
_OLDEST = text(
    """SELECT extract(epoch FROM clock_timestamp() - min(waits_since))
       FROM (SELECT greatest(marked_at, ripe.at)
             FROM dirty_mark,
                  LATERAL (SELECT CASE WHEN isfinite(ripens_on)
                                       THEN ripens_on::timestamp AT TIME ZONE 'Europe/Stockholm' END AS at) AS ripe
             WHERE ripens_on <= :as_of
             UNION ALL
             SELECT marked_at FROM rollup_mark) AS mark(waits_since)"""
)

# Not the least of all instants: after a month's end there are as many marks as figures.
_OLDEST_COMPARISON = text(
    """SELECT extract(epoch FROM clock_timestamp() - marked_at) FROM comparison_mark ORDER BY mark_id LIMIT 1"""
)

_OLDEST_SIGNAL = text(
    """SELECT extract(epoch FROM clock_timestamp() - marked_at) FROM signal_mark ORDER BY mark_id LIMIT 1"""
)

_FOLLOWING_COMPARISONS = text("SELECT count(DISTINCT (series_id, area_id, year)) FROM comparison_mark")
_FOLLOWING_SIGNALS = text("SELECT count(DISTINCT (series_id, area_id, year)) FROM signal_mark")


async def ripe_scopes(connection: AsyncConnection, as_of: date, most: int) -> list[Scope]:
    """Return the scopes with ripe marks, oldest first, leaving out those that are postponed."""
    rows = await connection.execute(_CANDIDATES, {"as_of": as_of, "most": most})
    return [(row.writing_area_id, row.year) for row in rows]


async def claim(connection: AsyncConnection, scopes: Sequence[Scope], as_of: date) -> list[Mark]:
    """Delete the scopes' ripe marks and return them, each once, and forget that a scope was postponed.

    A rollback brings all of it back.
    """
    rows = await connection.execute(_CLAIM, as_arrays(SCOPE, scopes) | {"as_of": as_of})
    return list({Mark(*row) for row in rows})


async def postpone(connection: AsyncConnection, scope: Scope, error: str) -> None:
    """Try a failed scope again later: after 2 seconds, then twice as long each time, at most 15 minutes."""
    await connection.execute(_POSTPONE, {"writing_area_id": scope[0], "year": scope[1], "error": error})


async def oldest_mark_seconds(connection: AsyncConnection, as_of: date) -> float | None:
    """Return how long the oldest ripe mark, or mark of the levels above, has waited; None when no mark waits."""
    age = (await connection.execute(_OLDEST, {"as_of": as_of})).scalar_one()
    return None if age is None else max(0.0, float(age))


async def oldest_comparison_mark_seconds(connection: AsyncConnection) -> float | None:
    """Return how long comparisons have been following their figures; None when they have caught up."""
    age = (await connection.execute(_OLDEST_COMPARISON)).scalar_one_or_none()
    return None if age is None else max(0.0, float(age))


async def count_comparison_marks(connection: AsyncConnection) -> int:
    """Return how many years of figures wait for their comparisons."""
    return int((await connection.execute(_FOLLOWING_COMPARISONS)).scalar_one())


async def oldest_signal_mark_seconds(connection: AsyncConnection) -> float | None:
    """Return how long signals have been following their figures; None when they have caught up."""
    age = (await connection.execute(_OLDEST_SIGNAL)).scalar_one_or_none()
    return None if age is None else max(0.0, float(age))


async def count_signal_marks(connection: AsyncConnection) -> int:
    """Return how many years of figures wait for their signals."""
    return int((await connection.execute(_FOLLOWING_SIGNALS)).scalar_one())
