"""Signals: which figures differ from what was to be expected. All that there are are judged after the migration."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0038"
down_revision = "0043"
branch_labels = None
depends_on = None

# As of comparison and comparison_mark in migration 0025.
SEEN = """CASE WHEN (SELECT current_setting('samverkan.figures', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('figures')))
    THEN get_bit((SELECT granted_areas('figures')), area_id) = 1 ELSE false END"""
CHANGES_STRUCTURE = "(SELECT current_setting('samverkan.writes', true) = 'all')"
POLICIES = f"""
    ALTER TABLE signal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON signal FOR SELECT TO samverkan_api USING ({SEEN});
    CREATE POLICY added ON signal FOR INSERT TO samverkan_api WITH CHECK ({CHANGES_STRUCTURE});
    CREATE POLICY changed ON signal FOR UPDATE TO samverkan_api
        USING ({CHANGES_STRUCTURE}) WITH CHECK ({CHANGES_STRUCTURE});
    CREATE POLICY removed ON signal FOR DELETE TO samverkan_api USING ({CHANGES_STRUCTURE});
    ALTER TABLE signal_mark ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON signal_mark FOR SELECT TO samverkan_api USING ({SEEN});
    CREATE POLICY added ON signal_mark FOR INSERT TO samverkan_api WITH CHECK (true);
    CREATE POLICY changed ON signal_mark FOR UPDATE TO samverkan_api
        USING ({CHANGES_STRUCTURE}) WITH CHECK ({CHANGES_STRUCTURE});
    CREATE POLICY removed ON signal_mark FOR DELETE TO samverkan_api USING ({CHANGES_STRUCTURE});
    GRANT SELECT, DELETE ON signal TO samverkan_api;
    GRANT SELECT, INSERT, DELETE ON signal_mark TO samverkan_api;
    GRANT SELECT, INSERT, UPDATE, DELETE ON signal, signal_mark TO samverkan_worker
"""
MARK_ALL = """INSERT INTO signal_mark (series_id, area_id, year)
    SELECT series_id, area_id, year
    FROM (SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::smallint AS year FROM indicator_value)
         AS judged
    ORDER BY series_id, area_id, year"""
# Judgements say by which rule a running year is forecast, and counts with two years before are forecast anew.
MARK_TARGETS = """INSERT INTO dirty_mark (writing_area_id, year, fact, ripens_on)
    SELECT DISTINCT coalesce(municipality_id, area_id), extract(year FROM period_start)::smallint, '(targets)',
           date '-infinity'
    FROM target
    JOIN area USING (area_id)
    JOIN indicator_series USING (indicator_code, slice)
    JOIN indicator_value USING (series_id, area_id)
    WHERE period_type = 'year'"""
SERVED_VALUE = """
CREATE OR REPLACE VIEW served_value WITH (security_invoker = true) AS
SELECT
    -- the key, in whose order lists are read
    value.series_id,
    value.area_id,
    value.period_type,
    value.period_start,
    value_id(series.indicator_code, series.slice, area.code, value.period_type, value.period_start) AS id,
    series.indicator_code,
    series.slice,
    area.code AS area_code,
    area.kind AS area_kind,
    period_code(value.period_type, value.period_start) AS period,
    -- the last day, which belongs to the period
    next_period_start(value.period_type, value.period_start) - 1 AS period_end,
    trim_scale(unmasked.numerator) AS numerator,
    trim_scale(unmasked.denominator) AS denominator,
    rounded_value(share.factor, exact_value(share.factor, unmasked.numerator, unmasked.denominator)) AS value,
    unmasked.left_out,
    trim_scale(unmasked.not_placed) AS not_placed,
    value.months_arrived,
    series.unit,
    -- what a reader must know before it adds figures up
    series.kind AS indicator_kind,
    series.over_time,
    value.status,
    value.finality,
    value.revision,
    CASE WHEN is_whole THEN coalesce(value.targets, '[]') ELSE '[]' END AS targets,
    -- undefined until the comparisons of this very figure are made: every name is always there
    coalesce(comparison.comparisons, '{
        "previousPeriod": null, "samePeriodLastYear": null, "yearToDate": null, "last12Months": null,
        "per100000": null, "latestMeasurement": null, "reportingMunicipalities": null
    }') AS comparisons,
    value.definition_version,
    value.computed_at,
    -- the place in the change feed
    value.changed_in,
    value.change_number,
    -- a signal tells of the figures before, too: it is null above one's own area where such figures are closed
    CASE WHEN is_whole AND value.status IN ('observed', 'zero') THEN signal.signal END AS signal
FROM indicator_value AS value
LEFT JOIN indicator_series AS series ON series.series_id = value.series_id
LEFT JOIN area ON area.area_id = value.area_id
-- a comparison that was made for another figure than this one does not count
LEFT JOIN comparison
    ON comparison.series_id = value.series_id
    AND comparison.area_id = value.area_id
    AND comparison.period_type = value.period_type
    AND comparison.period_start = value.period_start
    AND (comparison.numerator, comparison.denominator) IS NOT DISTINCT FROM (value.numerator, value.denominator)
-- nor does a signal
LEFT JOIN signal
    ON signal.series_id = value.series_id
    AND signal.area_id = value.area_id
    AND signal.period_type = value.period_type
    AND signal.period_start = value.period_start
    AND (signal.numerator, signal.denominator) IS NOT DISTINCT FROM (value.numerator, value.denominator)
CROSS JOIN LATERAL (SELECT CASE WHEN series.is_share THEN series.factor END AS factor) AS share
-- what is shown above one's own area though such figures are closed comes without what others could be told by
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN (SELECT coalesce(current_setting('samverkan.above', true), '') = '') THEN true
            WHEN value.area_id < 8 * length((SELECT granted_areas('figures')))
                THEN get_bit((SELECT granted_areas('figures')), value.area_id) = 1
            ELSE false END AS is_whole
) AS seen
-- a suppressed figure is nowhere shown
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN value.status <> 'suppressed' THEN value.numerator END AS numerator,
        CASE WHEN value.status <> 'suppressed' THEN value.denominator END AS denominator,
        CASE WHEN value.status <> 'suppressed' AND is_whole THEN value.not_placed END AS not_placed,
        CASE WHEN is_whole THEN value.left_out END AS left_out
) AS unmasked;
"""
FORMER_SERVED_VALUE = """
CREATE OR REPLACE VIEW served_value WITH (security_invoker = true) AS
SELECT
    -- the key, in whose order lists are read
    value.series_id,
    value.area_id,
    value.period_type,
    value.period_start,
    value_id(series.indicator_code, series.slice, area.code, value.period_type, value.period_start) AS id,
    series.indicator_code,
    series.slice,
    area.code AS area_code,
    area.kind AS area_kind,
    period_code(value.period_type, value.period_start) AS period,
    -- the last day, which belongs to the period
    next_period_start(value.period_type, value.period_start) - 1 AS period_end,
    trim_scale(unmasked.numerator) AS numerator,
    trim_scale(unmasked.denominator) AS denominator,
    rounded_value(share.factor, exact_value(share.factor, unmasked.numerator, unmasked.denominator)) AS value,
    unmasked.left_out,
    trim_scale(unmasked.not_placed) AS not_placed,
    value.months_arrived,
    series.unit,
    -- what a reader must know before it adds figures up
    series.kind AS indicator_kind,
    series.over_time,
    value.status,
    value.finality,
    value.revision,
    CASE WHEN is_whole THEN coalesce(value.targets, '[]') ELSE '[]' END AS targets,
    -- undefined until the comparisons of this very figure are made: every name is always there
    coalesce(comparison.comparisons, '{
        "previousPeriod": null, "samePeriodLastYear": null, "yearToDate": null, "last12Months": null,
        "per100000": null, "latestMeasurement": null, "reportingMunicipalities": null
    }') AS comparisons,
    value.definition_version,
    value.computed_at,
    -- the place in the change feed
    value.changed_in,
    value.change_number
FROM indicator_value AS value
LEFT JOIN indicator_series AS series ON series.series_id = value.series_id
LEFT JOIN area ON area.area_id = value.area_id
-- a comparison that was made for another figure than this one does not count
LEFT JOIN comparison
    ON comparison.series_id = value.series_id
    AND comparison.area_id = value.area_id
    AND comparison.period_type = value.period_type
    AND comparison.period_start = value.period_start
    AND (comparison.numerator, comparison.denominator) IS NOT DISTINCT FROM (value.numerator, value.denominator)
CROSS JOIN LATERAL (SELECT CASE WHEN series.is_share THEN series.factor END AS factor) AS share
-- what is shown above one's own area though such figures are closed comes without what others could be told by
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN (SELECT coalesce(current_setting('samverkan.above', true), '') = '') THEN true
            WHEN value.area_id < 8 * length((SELECT granted_areas('figures')))
                THEN get_bit((SELECT granted_areas('figures')), value.area_id) = 1
            ELSE false END AS is_whole
) AS seen
-- a suppressed figure is nowhere shown
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN value.status <> 'suppressed' THEN value.numerator END AS numerator,
        CASE WHEN value.status <> 'suppressed' THEN value.denominator END AS denominator,
        CASE WHEN value.status <> 'suppressed' AND is_whole THEN value.not_placed END AS not_placed,
        CASE WHEN is_whole THEN value.left_out END AS left_out
) AS unmasked;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "signal",
        sa.Column("series_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("numerator", sa.Numeric()),
        sa.Column("denominator", sa.Numeric()),
        sa.Column("inputs", sa.BigInteger(), nullable=False),
        sa.Column("signal", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "area_id", "period_type", "period_start", name=op.f("pk_signal")),
    )
    op.create_table(
        "signal_mark",
        sa.Column("mark_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("series_id", sa.SmallInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("mark_id", name=op.f("pk_signal_mark")),
    )
    # The signal of a closed period stays as it was, as the comparison does since migration 0039.
    op.add_column("closed_value", sa.Column("signal", JSONB()))
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER keep_frozen_{event.lower()}_rows AFTER {event} ON signal "
            f"REFERENCING {rows} TABLE AS affected FOR EACH STATEMENT EXECUTE FUNCTION keep_frozen_rows()"
        )
    op.execute(POLICIES)
    op.execute(SERVED_VALUE)
    op.execute(MARK_ALL)
    op.execute(MARK_TARGETS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP VIEW served_value")
    op.execute(FORMER_SERVED_VALUE)
    op.execute("GRANT SELECT ON served_value TO samverkan_api, samverkan_worker")
    op.drop_column("closed_value", "signal")
    op.drop_table("signal_mark")
    op.drop_table("signal")
