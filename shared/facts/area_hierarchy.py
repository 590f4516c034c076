"""Derives what follows from areas and their parents over time: closure, ancestor sets, homes, boundary changes.

`area_closure` says which area lies inside which, on which days. An ancestor set is a distinct set of
areas that contain a place: figures of the levels above are summed by these, since they are few (441 for 12 000
places). A home is the one municipality that an area lies in on all its days. `shared.facts.areas` is the only caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.codes import find_area_ids
from shared.domain.commitment import COMMITMENTS
from shared.domain.errors import InvalidArea, Violation
from shared.domain.role import ROLE_CHANGES
from shared.facts.commitment_marks import OF_AFFECTED_AREAS
from shared.facts.marks import (
    comparison_marks,
    fact_marks,
    hand_over_unripe_marks,
    month_marks,
    rollup_marks,
    scope_marks,
)
from shared.facts.reporting import refresh_reporting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


async def derive(connection: AsyncConnection, codes: Sequence[str]) -> None:
    """Derive afresh what follows from areas whose parents changed, and mark the facts below under old and new owners.

    The caller has the structure for itself.

    Raises:
        InvalidArea: an area would lie inside itself, or in two municipalities, or other areas of one kind, at once.

    """
    touched = list((await find_area_ids(connection, codes)).values())
    affected = list((await connection.execute(_AND_BELOW, {"touched": touched})).scalars())
    await _refuse_circles(connection, affected)
    parameters = {"affected": affected}
    bounded = set((await connection.execute(_BOUNDED_BY, parameters)).scalars())
    lying = await _municipalities(connection, affected)
    await _mark(connection, affected)
    for statement in _DERIVE:
        await connection.execute(statement, parameters)
    await _refuse_two_of_a_kind(connection, affected)
    await _mark(connection, affected)
    await hand_over_unripe_marks(connection, affected)
    bounded.update((await connection.execute(_BOUNDED_BY, parameters)).scalars())
    if bounded:
        await connection.execute(_REFRESH_BOUNDARIES, {"bounded": sorted(bounded)})
    concerned = {area for area, *_ in lying ^ await _municipalities(connection, affected)}
    for statement in _MARK_CONCERNED if concerned else ():
        await connection.execute(statement, {"concerned": sorted(concerned)})
    moved = list((await connection.execute(_REFRESH_MUNICIPALITIES, parameters)).scalars())
    for statement in _MARK_NEW_MUNICIPALITIES:
        await connection.execute(statement, {"areas": moved})
    await connection.execute(_MARK_OBSERVED, parameters)
    await refresh_reporting(connection)


async def _municipalities(connection: AsyncConnection, affected: Sequence[int]) -> set[tuple[int, int, str]]:
    """Return in which areas, and when, municipalities lie, and which areas in them: area, municipality, days."""
    rows = await connection.execute(_MUNICIPALITIES, {"affected": affected})
    return {(row.area_id, row.municipality_id, row.days) for row in rows}


async def _mark(connection: AsyncConnection, affected: Sequence[int]) -> None:
    """Mark what counts in the areas, under whoever owns them now: activities, states and commitments."""
    await connection.execute(_MARK_ACTIVITIES, {"affected": affected})
    await connection.execute(_MARK_STATES, {"affected": affected})
    await connection.execute(_MARK_COMMITMENTS, {"affected": affected})


async def _refuse_circles(connection: AsyncConnection, affected: Sequence[int]) -> None:
    code = (await connection.execute(_CIRCLES, {"affected": affected})).scalars().first()
    if code is not None:
        violation = Violation("parents", "form a circle", "Leave out the parent below it.")
        raise InvalidArea(f"{code} would lie inside itself", [violation])


async def _refuse_two_of_a_kind(connection: AsyncConnection, affected: Sequence[int]) -> None:
    """Refuse what would be counted twice in the areas above."""
    code = (await connection.execute(_TWO_OF_A_KIND, {"affected": affected})).scalars().first()
    if code is not None:
        violation = Violation(
            "parents", "lead to two areas of one kind on the same day", "Let one end before the other begins."
        )
        raise InvalidArea(f"{code} would lie in two municipalities, counties or police districts at once", [violation])


_AND_BELOW = text(
    """WITH RECURSIVE below AS (
           SELECT unnest(CAST(:touched AS integer[])) AS area_id
           UNION
           SELECT child_id FROM area_edge JOIN below ON parent_id = below.area_id)
       SELECT area_id FROM below"""
)
_CIRCLES = text(
    """WITH RECURSIVE below AS (
           SELECT parent_id AS top_id, child_id FROM area_edge WHERE parent_id = ANY(:affected)
           UNION
           SELECT top_id, area_edge.child_id FROM below JOIN area_edge ON area_edge.parent_id = below.child_id)
       SELECT code FROM below JOIN area ON area_id = top_id WHERE top_id = child_id ORDER BY 1"""
)
_MARK_ACTIVITIES = text(
    fact_marks(
        """SELECT area_id, unnest(ARRAY[period_on, reported_on]), NULL, date '-infinity'
           FROM activity WHERE area_id = ANY(:affected)"""
    )
)
# States have no facts of their own: they have figures in each month where reporting is on, and while a role lasts.
# Up to tomorrow's month: it may have begun by the time this is committed. The day is PostgreSQL's, as everywhere.
_MARK_STATES = text(
    month_marks(
        f"""SELECT area_ancestor_set.area_id, month, '{ROLE_CHANGES}', date '-infinity'
            FROM area_ancestor_set
            JOIN ancestor_set USING (ancestor_set_id)
            CROSS JOIN LATERAL (SELECT valid FROM reporting WHERE reporting.area_id = ancestor_set.writing_area_id
                                UNION
                                SELECT valid FROM area_role WHERE area_role.area_id = area_ancestor_set.area_id)
                                  AS expected
            CROSS JOIN LATERAL (SELECT expected.valid * area_ancestor_set.valid AS days) AS both_hold
            CROSS JOIN LATERAL generate_series(date_trunc('month', lower(days)),
                                               least(upper(days) - 1,
                                                     (clock_timestamp() AT TIME ZONE 'Europe/Stockholm')::date + 1),
                                               interval '1 month') AS month
            WHERE area_ancestor_set.area_id = ANY(:affected) AND NOT isempty(days)"""
    )
)
_MARK_COMMITMENTS = text(
    fact_marks(f"SELECT area_id, due_on, '{COMMITMENTS}', date '-infinity' FROM ({OF_AFFECTED_AREAS}) AS concerned")
)
_DERIVE = tuple(
    map(
        text,
        (
            "DELETE FROM area_closure WHERE descendant_id = ANY(:affected)",
            """WITH RECURSIVE up AS (
                   SELECT area_id AS descendant_id, area_id AS ancestor_id, valid
                   FROM area WHERE area_id = ANY(:affected)
                   UNION
                   SELECT descendant_id, parent_id, up.valid * area_edge.valid * area.valid
                   FROM up JOIN area_edge ON child_id = ancestor_id AND area_edge.valid && up.valid
                           JOIN area ON area.area_id = parent_id
                   WHERE NOT isempty(up.valid * area_edge.valid * area.valid))
               INSERT INTO area_closure (descendant_id, ancestor_id, valid)
               SELECT descendant_id, ancestor_id, unnest(range_agg(valid)) FROM up GROUP BY 1, 2""",
            "DELETE FROM area_ancestor_set WHERE area_id = ANY(:affected)",
            """CREATE TEMPORARY TABLE stretch ON COMMIT DROP AS
               WITH bound AS (
                   SELECT DISTINCT descendant_id AS area_id, day
                   FROM area_closure, unnest(ARRAY[coalesce(lower(valid), '-infinity'),
                                                    coalesce(upper(valid), 'infinity')]) AS day
                   WHERE descendant_id = ANY(:affected)),
               days AS (SELECT area_id, daterange(day, lead(day) OVER (PARTITION BY area_id ORDER BY day)) AS valid
                        FROM bound)
               SELECT days.area_id, days.valid,
                      array_agg(ancestor_id ORDER BY ancestor_id)
                          FILTER (WHERE area.kind <> 'place' OR ancestor_id <> days.area_id) AS ancestors,
                      bool_or(ancestor.kind = 'local-police-area') AS in_local_police_area,
                      coalesce(min(ancestor_id) FILTER (WHERE ancestor.kind = 'municipality'),
                               CASE WHEN area.kind <> 'place' THEN days.area_id END) AS writing_area_id
               FROM days JOIN area USING (area_id)
               JOIN area_closure ON descendant_id = days.area_id AND area_closure.valid @> lower(days.valid)
               JOIN area AS ancestor ON ancestor.area_id = ancestor_id
               WHERE lower(days.valid) < 'infinity'
               GROUP BY days.area_id, days.valid, area.kind""",
            """INSERT INTO ancestor_set (ancestors, writing_area_id, in_local_police_area)
               SELECT DISTINCT ancestors, writing_area_id, in_local_police_area FROM stretch
               WHERE writing_area_id IS NOT NULL ON CONFLICT DO NOTHING""",
            """INSERT INTO ancestor_set_member (ancestor_id, ancestor_set_id)
               SELECT unnest(ancestors), ancestor_set_id FROM ancestor_set
               WHERE ancestors IN (SELECT ancestors FROM stretch) ON CONFLICT DO NOTHING""",
            """INSERT INTO area_ancestor_set (area_id, valid, ancestor_set_id)
               SELECT area_id, valid, ancestor_set_id FROM stretch
                 JOIN ancestor_set USING (ancestors, writing_area_id)""",
            "DROP TABLE stretch",
        ),
    )
)
# The areas whose boundaries the affected ones take part in. Places bound nothing but themselves.
_BOUNDED_BY = text(
    """SELECT DISTINCT ancestor_id FROM area_closure JOIN area ON area_id = descendant_id
       WHERE descendant_id = ANY(:affected) AND (kind <> 'place' OR ancestor_id = descendant_id)"""
)
# A day counts when an area comes or goes that was there before or is there after; one that itself begins or ends inside
# is a new division of the same ground. Values up to two years on are compared across the day.
_MARK_BOUNDED = comparison_marks(
    """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)
       FROM (TABLE dropped UNION TABLE added) AS changed JOIN indicator_value USING (area_id)
       WHERE extract(year FROM period_start) BETWEEN extract(year FROM day) AND extract(year FROM day) + 2"""
)
_REFRESH_BOUNDARIES = text(
    f"""WITH fresh AS (
           SELECT DISTINCT ancestor_id AS area_id, day
           FROM area_closure
           JOIN area AS inside ON inside.area_id = descendant_id AND inside.kind <> 'place'
           CROSS JOIN LATERAL unnest(ARRAY[lower(area_closure.valid), upper(area_closure.valid)]) AS day
           WHERE ancestor_id = ANY(:bounded) AND isfinite(day)
             AND (descendant_id = ancestor_id
                  OR day IS DISTINCT FROM lower(inside.valid) AND day IS DISTINCT FROM upper(inside.valid))
           UNION
           -- a place has figures from the day on which it lies somewhere until it lies nowhere
           SELECT area_id, day
           FROM (SELECT area_id, unnest(range_agg(placed.valid)) AS span
                 FROM area_ancestor_set AS placed JOIN area USING (area_id)
                 WHERE area_id = ANY(:bounded) AND kind = 'place' GROUP BY area_id) AS placed
           CROSS JOIN LATERAL unnest(ARRAY[lower(span), upper(span)]) AS day
           WHERE isfinite(day)),
       dropped AS (DELETE FROM boundary_change AS stored
                   WHERE area_id = ANY(:bounded)
                     AND NOT EXISTS (SELECT FROM fresh WHERE fresh.area_id = stored.area_id AND fresh.day = stored.day)
                   RETURNING area_id, day),
       added AS (INSERT INTO boundary_change (area_id, day) SELECT area_id, day FROM fresh
                 ON CONFLICT DO NOTHING RETURNING area_id, day)
       {_MARK_BOUNDED}"""
)
# How many municipalities an area has, how many inhabitants, whose terms count there, and who reports of it, follow from
# these.
_MUNICIPALITIES = text(
    """SELECT ancestor_id AS area_id, descendant_id AS municipality_id, area_closure.valid::text AS days
       FROM area_closure JOIN area ON area_id = descendant_id AND kind = 'municipality'
       WHERE descendant_id = ANY(:affected) AND ancestor_id <> descendant_id
       UNION ALL
       SELECT descendant_id, ancestor_id, area_closure.valid::text
       FROM area_closure JOIN area ON area_id = ancestor_id AND kind = 'municipality'
       WHERE descendant_id = ANY(:affected) AND ancestor_id <> descendant_id"""
)
_YEARS_CONCERNED = """SELECT DISTINCT series_id, area_id, extract(year FROM period_start) FROM indicator_value
       JOIN indicator_series USING (series_id) WHERE area_id = ANY(:concerned)"""
_MARK_CONCERNED = (
    text(comparison_marks(_YEARS_CONCERNED)),
    text(rollup_marks(f"{_YEARS_CONCERNED} AND kind = 'coverage'")),
)
_TWO_OF_A_KIND = text(
    """SELECT area.code FROM area_closure AS one
       JOIN area_closure AS two ON two.descendant_id = one.descendant_id AND two.ancestor_id > one.ancestor_id
                               AND two.valid && one.valid
       JOIN area AS first
         ON first.area_id = one.ancestor_id
        AND first.kind IN ('county', 'municipality', 'police-region', 'police-district')
       JOIN area AS second ON second.area_id = two.ancestor_id AND second.kind = first.kind
       JOIN area ON area.area_id = one.descendant_id
       WHERE one.descendant_id = ANY(:affected) ORDER BY 1"""
)
_REFRESH_MUNICIPALITIES = text(
    """WITH fresh AS (
           SELECT descendant_id, CASE WHEN count(DISTINCT ancestor_id) = 1 THEN min(ancestor_id) END AS municipality_id
           FROM area_closure JOIN area ON area_id = ancestor_id AND kind = 'municipality'
           WHERE descendant_id = ANY(:affected) GROUP BY 1)
       UPDATE area SET municipality_id = fresh.municipality_id
       FROM area AS stored LEFT JOIN fresh ON descendant_id = stored.area_id
       WHERE stored.area_id = area.area_id AND area.area_id = ANY(:affected)
         AND area.municipality_id IS DISTINCT FROM fresh.municipality_id
       RETURNING area.area_id"""
)
# What is observed of one area may be summed in others: a division that changed is summed anew, in every year there is.
_MARK_OBSERVED = text(
    rollup_marks(
        """SELECT series_id, min(observation.area_id), extract(year FROM period_start)
           FROM observation JOIN indicator_series USING (measure)
           WHERE observation.area_id = ANY(:affected)
              OR EXISTS (SELECT FROM area WHERE area.area_id = ANY(:affected) AND kind <> 'place')
           GROUP BY series_id, extract(year FROM period_start)"""
    )
)
# An area that moved to another municipality is written by another scope, or another pass, from now on: all its figures
# are made anew there.
_MARK_NEW_MUNICIPALITIES = (
    text(
        scope_marks(
            """SELECT DISTINCT municipality_id, extract(year FROM period_start), NULL, date '-infinity'
               FROM indicator_value JOIN area USING (area_id)
               WHERE area_id = ANY(:areas) AND municipality_id IS NOT NULL"""
        )
    ),
    text(
        rollup_marks(
            """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)
               FROM indicator_value JOIN area USING (area_id)
               WHERE area_id = ANY(:areas) AND municipality_id IS NULL"""
        )
    ),
)
