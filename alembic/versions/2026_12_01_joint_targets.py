"""What tells of others: a joint target, an import from elsewhere, and figures of few that came after a closing."""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

# As of file_import in migration 0025.
IS_OWN = "owner_area_id = (SELECT nullif(current_setting('samverkan.owner', true), '')::integer)"
IS_IN = """CASE WHEN (SELECT current_setting('samverkan.details', true) = 'all') THEN true
    WHEN {column} < 8 * length((SELECT granted_areas('details')))
    THEN get_bit((SELECT granted_areas('details')), {column}) = 1 ELSE false END"""
OF_OWNER = IS_IN.format(column="owner_area_id")
# Until now nobody noted where the sender of a file that was read at once might report: those stay as they were.
SENT_FROM_ELSEWHERE = f"""EXISTS (SELECT FROM unnest(granted_area_ids) AS granted(area_id)
    WHERE NOT ({IS_IN.format(column="granted.area_id")}))"""
TARGETS_SEEN = """
CREATE OR REPLACE FUNCTION targets_seen(targets jsonb) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(jsonb_agg(judged.target ORDER BY judged.place), '[]')
    FROM jsonb_array_elements(targets) WITH ORDINALITY AS judged (target, place)
    WHERE coalesce(current_setting('samverkan.figures', true), '') IN ('', 'all')
        OR NOT EXISTS (
            SELECT FROM jsonb_array_elements_text(judged.target -> 'areas') AS named (code)
            LEFT JOIN area USING (code)
            WHERE CASE WHEN area.area_id < 8 * length(granted_areas('figures'))
                THEN get_bit(granted_areas('figures'), area.area_id) = 0 ELSE true END));
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
    -- one for several areas together tells of all of them
    CASE WHEN NOT is_whole THEN '[]'
        WHEN value.targets @? '$[*].areas' THEN targets_seen(value.targets)
        ELSE coalesce(value.targets, '[]') END AS targets,
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


# What has come since closings is told anew, without figures of few: the worker computes such series when it starts.
COMPUTE_LATER_VALUES_ANEW = """UPDATE indicator_series SET fingerprint = ''
    WHERE measure IS NOT NULL AND series_id IN (SELECT series_id FROM later_value)"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(TARGETS_SEEN)
    op.execute(SERVED_VALUE)
    op.execute(COMPUTE_LATER_VALUES_ANEW)
    op.execute(f"ALTER POLICY seen ON file_import USING (({IS_OWN} AND NOT {SENT_FROM_ELSEWHERE}) OR {OF_OWNER})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER POLICY seen ON file_import USING ({IS_OWN} OR {OF_OWNER})")
    op.execute(FORMER_SERVED_VALUE)
    op.execute("DROP FUNCTION targets_seen(jsonb)")
