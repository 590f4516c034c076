"""Derives where, when and by which rhythm areas report, from agreements and annexes, and marks what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.locks import change_area_hierarchy
from shared.facts.marks import reporting_months, scope_marks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_MARK = scope_marks(
    f"""SELECT DISTINCT area_id, extract(year FROM month), NULL, month::date
        FROM (TABLE ended UNION TABLE begun) AS changed
        CROSS JOIN {reporting_months("changed.valid")} AS month"""
)
# The areas above need marks of their own: when a municipality gets another county, nothing changes for it.
_REFRESH = text(
    f"""WITH fresh AS (
           SELECT above.ancestor_id AS area_id, annex.theme,
                  unnest(range_agg(agreement.valid * annex.valid * covered.valid * above.valid)) AS valid
           FROM agreement
           JOIN annex USING (agreement_id)
           JOIN agreement_area USING (agreement_id)
           JOIN area_closure AS covered ON covered.ancestor_id = agreement_area.area_id
           JOIN area AS municipality
             ON municipality.area_id = covered.descendant_id AND municipality.kind = 'municipality'
           JOIN area_closure AS above ON above.descendant_id = municipality.area_id
           WHERE NOT isempty(agreement.valid * annex.valid * covered.valid * above.valid)
           GROUP BY 1, 2),
       ended AS (DELETE FROM reporting USING reporting AS stored LEFT JOIN fresh USING (area_id, theme, valid)
                 WHERE fresh.area_id IS NULL AND reporting.area_id = stored.area_id AND reporting.theme = stored.theme
                   AND reporting.valid = stored.valid
                 RETURNING reporting.area_id, reporting.valid),
       begun AS (INSERT INTO reporting (area_id, theme, valid) SELECT area_id, theme, valid FROM fresh
                 ON CONFLICT DO NOTHING RETURNING area_id, valid)
       {_MARK}"""
)
# Of the years that have begun, and of the others as they begin.
_MARK_RHYTHMS = scope_marks(
    """SELECT DISTINCT coalesce(municipality_id, area_id), year, NULL, make_date(year, 1, 1)
       FROM (TABLE ended UNION TABLE begun) AS changed
       JOIN area USING (area_id)
       CROSS JOIN generate_series(extract(year FROM lower(changed.valid))::integer,
                                  extract(year FROM upper(changed.valid) - 1)::integer) AS year"""
)
_REFRESH_RHYTHMS = text(
    f"""WITH fresh AS (
           SELECT covered.descendant_id AS area_id, period_type,
                  unnest(range_agg(agreement.valid * covered.valid)) AS valid
           FROM agreement
           JOIN agreement_area USING (agreement_id)
           JOIN area_closure AS covered ON covered.ancestor_id = agreement_area.area_id
           CROSS JOIN unnest(agreement.rhythms) AS period_type
           WHERE NOT isempty(agreement.valid * covered.valid)
           GROUP BY 1, 2),
       ended AS (DELETE FROM area_rhythm USING area_rhythm AS stored
                   LEFT JOIN fresh USING (area_id, period_type, valid)
                 WHERE fresh.area_id IS NULL AND area_rhythm.area_id = stored.area_id
                   AND area_rhythm.period_type = stored.period_type AND area_rhythm.valid = stored.valid
                 RETURNING area_rhythm.area_id, area_rhythm.valid),
       begun AS (INSERT INTO area_rhythm (area_id, period_type, valid) SELECT area_id, period_type, valid FROM fresh
                 ON CONFLICT DO NOTHING RETURNING area_id, valid)
       {_MARK_RHYTHMS}"""
)


async def refresh_reporting(connection: AsyncConnection) -> None:
    """Derive afresh where reporting is on, and by which rhythm, and mark all areas and months where that changed.

    No one else does so meanwhile: two who each see only their own change would leave the sum of neither.
    """
    await change_area_hierarchy(connection)
    await connection.execute(_REFRESH)
    await connection.execute(_REFRESH_RHYTHMS)
