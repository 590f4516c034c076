"""One home for what a served value looks like: the rules of its columns as functions, and the view that all read."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- The code of a period: 2016-03, 2016-T1 or 2016, by its type (month, tertial, year) and its first day.
CREATE FUNCTION period_code(period_type text, period_start date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE  -- to_char is stable
RETURN CASE period_type
    WHEN 'month' THEN to_char(period_start::timestamp, 'YYYY-MM')
    WHEN 'tertial' THEN to_char(period_start::timestamp, 'YYYY-"T"')
                        || (extract(month FROM period_start)::integer / 4 + 1)
    ELSE to_char(period_start::timestamp, 'YYYY') END;
-- The day after a period's last: the first of the next period of its type.
CREATE FUNCTION next_period_start(period_type text, period_start date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (period_start + CASE period_type
    WHEN 'month' THEN interval '1 month'
    WHEN 'tertial' THEN interval '4 months'
    ELSE interval '1 year' END)::date;
-- An instant in UTC, with microseconds: 2016-05-02T08:15:30.000000Z.
CREATE FUNCTION instant_text(instant timestamp with time zone) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE  -- to_char is stable
RETURN to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
-- A figure, exact: a share (which has a factor) is factor × numerator / denominator, all else its numerator.
-- Null where a part is null, or the denominator 0.
CREATE FUNCTION exact_value(factor integer, numerator numeric, denominator numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN factor IS NULL THEN numerator ELSE factor * numerator / nullif(denominator, 0) END;
-- An exact figure as it is served: a share in 6 places, without zeros at the end.
CREATE FUNCTION rounded_value(factor integer, exact numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim_scale(CASE WHEN factor IS NULL THEN exact ELSE round(exact, 6) END);
"""
SERVED_VALUE = """
CREATE VIEW served_value AS
SELECT
    -- the key, in whose order lists are read
    value.series_id,
    value.area_id,
    value.period_type,
    value.period_start,
    -- its public name, which never changes: graffiti-cleanups~all~1282~2016-t1
    series.indicator_code || '~' || series.slice || '~' || area.code || '~'
        || lower(period_code(value.period_type, value.period_start)) AS id,
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
    coalesce(comparison.beside, '{
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
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FUNCTIONS)
    op.execute(SERVED_VALUE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP VIEW served_value")
    op.execute("DROP FUNCTION rounded_value, exact_value, instant_text, next_period_start, period_code")
