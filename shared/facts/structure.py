"""What follows from areas and their parents over time: closure, atoms and homes. `shared.facts.areas` calls it.

The closure tells what lies in what and when. An atom is a distinct set of areas that hold a place: figures of the
levels above are summed by atoms, of which there are few. A home is the one municipality that holds an area for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.errors import InvalidArea, Violation
from shared.facts.reporting import refresh_reporting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


async def derive(connection: AsyncConnection, codes: Sequence[str]) -> None:
    """Derive afresh what follows from areas whose parents changed, and mark the facts below under old and new owners.

    The caller has the structure for itself.

    Raises:
        InvalidArea: an area would lie inside itself, or in two municipalities at the same time.

    """
    touched = list((await connection.execute(_IDS, {"codes": codes})).scalars())
    affected = list((await connection.execute(_AND_BELOW, {"touched": touched})).scalars())
    await _refuse_circles(connection, affected)
    parameters = {"affected": affected}
    await connection.execute(_MARK_FACTS, parameters)
    for statement in _DERIVE:
        await connection.execute(statement, parameters)
    await _refuse_two_municipalities(connection, affected)
    await connection.execute(_MARK_FACTS, parameters)
    await connection.execute(_HAND_OVER_UNRIPE_MARKS, parameters)
    rehomed = list((await connection.execute(_REFRESH_HOMES, parameters)).scalars())
    await connection.execute(_MARK_NEW_HOMES, {"areas": rehomed})
    await refresh_reporting(connection)


async def _refuse_circles(connection: AsyncConnection, affected: Sequence[int]) -> None:
    code = (await connection.execute(_CIRCLES, {"affected": affected})).scalars().first()
    if code is not None:
        violation = Violation("parents", "form a circle", "Leave out the parent below it.")
        raise InvalidArea(f"{code} would lie inside itself", [violation])


async def _refuse_two_municipalities(connection: AsyncConnection, affected: Sequence[int]) -> None:
    code = (await connection.execute(_TWO_MUNICIPALITIES, {"affected": affected})).scalars().first()
    if code is not None:
        raise InvalidArea(
            f"{code} would lie in two municipalities at the same time",
            [
                Violation(
                    "parents", "lead to two municipalities on the same day", "Let one end before the other begins."
                )
            ],
        )


_IDS = text("SELECT area_id FROM area WHERE code = ANY(:codes)")
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
_MARK_FACTS = text(
    """INSERT INTO dirty_mark (owner_id, year, area_id, month, ripens_on)
       SELECT DISTINCT atom.owner_id, extract(year FROM day), activity.area_id, date_trunc('month', day)::date,
                       date '-infinity'
       FROM activity
       CROSS JOIN LATERAL unnest(ARRAY[period_on, reported_on]) AS day
       JOIN area_atom ON area_atom.area_id = activity.area_id AND area_atom.valid @> day
       JOIN atom USING (atom_id)
       WHERE activity.area_id = ANY(:affected)"""
)
# What ripens later was marked for the owner of that day; the new one must wake up too.
_HAND_OVER_UNRIPE_MARKS = text(
    """INSERT INTO dirty_mark (owner_id, year, area_id, month, activity_type, ripens_on)
       SELECT DISTINCT atom.owner_id, mark.year, mark.area_id, mark.month, mark.activity_type, mark.ripens_on
       FROM dirty_mark AS mark
       JOIN area_atom ON area_atom.area_id = mark.area_id
                     AND area_atom.valid && daterange(mark.month, (mark.month + interval '1 month')::date)
       JOIN atom ON atom.atom_id = area_atom.atom_id AND atom.owner_id <> mark.owner_id
       WHERE mark.area_id = ANY(:affected) AND mark.ripens_on > '-infinity'"""
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
            "DELETE FROM area_atom WHERE area_id = ANY(:affected)",
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
                      coalesce(min(ancestor_id) FILTER (WHERE ancestor.kind = 'municipality'),
                               CASE WHEN area.kind <> 'place' THEN days.area_id END) AS owner_id
               FROM days JOIN area USING (area_id)
               JOIN area_closure ON descendant_id = days.area_id AND area_closure.valid @> lower(days.valid)
               JOIN area AS ancestor ON ancestor.area_id = ancestor_id
               WHERE lower(days.valid) < 'infinity'
               GROUP BY days.area_id, days.valid, area.kind""",
            """INSERT INTO atom (ancestors, owner_id) SELECT DISTINCT ancestors, owner_id FROM stretch
               WHERE owner_id IS NOT NULL ON CONFLICT DO NOTHING""",
            """INSERT INTO atom_ancestor (ancestor_id, atom_id) SELECT unnest(ancestors), atom_id FROM atom
               WHERE ancestors IN (SELECT ancestors FROM stretch) ON CONFLICT DO NOTHING""",
            """INSERT INTO area_atom (area_id, valid, atom_id)
               SELECT area_id, valid, atom_id FROM stretch JOIN atom USING (ancestors, owner_id)""",
            "DROP TABLE stretch",
        ),
    )
)
_TWO_MUNICIPALITIES = text(
    """SELECT area.code FROM area_closure AS one
       JOIN area_closure AS two ON two.descendant_id = one.descendant_id AND two.ancestor_id > one.ancestor_id
                               AND two.valid && one.valid
       JOIN area AS first ON first.area_id = one.ancestor_id AND first.kind = 'municipality'
       JOIN area AS second ON second.area_id = two.ancestor_id AND second.kind = 'municipality'
       JOIN area ON area.area_id = one.descendant_id
       WHERE one.descendant_id = ANY(:affected) ORDER BY 1"""
)
_REFRESH_HOMES = text(
    """WITH fresh AS (
           SELECT descendant_id, CASE WHEN count(DISTINCT ancestor_id) = 1 THEN min(ancestor_id) END AS home_id
           FROM area_closure JOIN area ON area_id = ancestor_id AND kind = 'municipality'
           WHERE descendant_id = ANY(:affected) GROUP BY 1)
       UPDATE area SET home_id = fresh.home_id
       FROM area AS kept LEFT JOIN fresh ON descendant_id = kept.area_id
       WHERE kept.area_id = area.area_id AND area.area_id = ANY(:affected)
         AND area.home_id IS DISTINCT FROM fresh.home_id
       RETURNING area.area_id"""
)
# An area that got another home is written by another hand from now on: all its figures are made anew there.
_MARK_NEW_HOMES = text(
    """WITH held AS (SELECT DISTINCT area_id, period_start FROM indicator_value
                     WHERE area_id = ANY(:areas) AND period_type = 'year'),
            whole AS (INSERT INTO dirty_mark (owner_id, year, ripens_on)
                      SELECT DISTINCT home_id, extract(year FROM period_start), date '-infinity'
                      FROM held JOIN area USING (area_id) WHERE home_id IS NOT NULL)
       INSERT INTO rollup_mark (series_id, area_id, year)
       SELECT series_id, area_id, extract(year FROM period_start) FROM indicator_value JOIN area USING (area_id)
       WHERE area_id = ANY(:areas) AND home_id IS NULL AND period_type = 'year'"""
)
