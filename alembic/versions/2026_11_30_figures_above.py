"""Figures above one's own area may be closed: then only those marked here are shown."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = ("indicator_value", "removed_value")
REMEMBER_REMOVED_VALUES = """
CREATE OR REPLACE FUNCTION remember_removed_values() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO removed_value AS kept (series_id, area_id, period_type, period_start, indicator_code, slice, revision,
                                       {served}change_number)
    SELECT series_id, area_id, period_type, period_start, indicator_code, slice, revision,
           {served}nextval('indicator_value_change_number_seq')
    FROM gone LEFT JOIN indicator_series USING (series_id)
    ON CONFLICT (series_id, area_id, period_type, period_start) DO UPDATE
    SET indicator_code = excluded.indicator_code, slice = excluded.slice, revision = excluded.revision,{keeps}
        removed_at = excluded.removed_at, changed_in = excluded.changed_in, change_number = excluded.change_number;
    RETURN NULL;
END $$
"""
KEEPS = "\n        served_above = excluded.served_above OR kept.served_above,"
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
    value.left_out,
    trim_scale(unmasked.not_placed) AS not_placed,
    value.months_arrived,
    series.unit,
    -- what a reader must know before it adds figures up
    series.kind AS indicator_kind,
    series.over_time,
    value.status,
    value.finality,
    value.revision,
    coalesce(value.targets, '[]') AS targets,
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
-- a suppressed figure is nowhere shown
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN value.status <> 'suppressed' THEN value.numerator END AS numerator,
        CASE WHEN value.status <> 'suppressed' THEN value.denominator END AS denominator,
        CASE WHEN value.status <> 'suppressed' THEN value.not_placed END AS not_placed
) AS unmasked;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.add_column(table, sa.Column("served_above", sa.Boolean(), server_default="false", nullable=False))
        served = f"({_is_in('figures')}) OR (served_above AND {_is_in('above')})"
        op.execute(f"ALTER POLICY seen ON {table} USING ({served})")
    op.create_index(
        "ix_indicator_value_served_above", "indicator_value", ["series_id"], postgresql_where=sa.text("served_above")
    )
    op.execute(REMEMBER_REMOVED_VALUES.format(served="served_above, ", keeps=KEEPS))
    op.execute(SERVED_VALUE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FORMER_SERVED_VALUE)
    op.execute(REMEMBER_REMOVED_VALUES.format(served="", keeps=""))
    op.drop_index("ix_indicator_value_served_above", "indicator_value")
    for table in TABLES:
        op.execute(f"ALTER POLICY seen ON {table} USING ({_is_in('figures')})")
        op.drop_column(table, "served_above")


def _is_in(setting: str) -> str:
    """Return the condition that a row's area is among those of a setting, as migration 0025 has it."""
    areas = f"(SELECT granted_areas('{setting}'))"
    return f"""CASE WHEN (SELECT current_setting('samverkan.{setting}', true) = 'all') THEN true
                    WHEN area_id < 8 * length({areas}) THEN get_bit({areas}, area_id) = 1 ELSE false END"""
