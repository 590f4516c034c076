"""Dirty marks: find scopes with work, claim it, postpone what fails, tell the oldest's age, mark everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.db.locks import Scope


# A mark of a whole scope with this fact asks only for its targets to be judged again.
TARGETS = "(targets)"


@dataclass(frozen=True, slots=True)
class Mark:
    """What changed in a scope: one area's month and one kind of fact; None means all of them."""

    owner_id: int
    year: int
    area_id: int | None
    month: date | None
    fact: str | None


_CANDIDATES = text(
    """SELECT owner_id, year FROM dirty_mark AS mark
       WHERE ripens_on <= :as_of
         AND NOT EXISTS (SELECT FROM postponed_scope AS postponed
                         WHERE postponed.owner_id = mark.owner_id AND postponed.year = mark.year
                           AND postponed.not_before > clock_timestamp())
       GROUP BY owner_id, year ORDER BY min(mark_id) LIMIT :most"""
)
_CLAIM = text(
    """WITH scope AS (
           SELECT owner_id, year
           FROM unnest(CAST(:owners AS integer[]), CAST(:years AS integer[])) AS scope(owner_id, year)),
       afresh AS (
           DELETE FROM postponed_scope AS postponed USING scope
           WHERE postponed.owner_id = scope.owner_id AND postponed.year = scope.year)
       DELETE FROM dirty_mark AS mark USING scope
       WHERE mark.owner_id = scope.owner_id AND mark.year = scope.year AND ripens_on <= :as_of
       RETURNING mark.owner_id, mark.year, area_id, month, fact"""
)
_POSTPONE = text(
    """INSERT INTO postponed_scope AS postponed (owner_id, year, attempts, not_before, error)
       VALUES (:owner_id, :year, 1, clock_timestamp() + interval '2 seconds', :error)
       ON CONFLICT (owner_id, year) DO UPDATE SET
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

# Where reporting is on, each month has a mark that ripens on its first day: so it brings its rows without anyone
# writing. They begin with the year, whose own row may begin before reporting does, and end with the month after
# reporting, from which on no state of that year is told.
MONTHS_MARKED = """generate_series(date_trunc('year', lower({0})),
                                  least(upper({0}) - 1 + interval '1 month',
                                        date_trunc('year', upper({0}) - 1) + interval '11 months'),
                                  interval '1 month')"""
_SCOPES = f"""SELECT DISTINCT owner_id, extract(year FROM day) AS year, date '-infinity' AS ripens_on
       FROM (SELECT DISTINCT area_id, unnest(ARRAY[period_on, reported_on]) AS day FROM activity) AS fact
       JOIN area_atom ON area_atom.area_id = fact.area_id AND area_atom.valid @> day
       JOIN atom USING (atom_id)
       UNION
       SELECT owner_id, extract(year FROM due_on), date '-infinity'
       FROM commitment JOIN commitment_area USING (commitment_id)
       JOIN area_atom ON area_atom.area_id = commitment_area.area_id AND area_atom.valid @> due_on
       JOIN atom USING (atom_id)
       UNION
       SELECT area_id, extract(year FROM month), date '-infinity' FROM term_month
       UNION
       SELECT area_id, extract(year FROM start), start::date
       FROM reporting JOIN area USING (area_id)
       CROSS JOIN {MONTHS_MARKED.format("reporting.valid")} AS start
       WHERE area.kind = 'municipality'"""
_MARK_EVERYTHING = text(f"INSERT INTO dirty_mark (owner_id, year, ripens_on) {_SCOPES}")
_MARK_OWNER = text(
    f"""INSERT INTO dirty_mark (owner_id, year, ripens_on)
        SELECT owner_id, year, ripens_on FROM ({_SCOPES}) AS scope WHERE owner_id = :owner_id"""
)


async def candidates(connection: AsyncConnection, as_of: date, most: int) -> list[Scope]:
    """Return the scopes with ripe marks, oldest first, leaving out those that are postponed."""
    rows = await connection.execute(_CANDIDATES, {"as_of": as_of, "most": most})
    return [(row.owner_id, row.year) for row in rows]


async def mark_everything(connection: AsyncConnection) -> None:
    """Mark every scope that has facts or reporting, as a whole: what all figures rest on has changed."""
    await connection.execute(_MARK_EVERYTHING)


async def mark_owner(connection: AsyncConnection, owner_id: int) -> None:
    """Mark every scope of one owner that has facts or reporting, as a whole."""
    await connection.execute(_MARK_OWNER, {"owner_id": owner_id})


async def claim(connection: AsyncConnection, scopes: Sequence[Scope], as_of: date) -> list[Mark]:
    """Delete the scopes' ripe marks and return them, each once, and forget that a scope was postponed.

    A rollback brings all of it back.
    """
    owners, years = [owner for owner, _ in scopes], [year for _, year in scopes]
    rows = await connection.execute(_CLAIM, {"owners": owners, "years": years, "as_of": as_of})
    return list({Mark(*row) for row in rows})


async def postpone(connection: AsyncConnection, scope: Scope, error: str) -> None:
    """Try a failed scope again later: after 2 seconds, then twice as long each time, at most 15 minutes."""
    await connection.execute(_POSTPONE, {"owner_id": scope[0], "year": scope[1], "error": error})


async def oldest_mark_seconds(connection: AsyncConnection, as_of: date) -> float | None:
    """Return how long the oldest ripe mark, or mark of the levels above, has waited; None when no mark waits."""
    age = (await connection.execute(_OLDEST, {"as_of": as_of})).scalar_one()
    return None if age is None else max(0.0, float(age))
