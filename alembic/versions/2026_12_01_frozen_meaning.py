"""Figures of closed periods keep the unit and the factor that they were closed with."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0042"
branch_labels = None
depends_on = None

# Replaces that of migration 0039. What a figure is read by stays as well, once it is said.
GUARD = """
CREATE OR REPLACE TRIGGER keep_frozen_update BEFORE UPDATE ON indicator_value FOR EACH ROW
WHEN (OLD.finality = 'final'
      AND ((OLD.numerator, OLD.denominator, OLD.left_out, OLD.not_placed, OLD.status, OLD.finality,
            OLD.definition_version, OLD.months_arrived, OLD.targets, OLD.revision, OLD.computed_at)
           IS DISTINCT FROM
           (NEW.numerator, NEW.denominator, NEW.left_out, NEW.not_placed, NEW.status, NEW.finality,
            NEW.definition_version, NEW.months_arrived, NEW.targets, NEW.revision, NEW.computed_at)
           OR OLD.frozen_unit IS NOT NULL
           AND (OLD.frozen_unit, OLD.frozen_factor) IS DISTINCT FROM (NEW.frozen_unit, NEW.frozen_factor)))
EXECUTE FUNCTION keep_frozen_row()
"""
FORMER_GUARD = """
CREATE OR REPLACE TRIGGER keep_frozen_update BEFORE UPDATE ON indicator_value FOR EACH ROW
WHEN (OLD.finality = 'final'
      AND (OLD.numerator, OLD.denominator, OLD.left_out, OLD.not_placed, OLD.status, OLD.finality,
           OLD.definition_version, OLD.months_arrived, OLD.targets, OLD.revision, OLD.computed_at)
          IS DISTINCT FROM
          (NEW.numerator, NEW.denominator, NEW.left_out, NEW.not_placed, NEW.status, NEW.finality,
           NEW.definition_version, NEW.months_arrived, NEW.targets, NEW.revision, NEW.computed_at))
EXECUTE FUNCTION keep_frozen_row()
"""
IS_IN_UNIT = """
CREATE OR REPLACE FUNCTION is_in_unit(frozen_unit text, frozen_factor integer, unit text, factor integer)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN frozen_unit IS NULL OR (frozen_unit, frozen_factor) IS NOT DISTINCT FROM (unit, factor);
"""
# Until now such figures were served by what their series say.
KEEP_MEANING = """
UPDATE indicator_value AS value
SET frozen_unit = unit, frozen_factor = CASE WHEN is_share THEN factor END
FROM (SELECT DISTINCT area_id, period_type, period_start FROM closed_area_period) AS closed, indicator_series AS series
WHERE value.series_id = series.series_id AND value.area_id = closed.area_id
  AND value.period_type = closed.period_type AND value.period_start = closed.period_start
"""
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
    -- one of a closed period keeps the unit and the factor that it was closed with
    coalesce(value.frozen_unit, series.unit) AS unit,
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
CROSS JOIN LATERAL (
    SELECT CASE WHEN value.frozen_unit IS NOT NULL THEN value.frozen_factor WHEN series.is_share THEN series.factor END
        AS factor
) AS share
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


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("indicator_value", sa.Column("frozen_unit", sa.Text()))
    op.add_column("indicator_value", sa.Column("frozen_factor", sa.Integer()))
    op.execute("GRANT UPDATE (frozen_unit, frozen_factor) ON indicator_value TO samverkan_api")
    op.execute(KEEP_MEANING)
    op.execute(GUARD)
    op.execute(IS_IN_UNIT)
    op.execute(SERVED_VALUE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FORMER_SERVED_VALUE)
    op.execute("DROP FUNCTION is_in_unit(text, integer, text, integer)")
    op.execute(FORMER_GUARD)
    op.drop_column("indicator_value", "frozen_factor")
    op.drop_column("indicator_value", "frozen_unit")
