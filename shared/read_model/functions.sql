-- How a period, an instant and a figure are written: the one home of each rule, for every statement in services and shared.
--
-- Each is one expression that PostgreSQL puts in place of the call, so that a call costs nothing and hides no index.
-- The migrations hold these texts as they were; to change one, change it here and add a migration that replaces it.

-- How many months a period of a type has.
CREATE OR REPLACE FUNCTION month_count(period_type text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE period_type
    WHEN 'month' THEN 1 WHEN 'tertial' THEN 4 WHEN 'quarter' THEN 3 WHEN 'halfYear' THEN 6 ELSE 12 END;

-- The first day of the period of a type that a day is in.
CREATE OR REPLACE FUNCTION start_of_period(period_type text, day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN make_date(
    extract(year FROM day)::integer,
    (extract(month FROM day)::integer - 1) / month_count(period_type) * month_count(period_type) + 1, 1);

-- The code of a period: 2016-03, 2016-Q1, 2016-T1, 2016-H1 or 2016, by its type and its first day.
CREATE OR REPLACE FUNCTION period_code(period_type text, period_start date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE  -- to_char is stable
RETURN CASE period_type
    WHEN 'month' THEN to_char(period_start::timestamp, 'YYYY-MM')
    WHEN 'tertial' THEN to_char(period_start::timestamp, 'YYYY-"T"')
                        || (extract(month FROM period_start)::integer / 4 + 1)
    WHEN 'quarter' THEN to_char(period_start::timestamp, 'YYYY-"Q"Q')
    WHEN 'halfYear' THEN to_char(period_start::timestamp, 'YYYY-"H"')
                         || (extract(month FROM period_start)::integer / 6 + 1)
    ELSE to_char(period_start::timestamp, 'YYYY') END;

-- The day after a period's last: the first of the next period of its type.
CREATE OR REPLACE FUNCTION next_period_start(period_type text, period_start date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (period_start + CASE period_type
    WHEN 'month' THEN interval '1 month'
    WHEN 'tertial' THEN interval '4 months'
    WHEN 'quarter' THEN interval '3 months'
    WHEN 'halfYear' THEN interval '6 months'
    ELSE interval '1 year' END)::date;

-- A value's id, which never changes: graffiti-cleanups~all~1282~2016-t1.
CREATE OR REPLACE FUNCTION value_id(
    indicator_code text, slice text, area_code text, period_type text, period_start date
) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN indicator_code || '~' || slice || '~' || area_code || '~' || lower(period_code(period_type, period_start));

-- An instant in UTC: 2016-05-02T08:15:30Z, or with microseconds where it has any, 2016-05-02T08:15:30.250000Z.
-- The Python function of this name writes the same.
CREATE OR REPLACE FUNCTION instant_text(instant timestamp with time zone) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE  -- to_char is stable
RETURN replace(to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z');

-- A figure, exact: a share (which has a factor) is factor × numerator / denominator, all else its numerator.
-- Null where a part is null, or the denominator 0.
CREATE OR REPLACE FUNCTION exact_value(factor integer, numerator numeric, denominator numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN factor IS NULL THEN numerator ELSE factor * numerator / nullif(denominator, 0) END;

-- An exact figure as it is served: a share in 6 places, without zeros at the end.
CREATE OR REPLACE FUNCTION rounded_value(factor integer, exact numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim_scale(CASE WHEN factor IS NULL THEN exact ELSE round(exact, 6) END);

-- Whether a stored figure is in the unit of its series, with the factor that shares have: of a closed period it keeps
-- its own. One in another unit tells nothing of others.
CREATE OR REPLACE FUNCTION is_in_unit(frozen_unit text, frozen_factor integer, unit text, factor integer)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN frozen_unit IS NULL OR (frozen_unit, frozen_factor) IS NOT DISTINCT FROM (unit, factor);

-- Judgements of targets, but for those of several areas together of which the caller does not see the figures of each:
-- a forecast of their sum would tell what the others' are. This one is called, where there are such targets.
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
