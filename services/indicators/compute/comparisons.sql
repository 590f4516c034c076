-- Makes the comparisons of values equal the values around them: other periods, the year so far, 12 months, inhabitants.
-- Over 300 lines: one statement: all comparisons of a row from one stream.
--
-- Each subject's rows are read once, as a stream ordered by the day after a period's end, and all that lies before a
-- row is taken from windows over that stream: no row is looked up from another. What else matters on the way (a place
-- visited for the first time, a boundary moved) is in the same stream as a row without a period.
--
-- Parameters: as_of, and an element for each subject in the arrays series_id, area_id, first_year and last_year. It is
-- compared in these years and in what reaches back to them: the two years after, since 12 months and the 12 before them
-- are 24, or all later ones where a figure is shown until the next is published.

WITH
-- what any area reports: few series are followed by their own names, and those followed by the same are counted together
followed AS MATERIALIZED (SELECT DISTINCT follows FROM reporting),
-- what is compared, and when: wanted are the rows from wanted_from on, and those from base_from on are their bases.
-- The factor is null but for shares. It is kept short, since it is carried along and sorted three times
subject AS MATERIALIZED (
    SELECT subject_id, series_id, area_id, series.kind, CASE WHEN is_share THEN factor END AS factor, unit, over_time,
           ARRAY(SELECT follows FROM followed WHERE follows = ANY (followed_by)) AS followed_by, measure,
           is_since_new_year, lower(series.valid) AS defined_from, is_above,
           CASE WHEN is_above AND cardinality(defining_area_ids) > 1 THEN defining_area_ids ELSE '{}' END AS summed,
           make_date(first_year, 1, 1) AS wanted_from, make_date(first_year - 2, 1, 1) AS base_from,
           CASE series.kind WHEN 'measured' THEN 'infinity' ELSE make_date(last_year + 3, 1, 1) END AS wanted_to
    FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:first_year AS integer[]),
                CAST(:last_year AS integer[]))
         WITH ORDINALITY AS asked (series_id, area_id, first_year, last_year, subject_id)
    JOIN indicator_series AS series USING (series_id)
    JOIN area USING (area_id)
    CROSS JOIN LATERAL (
        SELECT area.kind IN ('country', 'county', 'police-region', 'police-district', 'local-police-area') AS is_above
    ) AS level
),
-- when it was reported what a subject's figures are made of: in the area itself, or in the municipality around it; of
-- the sum of several municipalities, in any of these. What is observed is whole without any report, and so is a state,
-- unless it is of all that has happened in the year
reported AS MATERIALIZED (
    SELECT subject_id, is_since_new_year, range_agg(inside * reporting.valid) AS reports
    FROM subject
    CROSS JOIN LATERAL (
        SELECT ancestor_id, up.valid AS inside
        FROM area_closure AS up JOIN area AS above ON above.area_id = ancestor_id
        WHERE descendant_id = subject.area_id AND (ancestor_id = descendant_id OR above.kind = 'municipality')
          AND summed = '{}'
        UNION ALL
        SELECT descendant_id, valid FROM area_closure
        WHERE ancestor_id = subject.area_id AND descendant_id = ANY (summed)
        OFFSET 0
    ) AS around
    JOIN reporting ON reporting.area_id = ancestor_id AND follows = ANY (followed_by)
    WHERE measure IS NULL AND (over_time <> 'last' OR is_since_new_year)
    GROUP BY 1, 2
),
-- in which years each place was visited, where places are counted once: of the months, the first and the last of a year
-- tell all, since it counts in the year to date from the first on, and in the last 12 months from the first on or until
-- 12 months after the last of the year before
visit AS (
    SELECT subject_id, leaf_id, date_trunc('year', month)::date AS year, min(month) AS first_month,
           max(month) AS last_month
    FROM (
        SELECT subject_id, area_id AS leaf_id, month
        FROM subject
        JOIN cell USING (series_id, area_id)
        WHERE over_time = 'distinct' AND month >= base_from AND month < wanted_to
        UNION ALL
        SELECT subject_id, leaf_id, month
        FROM subject
        JOIN ancestor_set_member ON ancestor_id = subject.area_id
        CROSS JOIN LATERAL (
            SELECT cell.area_id AS leaf_id, month
            FROM cell
            WHERE cell.ancestor_set_id = ancestor_set_member.ancestor_set_id AND cell.series_id = subject.series_id
              AND month >= base_from AND month < wanted_to
            OFFSET 0
        ) AS visited
        WHERE over_time = 'distinct'
    ) AS inside
    GROUP BY 1, 2, 3
),
-- at the end of each month, how many places were visited in the year so far and in the last 12 months
places AS (
    SELECT subject_id, next, sum(places) FILTER (WHERE first_month < next) AS in_year,
           sum(places) FILTER (WHERE first_month < next OR last_before >= next - interval '1 year') AS in_twelve
    FROM (
        SELECT subject_id, year, first_month, last_before, count(*) AS places
        FROM (
            SELECT subject_id, leaf_id, year, max(first_month) AS first_month, max(last_before) AS last_before
            FROM (
                SELECT subject_id, leaf_id, year, first_month, NULL::date AS last_before FROM visit
                UNION ALL
                SELECT subject_id, leaf_id, (year + interval '1 year')::date, NULL, last_month FROM visit
            ) AS two_years
            GROUP BY 1, 2, 3
        ) AS place
        GROUP BY 1, 2, 3, 4
    ) AS alike
    CROSS JOIN generate_series(1, 12) AS ahead
    CROSS JOIN LATERAL (SELECT (year + make_interval(months => ahead))::date AS next) AS ends
    GROUP BY 1, 2
),
-- all of that in one: values, places and moved boundaries by the day after they end. A share's month of nothing adds
-- nothing; any other missing month is a gap. So is what a closed period keeps of a definition of another unit
stream AS (
    SELECT subject_id, factor, period_type, period_start, next_period_start(period_type, period_start) AS next,
           numerator, denominator, status = 'missing' AS is_missing,
           CASE WHEN status IN ('observed', 'zero') AND is_alike THEN exact_value(factor, numerator, denominator) END
               AS value,
           period_type = 'month' AND over_time <> 'last' AND is_alike
               AND CASE WHEN factor IS NULL THEN numerator IS NOT NULL AND status IN ('observed', 'zero')
                        ELSE denominator IS NOT NULL AND status <> 'suppressed' END AS adds,
           NULL::date AS changed_on, CASE over_time WHEN 'distinct' THEN 0 END AS in_year,
           CASE over_time WHEN 'distinct' THEN 0 END AS in_twelve
    FROM subject JOIN indicator_value USING (series_id, area_id)
    CROSS JOIN LATERAL (
        SELECT is_in_unit(frozen_unit, frozen_factor, unit, factor) AS is_alike
    ) AS closed
    WHERE period_start >= base_from AND period_start < wanted_to
    UNION ALL
    SELECT subject_id, NULL, NULL, NULL, next, NULL, NULL, false, NULL, false, NULL, in_year, in_twelve
    FROM places
    UNION ALL
    SELECT subject_id, NULL, NULL, NULL, day + 1, NULL, NULL, false, NULL, false, day, NULL, NULL
    FROM subject JOIN boundary_change USING (area_id)
    WHERE day > base_from AND day < wanted_to
),
-- what has added up by then, in the year and in the last 12 months, and how many months have
summed AS (
    SELECT stream.*,
           count(*) FILTER (WHERE adds) OVER year AS year_months,
           sum(numerator) FILTER (WHERE adds) OVER year AS year_numerator,
           sum(denominator) FILTER (WHERE adds) OVER year AS year_denominator,
           sum(in_year) OVER now AS year_places,
           count(*) FILTER (WHERE adds) OVER twelve AS twelve_months,
           sum(numerator) FILTER (WHERE adds) OVER twelve AS twelve_numerator,
           sum(denominator) FILTER (WHERE adds) OVER twelve AS twelve_denominator,
           sum(in_twelve) OVER now AS twelve_places,
           max(changed_on) OVER ever AS last_changed_on
    FROM stream
    WINDOW year AS (PARTITION BY subject_id, extract(year FROM next - 1) ORDER BY next),
           ever AS (PARTITION BY subject_id ORDER BY next),
           now AS (ever RANGE BETWEEN CURRENT ROW AND CURRENT ROW),
           twelve AS (ever RANGE BETWEEN interval '11 months' PRECEDING AND CURRENT ROW)
),
-- the figures of these two spans; null unless each of their months is there. What was reported for a part of a span is
-- compared with nothing; where no one reports, the facts that there are all the same are all there are
spanned AS (
    SELECT subject_id, period_type, period_start, next, numerator, denominator, is_missing, value, last_changed_on,
           is_whole,
           CASE WHEN year_months = extract(month FROM next - 1) AND period_type <> 'year' AND year_is_whole THEN
               CASE WHEN year_places IS NOT NULL THEN year_places
                    ELSE exact_value(factor, year_numerator, year_denominator) END END AS year_to_date,
           CASE WHEN twelve_months = 12 AND period_type <> 'year' AND twelve_is_whole THEN
               CASE WHEN twelve_places IS NOT NULL THEN twelve_places
                    ELSE exact_value(factor, twelve_numerator, twelve_denominator) END END AS last_twelve
    FROM summed
    LEFT JOIN reported USING (subject_id)
    CROSS JOIN LATERAL (
        SELECT daterange(CASE WHEN is_since_new_year THEN date_trunc('year', period_start)::date ELSE period_start END,
                         next) AS own,
               daterange(date_trunc('year', period_start)::date, next) AS year,
               daterange((next - interval '1 year')::date, next) AS twelve
    ) AS span
    CROSS JOIN LATERAL (
        SELECT (reports @> own OR NOT reports && own) IS NOT FALSE AS is_whole,
               (reports @> year OR NOT reports && year) IS NOT FALSE AS year_is_whole,
               (reports @> twelve OR NOT reports && twelve) IS NOT FALSE AS twelve_is_whole
    ) AS covered
    WHERE period_type IS NOT NULL
),
-- the same figures of the period before, and of the year before
compared AS (
    SELECT spanned.*, next <= :as_of AS has_ended,
           CASE WHEN lag(next) OVER periods = period_start AND lag(is_whole) OVER periods
                THEN lag(value) OVER periods END AS previous,
           lag(period_start) OVER periods AS previous_from,
           first_value(CASE WHEN is_whole THEN value END) OVER year_before AS last_year,
           first_value(year_to_date) OVER year_before AS year_to_date_before,
           first_value(last_twelve) OVER year_before AS last_twelve_before
    FROM spanned
    WINDOW periods AS (PARTITION BY subject_id, period_type ORDER BY next),
           year_before AS (periods RANGE BETWEEN interval '12 months' PRECEDING AND interval '12 months' PRECEDING)
),
-- the years in which municipalities are counted
wanted_year AS (
    SELECT generate_series(min(wanted_from), least(max(wanted_to), :as_of), interval '1 year')::date AS year
    FROM subject
),
-- the inhabitants on 31 December of the year before: what a source says finally, else what was said last
population AS MATERIALIZED (
    SELECT DISTINCT ON (area_id, period_start) area_id, (period_start + interval '1 year')::date AS year,
           numerator AS inhabitants
    FROM observation
    WHERE measure = 'population' AND code = '' AND period_type = 'year' AND status = 'observed'
      AND period_start >= (SELECT min(wanted_from) - interval '1 year' FROM subject)
    ORDER BY area_id, period_start, (finality = 'final') DESC, changed_at DESC, observation_id DESC
),
-- the municipalities of the areas above, found from these upwards: an area above holds many more places than
-- municipalities
member AS MATERIALIZED (
    SELECT ancestor_id AS area_id, municipality.area_id AS municipality_id, inside
    FROM area AS municipality
    CROSS JOIN LATERAL (
        SELECT ancestor_id, valid AS inside FROM area_closure WHERE descendant_id = municipality.area_id OFFSET 0
    ) AS above
    WHERE municipality.kind = 'municipality' AND ancestor_id IN (SELECT area_id FROM subject WHERE is_above)
),
-- how many of them, or of those that are summed, are alike in when they lie there and when they report, and their
-- inhabitants
member_group AS (
    SELECT gathered.area_id, followed_by, summed, wanted_year.year, inside, reports, count(*) AS municipalities,
           count(inhabitants) AS counted, sum(inhabitants) AS inhabitants
    FROM (
        SELECT asked.area_id, followed_by, summed, municipality_id, inside, range_agg(reporting.valid) AS reports
        FROM (SELECT DISTINCT area_id, followed_by, summed FROM subject WHERE is_above) AS asked
        JOIN member USING (area_id)
        LEFT JOIN reporting ON reporting.area_id = municipality_id AND follows = ANY (followed_by)
        WHERE summed = '{}' OR municipality_id = ANY (summed)
        GROUP BY 1, 2, 3, 4, 5
    ) AS gathered
    CROSS JOIN wanted_year
    LEFT JOIN population ON population.area_id = municipality_id AND population.year = wanted_year.year
    GROUP BY 1, 2, 3, 4, 5, 6
),
-- of each period, how many municipalities an area has and how many of them report, and the inhabitants of both
reached AS (
    SELECT area_id, followed_by, summed, period_type, period_start, sum(municipalities) AS municipalities,
           coalesce(sum(municipalities) FILTER (WHERE is_reporting), 0) AS reporting,
           CASE WHEN bool_and(counted = municipalities) FILTER (WHERE is_reporting)
                THEN sum(inhabitants) FILTER (WHERE is_reporting) END AS reporting_inhabitants,
           CASE WHEN bool_and(counted = municipalities) THEN sum(inhabitants) END AS all_inhabitants
    FROM member_group
    CROSS JOIN (VALUES ('month'), ('tertial'), ('year'), ('quarter'), ('halfYear')) AS type (period_type)
    CROSS JOIN generate_series(0, 12 - month_count(period_type), month_count(period_type)) AS ahead
    CROSS JOIN LATERAL (
        SELECT (year + make_interval(months => ahead))::date AS period_start,
               (year + make_interval(months => ahead + month_count(period_type)))::date AS next
    ) AS period
    CROSS JOIN LATERAL (
        SELECT coalesce(reports && daterange(period_start, next), false) AS is_reporting
    ) AS reports_then
    WHERE inside @> least(next - 1, CAST(:as_of AS date))
    GROUP BY 1, 2, 3, 4, 5
),
-- the comparisons of each wanted row. There is none before the period's end, without a value, and across a moved
-- boundary: what an area was a part of the time has no match among spans or inhabitants. Inhabitants are those of the
-- areas summed, hence of the municipalities that report; but what others publish is of everyone
comparison_of_row AS (
    SELECT series_id, subject.area_id, period_type, period_start, numerator, denominator,
           CASE WHEN has_ended AND is_whole AND previous IS NOT NULL
                     AND (greatest(last_changed_on, defined_from) > previous_from) IS NOT TRUE THEN
               jsonb_build_object(
                   'value', rounded_value(factor, previous),
                   'change', rounded_value(factor, value - previous),
                   'changePercent', CASE WHEN factor IS NULL THEN
                       trim_scale(round(100 * (value - previous) / nullif(previous, 0), 6)) END)
           END AS previous_period,
           CASE WHEN has_ended AND is_whole AND last_year IS NOT NULL
                     AND (greatest(last_changed_on, defined_from) > period_start - interval '1 year') IS NOT TRUE THEN
               jsonb_build_object(
                   'value', rounded_value(factor, last_year),
                   'change', rounded_value(factor, value - last_year),
                   'changePercent', CASE WHEN factor IS NULL THEN
                       trim_scale(round(100 * (value - last_year) / nullif(last_year, 0), 6)) END)
           END AS same_period_last_year,
           CASE WHEN has_ended AND year_to_date IS NOT NULL
                     AND (greatest(last_changed_on, defined_from)
                          > date_trunc('year', period_start) - interval '1 year') IS NOT TRUE THEN
               jsonb_build_object(
                   'value', rounded_value(factor, year_to_date),
                   'change', rounded_value(factor, year_to_date - year_to_date_before),
                   'changePercent', CASE WHEN factor IS NULL THEN
                       trim_scale(round(100 * (year_to_date - year_to_date_before) / nullif(year_to_date_before, 0), 6))
                   END)
           END AS year_to_date,
           CASE WHEN has_ended AND last_twelve IS NOT NULL
                     AND (greatest(last_changed_on, defined_from) > next - interval '24 months') IS NOT TRUE THEN
               jsonb_build_object(
                   'value', rounded_value(factor, last_twelve),
                   'change', rounded_value(factor, last_twelve - last_twelve_before),
                   'changePercent', CASE WHEN factor IS NULL THEN
                       trim_scale(round(100 * (last_twelve - last_twelve_before) / nullif(last_twelve_before, 0), 6))
                   END)
           END AS last_12_months,
           CASE WHEN has_ended AND factor IS NULL AND over_time <> 'last'
                     AND (last_changed_on > period_start) IS NOT TRUE THEN
               trim_scale(round(value * 100000 / nullif(
                   CASE WHEN municipalities IS NULL THEN population.inhabitants
                        WHEN kind = 'observed' THEN coalesce(population.inhabitants, all_inhabitants)
                        ELSE reporting_inhabitants END, 0), 6))
           END AS per_100000,
           CASE WHEN kind = 'measured' AND is_missing THEN (
               SELECT jsonb_build_object('period', period_code(published.period_type, published.period_start),
                                         'value', rounded_value(factor, published.value))
               FROM (
                   SELECT period_type, period_start, exact_value(factor, numerator, denominator) AS value,
                          next_period_start(period_type, period_start) AS next
                   FROM indicator_value AS published
                   WHERE published.series_id = subject.series_id AND published.area_id = subject.area_id
                     AND published.status IN ('observed', 'zero')
                     AND is_in_unit(frozen_unit, frozen_factor, subject.unit, subject.factor)
               ) AS published
               WHERE published.next <= compared.next AND published.value IS NOT NULL
               ORDER BY published.next DESC, published.period_start DESC
               LIMIT 1)
           END AS measurement,
           CASE WHEN measure IS NULL AND municipalities IS NOT NULL THEN
               jsonb_build_object('reporting', reporting, 'of', municipalities)
           END AS reporting_municipalities
    FROM compared JOIN subject USING (subject_id)
    LEFT JOIN reached USING (area_id, followed_by, summed, period_type, period_start)
    LEFT JOIN population
        ON population.area_id = subject.area_id AND population.year = date_trunc('year', period_start)::date
    WHERE period_start >= wanted_from
    OFFSET 0
),
-- the rows there should be: one for each that has any comparison
fresh AS MATERIALIZED (
    SELECT series_id, area_id, period_type, period_start, numerator, denominator,
           jsonb_build_object(
               'previousPeriod', previous_period, 'samePeriodLastYear', same_period_last_year,
               'yearToDate', year_to_date, 'last12Months', last_12_months, 'per100000', per_100000,
               'latestMeasurement', measurement, 'reportingMunicipalities', reporting_municipalities) AS comparisons
    FROM comparison_of_row
    WHERE num_nonnulls(previous_period, same_period_last_year, year_to_date, last_12_months, per_100000, measurement,
                       reporting_municipalities) > 0
),
-- the rows as they are stored
stored AS (
    SELECT comparison.*
    FROM subject JOIN comparison USING (series_id, area_id)
    WHERE period_start >= wanted_from AND period_start < wanted_to
)
MERGE INTO comparison
USING (
    SELECT series_id, area_id, period_type, period_start, fresh.numerator, fresh.denominator, fresh.comparisons
    FROM fresh FULL JOIN stored USING (series_id, area_id, period_type, period_start)
    WHERE (fresh.numerator, fresh.denominator, fresh.comparisons)
          IS DISTINCT FROM (stored.numerator, stored.denominator, stored.comparisons)
      -- without their facts, figures stay as they are, and so does what they were compared with
      AND period_start >= (SELECT facts_removed_before())
      -- so it is in closed periods, of which there may be none to ask about
      AND NOT ((SELECT EXISTS (SELECT FROM closed_area_period)) AND is_frozen(area_id, period_type, period_start))
) AS changed
ON comparison.series_id = changed.series_id AND comparison.area_id = changed.area_id
   AND comparison.period_type = changed.period_type AND comparison.period_start = changed.period_start
WHEN MATCHED AND changed.comparisons IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET
    numerator = changed.numerator, denominator = changed.denominator, comparisons = changed.comparisons
WHEN NOT MATCHED THEN INSERT (series_id, area_id, period_type, period_start, numerator, denominator, comparisons)
    VALUES (changed.series_id, changed.area_id, changed.period_type, changed.period_start, changed.numerator,
            changed.denominator, changed.comparisons)
