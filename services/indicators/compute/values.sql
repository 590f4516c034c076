-- Makes the values served equal the cells and the figures of ancestor sets, and tells in which years it changed any.
-- Over 300 lines: one statement: each kind of figure, and the rows that differ.
--
-- Rows of closed periods stay as they are: what they would be now is written to `later_value`.
--
-- A month is the sum of its cells. A longer period is the sum of its months, or the last of them in which the
-- municipality reports (states), or each place counted once; and where reporting is on, nothing is a row too. Quarters
-- and half-years are there where an agreement names them.
--
-- Parameters: as_of, and an element for each wanted series and area in the arrays series_id, area_id, first_year,
-- last_year and months. The last has the bit 1 << month for each month of these years that may have changed: it and
-- the longer periods that it is in are made equal.

WITH
-- what is wanted, with its series; an own indicator is computed for what ever lies in its owner's areas, and, of
-- several, for what they all lie in: there is their sum
wanted AS (
    SELECT series.*, area.area_id, area.kind = 'place' AS is_place, place_kind, first_year, last_year, months,
           make_date(first_year, 1, 1) AS first_day, make_date(last_year + 1, 1, 1) AS next_day, is_sum,
           is_sum OR defining_area_ids IS NULL OR EXISTS (
               SELECT FROM area_closure WHERE descendant_id = area.area_id AND ancestor_id = ANY (defining_area_ids)
           ) AS is_owned
    FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:first_year AS integer[]),
                CAST(:last_year AS integer[]), CAST(:months AS integer[]))
         AS wanted (series_id, area_id, first_year, last_year, months)
    JOIN indicator_series AS series USING (series_id)
    JOIN area USING (area_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(cardinality(defining_area_ids), 0) > 1 AND NOT EXISTS (
            SELECT FROM unnest(defining_area_ids) AS own_id
            WHERE NOT EXISTS (
                SELECT FROM area_closure WHERE descendant_id = own_id AND ancestor_id = area.area_id)
        ) AS is_sum
    ) AS of_several
    WHERE measure IS NULL
),
-- the further types of periods that the areas have figures for, and when
rhythm AS MATERIALIZED (
    SELECT area_id, period_type, range_agg(valid) AS valid
    FROM area_rhythm
    WHERE area_id IN (SELECT area_id FROM wanted)
    GROUP BY 1, 2
),
-- the periods of a year: how many months lie before each, and the bits of those it has
period (period_type, ahead, is_rhythm, bits) AS (
    SELECT period_type, ahead, is_rhythm, ((1 << month_count(period_type)) - 1) << (ahead + 1)
    FROM (VALUES ('month', false), ('tertial', false), ('year', false), ('quarter', true), ('halfYear', true)
         ) AS type (period_type, is_rhythm)
    CROSS JOIN generate_series(0, 11) AS ahead
    WHERE ahead % month_count(period_type) = 0
      AND (NOT is_rhythm OR period_type IN (SELECT period_type FROM rhythm))
),
-- what adds up: a place's own cells, and the sums of the ancestor sets that an area is in
addend AS (
    SELECT series_id, cell.area_id, month, numerator, denominator, left_out, in_local_police_area
    FROM wanted
    JOIN cell USING (series_id)
    JOIN ancestor_set USING (ancestor_set_id)
    WHERE over_time = 'sum' AND wanted.kind <> 'commitments' AND recurs_each IS NULL AND is_place AND is_owned
      AND cell.area_id = wanted.area_id AND month >= first_day AND month < next_day
    UNION ALL
    SELECT series_id, ancestor_id, month, numerator, denominator, left_out, in_local_police_area
    FROM wanted
    JOIN ancestor_set_total USING (series_id)
    JOIN ancestor_set_member USING (ancestor_set_id)
    JOIN ancestor_set USING (ancestor_set_id)
    WHERE over_time = 'sum' AND recurs_each IS NULL AND is_owned AND ancestor_id = wanted.area_id
      AND month >= first_day AND month < next_day
    UNION ALL
    -- a commitment of several areas once in all that holds them, a place among them that holds others, and fulfilled if
    -- it is in each of those inside
    SELECT series_id, area_id, month, coalesce(min(state), 0), least(count(state), 1), 1 - least(count(state), 1),
           bool_or(in_local_police_area)
    FROM (
        SELECT series_id, cell.area_id, month, dues, ancestor_set_id
        FROM wanted
        JOIN cell USING (series_id)
        WHERE wanted.kind = 'commitments' AND is_place AND is_owned AND cell.area_id = wanted.area_id
          AND month >= first_day AND month < next_day
        UNION ALL
        SELECT series_id, ancestor_id, month, dues, ancestor_set_id
        FROM wanted
        JOIN cell USING (series_id)
        JOIN ancestor_set_member USING (ancestor_set_id)
        WHERE wanted.kind = 'commitments' AND is_owned AND ancestor_id = wanted.area_id
          AND month >= first_day AND month < next_day
    ) AS inside
    JOIN ancestor_set USING (ancestor_set_id)
    CROSS JOIN LATERAL (SELECT key AS due, value::integer AS state FROM jsonb_each_text(dues)) AS each_due
    GROUP BY series_id, area_id, month, due
),
-- the sums of each month, tertial and year, and how much of them lies in no local police area; one after the other, of
-- rows in order: a table of all sums outgrows what a processor has at hand
summed AS (
    SELECT series_id, area_id, year, tertial, month, sum(numerator) AS numerator,
           sum(denominator) AS denominator, sum(left_out) AS left_out,
           sum(CASE WHEN in_local_police_area THEN 0 ELSE coalesce(denominator, numerator) END) AS not_placed
    FROM (
        SELECT series_id, area_id, start_of_period('year', month) AS year, start_of_period('tertial', month) AS tertial,
               month, numerator, denominator, left_out, in_local_police_area
        FROM addend
        ORDER BY series_id, area_id, year, tertial, month
    ) AS in_order
    GROUP BY series_id, area_id,
             GROUPING SETS ((year), (year, tertial), (year, tertial, month))
),
-- the states of each month, by the municipality that they are counted in
state AS MATERIALIZED (
    SELECT series_id, cell.area_id, month, writing_area_id, numerator, denominator, left_out, in_local_police_area
    FROM wanted
    JOIN cell USING (series_id)
    JOIN ancestor_set USING (ancestor_set_id)
    WHERE over_time = 'last' AND is_place AND is_owned AND cell.area_id = wanted.area_id
      AND month >= first_day AND month < next_day
    UNION ALL
    SELECT series_id, ancestor_id, month, writing_area_id, numerator, denominator, left_out, in_local_police_area
    FROM wanted
    JOIN ancestor_set_total USING (series_id)
    JOIN ancestor_set_member USING (ancestor_set_id)
    JOIN ancestor_set USING (ancestor_set_id)
    WHERE over_time = 'last' AND is_owned AND ancestor_id = wanted.area_id
      AND month >= first_day AND month < next_day
),
-- the month whose states are those of a longer period, for each municipality: the last in which it reports, or today's.
-- None is null. The spans are compared in the aggregate: as a condition of the join, the planner takes them for so rare
-- that it would look at every state for each of the periods.
ending AS (
    SELECT series_id, writing_area_id, period_type, period_start,
           date_trunc('month', max(least(upper(reports), until))
                                   FILTER (WHERE reports && daterange(period_start, greatest(period_start, until))) - 1
           )::date AS month
    FROM (
        SELECT DISTINCT series_id, writing_area_id, period_type, start_of_period(period_type, month) AS period_start
        FROM (SELECT DISTINCT series_id, writing_area_id, month FROM state) AS counted
        CROSS JOIN (VALUES ('tertial'), ('year') UNION SELECT period_type FROM rhythm) AS type (period_type)
    ) AS longer
    CROSS JOIN LATERAL (
        SELECT least(next_period_start(period_type, period_start),
                     (date_trunc('month', CAST(:as_of AS date)) + interval '1 month')::date) AS until
    ) AS ends
    JOIN indicator_series AS series USING (series_id)
    JOIN reporting ON reporting.area_id = writing_area_id AND follows = ANY (followed_by)
    CROSS JOIN LATERAL (SELECT series.valid * reporting.valid AS reports) AS both_valid
    GROUP BY 1, 2, 3, 4
),
-- the states of areas that are not in one municipality for good: few are, so they are found from there
mover AS MATERIALIZED (
    SELECT cell.series_id, cell.area_id, month, ancestor_set_id, numerator, denominator, left_out
    FROM (
        SELECT series_id, min(first_day) AS first_day, max(next_day) AS next_day
        FROM wanted
        WHERE over_time = 'last'
        GROUP BY 1
    ) AS asked
    CROSS JOIN (
        SELECT area_id FROM area WHERE municipality_id IS NULL AND kind IN ('place', 'district', 'vulnerable-area')
    ) AS leaf
    CROSS JOIN LATERAL (
        SELECT * FROM cell WHERE cell.series_id = asked.series_id AND cell.area_id = leaf.area_id OFFSET 0
    ) AS cell
    WHERE month >= first_day AND month < next_day
),
-- those that several municipalities count in a period, each as of its own last day: the last of these days counts, and
-- what was counted as of the others is taken off again in all that holds both
recounted AS (
    SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, in_local_police_area,
           row_number() OVER (
               PARTITION BY series_id, area_id, leaf_id, period_type, period_start ORDER BY last_day DESC
           ) AS nth
    FROM (
        SELECT series_id, wanted.area_id, mover.area_id AS leaf_id, month, ancestor_set_id, numerator, denominator,
               left_out
        FROM mover JOIN wanted USING (series_id)
        WHERE is_place AND is_owned AND wanted.area_id = mover.area_id AND month >= first_day AND month < next_day
        UNION ALL
        SELECT mover.series_id, ancestor_id, mover.area_id, month, ancestor_set_id, numerator, denominator, left_out
        FROM mover JOIN ancestor_set_member USING (ancestor_set_id)
        JOIN wanted ON wanted.series_id = mover.series_id AND wanted.area_id = ancestor_id
        WHERE is_owned AND month >= first_day AND month < next_day
    ) AS moved
    JOIN ancestor_set USING (ancestor_set_id)
    CROSS JOIN LATERAL (
        SELECT period_type, start_of_period(period_type, month) AS period_start
        FROM (VALUES ('month'), ('tertial'), ('year')
              UNION ALL SELECT period_type FROM rhythm WHERE rhythm.area_id = moved.area_id) AS type (period_type)
    ) AS around
    CROSS JOIN LATERAL (
        SELECT least(next_period_start(period_type, period_start),
                     (date_trunc('month', CAST(:as_of AS date)) + interval '1 month')::date) AS until
    ) AS ends
    CROSS JOIN LATERAL (
        SELECT max(least(upper(series.valid * reporting.valid), until)) - 1 AS last_day
        FROM indicator_series AS series
        JOIN reporting ON follows = ANY (followed_by)
        WHERE series.series_id = moved.series_id AND reporting.area_id = writing_area_id
          AND series.valid * reporting.valid && daterange(period_start, greatest(period_start, until))
    ) AS reports
    WHERE date_trunc('month', last_day) = month
),
-- what is counted once in a period: the places of an area that were visited in a month
visited AS (
    SELECT series_id, cell.area_id, month, cell.area_id AS leaf_id, left_out, in_local_police_area
    FROM wanted
    JOIN cell USING (series_id)
    JOIN ancestor_set USING (ancestor_set_id)
    WHERE over_time = 'distinct' AND is_place AND is_owned AND cell.area_id = wanted.area_id
      AND month >= first_day AND month < next_day
    UNION ALL
    SELECT series_id, ancestor_id, month, cell.area_id, left_out, in_local_police_area
    FROM wanted
    JOIN cell USING (series_id)
    JOIN ancestor_set_member USING (ancestor_set_id)
    JOIN ancestor_set USING (ancestor_set_id)
    WHERE over_time = 'distinct' AND is_owned AND ancestor_id = wanted.area_id
      AND month >= first_day AND month < next_day
),
-- what is to recur: how often it did, in each day, week or month of an area. A week is told by its Thursday
recurrence AS (
    SELECT series_id, area_id, month AS day_of_span, sum(numerator) AS times, sum(left_out) AS left_out,
           sum(CASE WHEN in_local_police_area THEN 0 ELSE numerator END) AS not_placed
    FROM (
        SELECT series_id, cell.area_id, month, numerator, left_out, in_local_police_area
        FROM wanted
        JOIN cell USING (series_id)
        JOIN ancestor_set USING (ancestor_set_id)
        WHERE recurs_each IS NOT NULL AND is_place AND is_owned AND cell.area_id = wanted.area_id
          AND month >= first_day AND month < next_day
        UNION ALL
        SELECT series_id, ancestor_id, month, numerator, left_out, in_local_police_area
        FROM wanted
        JOIN ancestor_set_total USING (series_id)
        JOIN ancestor_set_member USING (ancestor_set_id)
        JOIN ancestor_set USING (ancestor_set_id)
        WHERE recurs_each IS NOT NULL AND is_owned AND ancestor_id = wanted.area_id
          AND month >= first_day AND month < next_day
    ) AS happened
    GROUP BY 1, 2, 3
),
-- when it could have, of a share: in days, weeks and months that are over, in which an agreement was in force
-- throughout, for the area or a municipality that it lies in, or, of a sum, for any of those summed
due AS (
    SELECT series_id, area_id, day_of_span
    FROM (
        SELECT series_id, wanted.area_id, recurs_each, weekdays, first_day, next_day,
               range_agg(wanted.valid * reporting.valid * inside) AS valid
        FROM (
            SELECT wanted.*, above.area_id AS reporter_id, up.valid AS inside
            FROM wanted
            JOIN area_closure AS up ON up.descendant_id = wanted.area_id
            JOIN area AS above ON above.area_id = up.ancestor_id
            WHERE recurs_each IS NOT NULL AND is_share AND is_owned AND NOT is_sum
              AND (above.area_id = wanted.area_id OR above.kind = 'municipality')
            UNION ALL
            SELECT wanted.*, up.descendant_id, up.valid
            FROM wanted
            JOIN area_closure AS up ON up.ancestor_id = wanted.area_id AND up.descendant_id = ANY (defining_area_ids)
            WHERE recurs_each IS NOT NULL AND is_share AND is_sum
        ) AS wanted
        JOIN reporting ON reporting.area_id = reporter_id AND follows = ANY (followed_by)
        GROUP BY 1, 2, 3, 4, 5, 6
    ) AS reports
    CROSS JOIN LATERAL (
        SELECT day_of_span::date,
               CASE recurs_each WHEN 'week' THEN day_of_span::date - 3 ELSE day_of_span::date END AS first,
               CASE recurs_each WHEN 'week' THEN day_of_span::date + 4
                                WHEN 'month' THEN (day_of_span + interval '1 month')::date
                                ELSE day_of_span::date + 1 END AS next
        FROM generate_series(
            CASE recurs_each WHEN 'week' THEN date_trunc('week', (first_day + 3)::timestamp) + interval '3 days'
                             ELSE first_day END,
            least(next_day, CAST(:as_of AS date)) - 1,
            CASE recurs_each WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month'
                             ELSE interval '1 day' END
        ) AS day_of_span
    ) AS part_of_year
    WHERE next <= :as_of AND valid @> daterange(first, next)
      AND (recurs_each <> 'day' OR weekdays = '{}' OR extract(isodow FROM day_of_span) = ANY (weekdays))
),
-- of a share, those in which it happened often enough, of those that were due; else those in which it did
recurred AS (
    SELECT series_id, area_id, period_type, period_start,
           count(*) FILTER (WHERE times >= recurs_at_least AND (is_due OR NOT is_share)) AS numerator,
           CASE WHEN is_share THEN count(*) FILTER (WHERE is_due) END AS denominator,
           coalesce(sum(left_out), 0) AS left_out,
           CASE WHEN is_share THEN 0
                ELSE count(*) FILTER (WHERE times >= recurs_at_least AND not_placed > 0) END AS not_placed
    FROM (
        SELECT series_id, area_id, day_of_span, times, left_out, not_placed, due.series_id IS NOT NULL AS is_due
        FROM recurrence FULL JOIN due USING (series_id, area_id, day_of_span)
    ) AS part_of_year
    JOIN wanted USING (series_id, area_id)
    CROSS JOIN LATERAL (
        SELECT period_type, start_of_period(period_type, day_of_span) AS period_start
        FROM (VALUES ('month'), ('tertial'), ('year')
              UNION ALL SELECT period_type FROM rhythm WHERE rhythm.area_id = part_of_year.area_id
             ) AS type (period_type)
    ) AS around
    WHERE first_day <= day_of_span AND day_of_span < next_day
    GROUP BY series_id, area_id, is_share, period_type, period_start
    -- where no agreement asks the area itself for it, there is a row only where something happened
    HAVING bool_or(times IS NOT NULL) OR EXISTS (
        SELECT FROM reporting
        JOIN indicator_series AS series ON follows = ANY (followed_by)
        WHERE reporting.area_id = part_of_year.area_id AND series.series_id = part_of_year.series_id
          AND series.valid * reporting.valid && daterange(period_start, next_period_start(period_type, period_start)))
),
-- the figures of all periods: sums of months, the states of the month that a period ends with, places counted once
figure AS (
    SELECT series_id, area_id,
           CASE WHEN month IS NOT NULL THEN 'month' WHEN tertial IS NOT NULL THEN 'tertial' ELSE 'year' END
               AS period_type,
           coalesce(month, tertial, year) AS period_start, numerator, denominator, left_out, not_placed
    FROM summed
    UNION ALL
    TABLE recurred
    UNION ALL
    SELECT series_id, area_id, period_type, start_of_period(period_type, month), sum(numerator), sum(denominator),
           sum(left_out), sum(CASE WHEN in_local_police_area THEN 0 ELSE coalesce(denominator, numerator) END)
    FROM addend JOIN rhythm USING (area_id)
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT series_id, area_id, period_type, period_start, sum(numerator), sum(denominator), sum(left_out),
           sum(CASE WHEN in_local_police_area THEN 0 ELSE coalesce(denominator, numerator) END)
    FROM (
        SELECT series_id, area_id, 'month' AS period_type, month AS period_start, numerator, denominator, left_out,
               in_local_police_area
        FROM state
        UNION ALL
        SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, in_local_police_area
        FROM state
        CROSS JOIN LATERAL (
            SELECT period_type, start_of_period(period_type, month) AS period_start
            FROM (VALUES ('tertial'), ('year')
                  UNION ALL SELECT period_type FROM rhythm WHERE rhythm.area_id = state.area_id) AS type (period_type)
        ) AS around
        -- IS TRUE: else it would be a join, of as few rows as the planner expects, and look at each pair of them
        WHERE ((series_id, writing_area_id, period_type, period_start, month)
               IN (SELECT * FROM ending WHERE month IS NOT NULL)) IS TRUE
        UNION ALL
        SELECT series_id, area_id, period_type, period_start, -numerator, -denominator, -left_out, in_local_police_area
        FROM recounted
        WHERE nth > 1
    ) AS at_the_end
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT series_id, area_id, period_type, period_start, count(DISTINCT leaf_id), NULL, sum(left_out),
           count(DISTINCT leaf_id) FILTER (WHERE NOT in_local_police_area)
    FROM visited
    CROSS JOIN LATERAL (
        SELECT period_type, start_of_period(period_type, month) AS period_start
        FROM (VALUES ('month'), ('tertial'), ('year')
              UNION ALL SELECT period_type FROM rhythm WHERE rhythm.area_id = visited.area_id) AS type (period_type)
    ) AS around
    GROUP BY 1, 2, 3, 4
),
-- where and when a row of nothing is expected: in areas that report what the series is followed by (that there is any
-- agreement is enough for states only), and in their sum; and in places, while they are in the role in which something
-- is expected of them
expected AS (
    SELECT series_id, area_id, is_share, first_year, last_year, months, range_agg(valid) AS valid
    FROM (
        SELECT series_id, area_id, is_share, first_year, last_year, months,
               wanted.valid * reporting.valid AS valid
        FROM wanted
        JOIN reporting USING (area_id)
        WHERE follows = ANY (followed_by) AND (follows <> 'agreement' OR over_time = 'last') AND is_owned
          AND NOT is_sum
        UNION ALL
        SELECT series_id, wanted.area_id, is_share, first_year, last_year, months,
               wanted.valid * reporting.valid * up.valid
        FROM wanted
        JOIN area_closure AS up ON up.ancestor_id = wanted.area_id AND up.descendant_id = ANY (defining_area_ids)
        JOIN reporting ON reporting.area_id = up.descendant_id AND follows = ANY (followed_by)
        WHERE is_sum AND (follows <> 'agreement' OR over_time = 'last')
        UNION ALL
        SELECT series_id, wanted.area_id, is_share, first_year, last_year, months,
               wanted.valid * reporting.valid * role.valid * up.valid * coalesce(own.valid, daterange(NULL, NULL))
        FROM wanted
        JOIN area_role AS role ON role.role = expected_role AND role.area_id = wanted.area_id
                              AND (expected_place_kinds = '{}' OR wanted.place_kind = ANY (expected_place_kinds))
        JOIN area_closure AS up ON up.descendant_id = wanted.area_id
        JOIN area AS municipality ON municipality.area_id = up.ancestor_id AND municipality.kind = 'municipality'
        JOIN reporting ON reporting.area_id = up.ancestor_id AND follows = ANY (followed_by) AND follows <> 'agreement'
        LEFT JOIN area_closure AS own
               ON own.descendant_id = wanted.area_id AND own.ancestor_id = ANY (defining_area_ids)
        WHERE is_owned
    ) AS span
    GROUP BY 1, 2, 3, 4, 5, 6
),
-- the rows of nothing, for the periods that have begun: nothing is 0, and a share of nothing is 0 of 0
nothing AS MATERIALIZED (
    SELECT series_id, area_id, period_type, first AS period_start, CASE WHEN is_share THEN 0 END AS denominator
    FROM expected
    CROSS JOIN generate_series(greatest(first_year, extract(year FROM lower(valid))::integer),
                               least(last_year, extract(year FROM upper(valid) - 1)::integer)) AS year
    JOIN period
        ON months & bits <> 0
        AND (NOT is_rhythm OR (area_id, period_type) IN (SELECT rhythm.area_id, rhythm.period_type FROM rhythm))
    CROSS JOIN LATERAL (SELECT make_date(year, ahead + 1, 1) AS first) AS begins
    CROSS JOIN LATERAL (SELECT next_period_start(period_type, first) AS next) AS ends
    WHERE first <= :as_of AND valid && daterange(first, next)
),
-- all rows that there should be: where there is a figure, it is not nothing
known AS (
    SELECT series_id, area_id, period_type, period_start,
           CASE WHEN figure.left_out IS NULL THEN 0 ELSE figure.numerator END AS numerator,
           CASE WHEN figure.left_out IS NULL THEN nothing.denominator ELSE figure.denominator END AS denominator,
           coalesce(figure.left_out, 0) AS left_out,
           CASE WHEN figure.left_out IS NULL THEN 0 ELSE figure.not_placed END AS not_placed
    FROM figure FULL JOIN nothing USING (series_id, area_id, period_type, period_start)
),
-- those that are wanted, with their status. Where visits are expected in term time only, a period without any term
-- month has nothing that could be counted
fresh AS (
    SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, not_placed,
           CASE WHEN is_share AND denominator > 0 THEN 'observed'
                WHEN is_share AND kind = 'coverage' AND (
                    SELECT bool_and(working_days < 10)
                    FROM term_month
                    WHERE month >= period_start AND month < next_period_start(period_type, period_start)
                      AND area_id = ANY (ARRAY(
                          SELECT ancestor_id FROM area_closure WHERE descendant_id = known.area_id
                          UNION ALL
                          SELECT descendant_id FROM area_closure WHERE ancestor_id = known.area_id))
                ) THEN 'notApplicable'
                WHEN is_share OR numerator IS NULL THEN 'missing'
                WHEN numerator = 0 THEN 'zero'
                ELSE 'observed' END AS status,
           definition_version
    FROM known
    JOIN wanted USING (series_id, area_id)
    WHERE period_start >= first_day AND period_start < next_day
      AND months & (((1 << month_count(period_type)) - 1) << extract(month FROM period_start)::integer) <> 0
      AND (period_type IN ('month', 'tertial', 'year')
           OR EXISTS (SELECT FROM rhythm
                      WHERE rhythm.area_id = known.area_id AND rhythm.period_type = known.period_type
                        AND rhythm.valid && daterange(period_start, next_period_start(known.period_type, period_start))))
),
-- the rows as they are stored
stored AS (
    SELECT value.*
    FROM wanted
    CROSS JOIN (VALUES ('month'), ('tertial'), ('year'), ('quarter'), ('halfYear')) AS type (period_type)
    JOIN indicator_value AS value USING (series_id, area_id, period_type)
    WHERE period_start >= first_day AND period_start < next_day
      AND months & (((1 << month_count(period_type)) - 1) << extract(month FROM period_start)::integer) <> 0
),
-- the rows that differ, in the order of their key: what is read together is then stored together. Those of closed
-- periods, of which there may be none to ask about, stay as they are
changed AS MATERIALIZED (
    SELECT differing.*,
           (SELECT EXISTS (SELECT FROM closed_area_period))
               AND is_frozen(area_id, period_type, period_start) AS is_closed
    FROM (
        SELECT series_id, area_id, period_type, period_start, fresh.numerator, fresh.denominator, fresh.left_out,
               fresh.not_placed, fresh.status, fresh.definition_version,
               stored.status IS NULL AS is_new, fresh.status IS NULL AS is_gone
        FROM fresh FULL JOIN stored USING (series_id, area_id, period_type, period_start)
        WHERE (fresh.numerator, fresh.denominator, fresh.left_out, fresh.not_placed, fresh.status,
               fresh.definition_version)
              IS DISTINCT FROM (stored.numerator, stored.denominator, stored.left_out, stored.not_placed, stored.status,
                                stored.definition_version)
          -- without their facts, figures stay as they are
          AND period_start >= (SELECT facts_removed_before())
    ) AS differing
    ORDER BY 1, 2, 3, 4
),
inserted AS (
    INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                 not_placed, status, definition_version)
    SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, not_placed, status,
           definition_version
    FROM changed
    WHERE is_new AND NOT is_closed
),
updated AS (
    UPDATE indicator_value AS value
    SET numerator = changed.numerator, denominator = changed.denominator, left_out = changed.left_out,
        not_placed = changed.not_placed, status = changed.status, definition_version = changed.definition_version,
        revision = value.revision + 1, computed_at = now(), changed_in = DEFAULT, change_number = DEFAULT
    FROM changed
    WHERE NOT is_new AND NOT is_gone AND NOT is_closed
      AND value.series_id = changed.series_id AND value.area_id = changed.area_id
      AND value.period_type = changed.period_type AND value.period_start = changed.period_start
),
deleted AS (
    DELETE FROM indicator_value AS value
    USING changed
    WHERE is_gone AND NOT is_closed
      AND value.series_id = changed.series_id AND value.area_id = changed.area_id
      AND value.period_type = changed.period_type AND value.period_start = changed.period_start
),
-- what rows of closed periods would be
later AS (
    INSERT INTO later_value AS later (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                      not_placed, status, definition_version)
    SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, not_placed, status,
           definition_version
    FROM changed
    WHERE is_closed
    ON CONFLICT (series_id, area_id, period_type, period_start) DO UPDATE
    SET numerator = excluded.numerator, denominator = excluded.denominator, left_out = excluded.left_out,
        not_placed = excluded.not_placed, status = excluded.status, months_arrived = NULL,
        definition_version = excluded.definition_version, noticed_at = now()
    WHERE (later.numerator, later.denominator, later.left_out, later.not_placed, later.status, later.months_arrived,
           later.definition_version)
          IS DISTINCT FROM (excluded.numerator, excluded.denominator, excluded.left_out, excluded.not_placed,
                            excluded.status, NULL, excluded.definition_version)
    RETURNING series_id, area_id, period_start
),
-- and those that are again what they would be
equal_again AS (
    DELETE FROM later_value AS later
    USING wanted
    WHERE later.series_id = wanted.series_id AND later.area_id = wanted.area_id
      AND period_start >= first_day AND period_start < next_day
      AND months & (((1 << month_count(period_type)) - 1) << extract(month FROM period_start)::integer) <> 0
      AND period_start >= (SELECT facts_removed_before())
      AND NOT EXISTS (
          SELECT FROM changed
          WHERE is_closed AND changed.series_id = later.series_id AND changed.area_id = later.area_id
            AND changed.period_type = later.period_type AND changed.period_start = later.period_start)
    RETURNING later.series_id, later.area_id, period_start
)
-- in years in which nothing but what frozen rows would be has changed, too: places that were visited then count in 12
-- months of an open period
SELECT series_id, area_id, extract(year FROM period_start)::integer AS year, count(*) FILTER (WHERE is_served) AS rows
FROM (
    SELECT series_id, area_id, period_start, true AS is_served FROM changed WHERE NOT is_closed
    UNION ALL
    SELECT series_id, area_id, period_start, false FROM later
    UNION ALL
    SELECT series_id, area_id, period_start, false FROM equal_again
) AS written
GROUP BY 1, 2, 3
