"""Derives where, when and by which rhythm areas report, from agreements, annexes and targets, and marks what changes.

What an area reports is a text, `follows`: `theme/<theme>` (what an annex of the theme asks for), `theme/<theme>/<code>`
(the same, of what is reported under the annexes of this code alone), `indicator/<code>/<slice>`, or `agreement` (what
any agreement asks for). `indicator_series.followed_by` has those that turn a series' rows on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.locks import change_area_hierarchy
from shared.facts.marks import reporting_months, scope_marks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

# What a municipality holds is computed with it; the areas above need marks of their own: when a municipality gets
# another county, nothing changes for it.
_MARK = scope_marks(
    f"""SELECT DISTINCT coalesce(municipality_id, area_id), extract(year FROM month), NULL, month::date
        FROM (TABLE ended UNION TABLE begun) AS changed JOIN area USING (area_id)
        CROSS JOIN {reporting_months("changed.valid")} AS month"""
)
# What each agreement follows, and when. One that neither follows nor targets anything by itself does so by its annexes.
_FOLLOWED = """
    SELECT agreement_id, follows, annex.valid * agreement.valid AS valid
    FROM annex JOIN agreement USING (agreement_id)
    CROSS JOIN LATERAL (
        SELECT 'agreement' AS follows
        UNION ALL SELECT 'theme/' || theme WHERE annex.indicators IS NULL
        UNION ALL SELECT 'theme/' || theme || '/' || annex.code WHERE annex.indicators IS NULL AND annex.code <> theme
        UNION ALL SELECT 'indicator/' || unnest(annex.indicators)) AS of_annex
    UNION ALL
    SELECT agreement_id, follows, valid FROM agreement
    CROSS JOIN LATERAL (
        SELECT 'indicator/' || unnest(agreement.indicators) AS follows
        UNION ALL SELECT 'agreement' WHERE agreement.indicators <> '{}' OR EXISTS (
            SELECT FROM target WHERE target.agreement_id = agreement.agreement_id AND annex_number IS NULL)
    ) AS of_agreement"""
# A target is reported in its own area. The states there are of municipalities, which each have their own last day:
# those that lie in the area or hold it; of an area that neither is true of, as a local police area of a city, those
# that hold its parts. So it is with an agreement's areas. What is reported there already by a list needs no row more.
_REFRESH = text(
    f"""WITH followed AS ({_FOLLOWED}),
       asked AS (
           SELECT area_id FROM agreement_area
           UNION
           SELECT area_id FROM target JOIN indicator_series USING (indicator_code, slice) WHERE kind = 'state'),
       known AS MATERIALIZED (
           SELECT asked.area_id, municipality.area_id AS municipality_id, closure.valid
           FROM asked JOIN area_closure AS closure ON ancestor_id = asked.area_id
           JOIN area AS municipality ON municipality.area_id = descendant_id AND municipality.kind = 'municipality'
           UNION
           SELECT asked.area_id, municipality.area_id, closure.valid
           FROM asked JOIN area_closure AS closure ON descendant_id = asked.area_id
           JOIN area AS municipality ON municipality.area_id = ancestor_id AND municipality.kind = 'municipality'),
       municipality AS (
           TABLE known
           UNION ALL
           SELECT asked.area_id, holder.area_id, part.valid * holding.valid
           FROM asked JOIN area USING (area_id) JOIN area_closure AS part ON part.ancestor_id = asked.area_id
           JOIN area_closure AS holding USING (descendant_id)
           JOIN area AS holder ON holder.area_id = holding.ancestor_id AND holder.kind = 'municipality'
           WHERE area.kind IN ('police-region', 'police-district', 'local-police-area')
             AND asked.area_id NOT IN (SELECT area_id FROM known)),
       covered AS (
           SELECT agreement_id, area_id, valid
           FROM agreement_area JOIN area USING (area_id)
           UNION ALL
           SELECT agreement_id, municipality_id, valid FROM agreement_area JOIN municipality USING (area_id)),
       reported AS (
           SELECT area_id, follows, range_agg(valid) AS valid
           FROM (SELECT ancestor_id AS area_id, follows, followed.valid * covered.valid * above.valid AS valid
                 FROM followed JOIN covered USING (agreement_id)
                 JOIN area_closure AS above ON descendant_id = covered.area_id) AS part
           WHERE NOT isempty(valid) GROUP BY 1, 2),
       targeted AS (
           SELECT area_id, indicator_code, slice, target.valid * area.valid AS valid
           FROM target JOIN area USING (area_id)
           UNION ALL
           SELECT municipality_id, indicator_code, slice, target.valid * municipality.valid
           FROM target JOIN indicator_series USING (indicator_code, slice) JOIN municipality USING (area_id)
           WHERE kind = 'state'),
       fresh AS (
           SELECT area_id, follows, unnest(range_agg(valid)) AS valid
           FROM (SELECT area_id, follows, valid FROM reported
                 UNION ALL
                 SELECT area_id, 'indicator/' || indicator_code || '/' || slice, datemultirange(valid)
                 FROM targeted
                 WHERE NOT isempty(valid) AND NOT EXISTS (
                     SELECT FROM indicator_series AS series JOIN reported ON follows = ANY (followed_by)
                     WHERE (series.indicator_code, series.slice) = (targeted.indicator_code, targeted.slice)
                       AND reported.area_id = targeted.area_id AND reported.valid @> targeted.valid
                       AND (follows <> 'agreement' OR kind = 'state'))) AS every
           GROUP BY 1, 2),
       ended AS (DELETE FROM reporting USING reporting AS stored LEFT JOIN fresh USING (area_id, follows, valid)
                 WHERE fresh.area_id IS NULL AND reporting.area_id = stored.area_id
                   AND reporting.follows = stored.follows AND reporting.valid = stored.valid
                 RETURNING reporting.area_id, reporting.valid),
       begun AS (INSERT INTO reporting (area_id, follows, valid) SELECT area_id, follows, valid FROM fresh
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
