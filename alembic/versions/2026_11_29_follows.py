"""Agreements and annexes name what they follow, and areas report by it: what they cover, and where targets are set.

A second annex of a theme has slices of its own, for what is reported under it; so has the first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAME_ANNEXES = """
UPDATE annex
SET code = CASE WHEN EXISTS (
               SELECT FROM annex AS other
               WHERE other.agreement_id = annex.agreement_id AND other.theme = annex.theme
                 AND other.number <> annex.number) THEN theme || '-' || number ELSE theme END
"""
# The series of these slices come when the worker starts, and with them their figures.
SLICE_TARGETS = """
UPDATE target SET slice = annex.code
FROM annex
WHERE annex.agreement_id = target.agreement_id AND annex.number = target.annex_number
  AND target.slice = annex.theme AND annex.code <> annex.theme
"""
FOLLOW_SERIES = """
UPDATE indicator_series
SET followed_by = CASE themes WHEN '{}' THEN ARRAY['agreement']
                              ELSE ARRAY(SELECT 'theme/' || theme FROM unnest(themes) AS theme) END
                  || ARRAY['indicator/' || indicator_code || '/' || slice]
"""
# As shared/facts/reporting.py derives it.
REPORT = """
WITH followed AS (
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
    ) AS of_agreement),
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
       INSERT INTO dirty_mark (writing_area_id, year, fact, ripens_on)
        SELECT DISTINCT coalesce(municipality_id, area_id), extract(year FROM month), NULL, month::date
        FROM (TABLE ended UNION TABLE begun) AS changed JOIN area USING (area_id)
        CROSS JOIN generate_series(date_trunc('year', lower(changed.valid)), upper(changed.valid) - 1,
                                   interval '1 month') AS month
"""
THEMES = """
DELETE FROM reporting WHERE follows NOT LIKE 'theme/%' OR follows LIKE 'theme/%/%';
UPDATE reporting SET follows = split_part(follows, '/', 2)
"""


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "agreement",
        sa.Column("indicators", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )
    op.add_column("annex", sa.Column("indicators", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("annex", sa.Column("code", sa.Text(), nullable=True))
    op.execute(NAME_ANNEXES)
    op.alter_column("annex", "code", nullable=False)
    op.alter_column("target", "annex_number", nullable=True)
    op.execute(SLICE_TARGETS)
    op.add_column(
        "indicator_series",
        sa.Column("followed_by", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )
    op.execute(FOLLOW_SERIES)
    op.alter_column("reporting", "theme", new_column_name="follows")
    op.execute("UPDATE reporting SET follows = 'theme/' || follows")
    op.execute(REPORT)
    op.create_table_comment("reporting", "derived from agreement, annex, target and area_closure")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table_comment("reporting", "derived from agreement, annex and area_closure")
    op.execute(THEMES)
    op.alter_column("reporting", "follows", new_column_name="theme")
    op.drop_column("indicator_series", "followed_by")
    op.execute("DELETE FROM target WHERE annex_number IS NULL")
    op.alter_column("target", "annex_number", nullable=False)
    op.drop_column("annex", "code")
    op.drop_column("annex", "indicators")
    op.drop_column("agreement", "indicators")
