-- Makes the rows of a year, of series that are made of observations, equal those given; tells whose rows it changed,
-- and which of them are suppressed that were not. Rows of closed periods stay as they are: what they would be now is
-- written to `later_value`.
--
-- Parameters: year; series, whose rows all are replaced; and the rows there should be, as arrays of the same length:
-- series_id, area_id, period_type, period_start, numerator, denominator, status, finality and months_arrived.

WITH
-- the rows there should be
fresh AS (
    SELECT fresh.*, definition_version
    FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:period_type AS text[]),
                CAST(:period_start AS date[]), CAST(:numerator AS numeric[]), CAST(:denominator AS numeric[]),
                CAST(:status AS text[]), CAST(:finality AS text[]), CAST(:months_arrived AS smallint[]))
         AS fresh (series_id, area_id, period_type, period_start, numerator, denominator, status, finality,
                   months_arrived)
    JOIN indicator_series USING (series_id)
),
-- the rows as they are stored
stored AS (
    SELECT *
    FROM indicator_value
    WHERE series_id = ANY (CAST(:series AS smallint[]))
      AND period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)
),
-- the rows that differ. Those of closed periods, of which there may be none to ask about, stay as they are; that a source
-- says no more than preliminary changes nothing of these
changed AS MATERIALIZED (
    SELECT differing.*
    FROM (
        SELECT series_id, area_id, period_type, period_start, fresh.numerator, fresh.denominator, fresh.status,
               fresh.finality, fresh.months_arrived, fresh.definition_version,
               (SELECT EXISTS (SELECT FROM closed_area_period))
                   AND is_frozen(area_id, period_type, period_start) AS is_closed,
               (fresh.numerator, fresh.denominator, fresh.status, fresh.months_arrived, fresh.definition_version)
               IS NOT DISTINCT FROM (stored.numerator, stored.denominator, stored.status, stored.months_arrived,
                                     stored.definition_version) AS differs_in_finality
        FROM fresh FULL JOIN stored USING (series_id, area_id, period_type, period_start)
        WHERE (fresh.numerator, fresh.denominator, fresh.status, fresh.finality, fresh.months_arrived,
               fresh.definition_version, 0, NULL)
              IS DISTINCT FROM (stored.numerator, stored.denominator, stored.status, stored.finality,
                                stored.months_arrived, stored.definition_version, stored.left_out, stored.not_placed)
          -- without their facts, figures stay as they are
          AND period_start >= (SELECT facts_removed_before())
    ) AS differing
    WHERE NOT (is_closed AND differs_in_finality)
),
-- what rows of closed periods would be
later AS (
    INSERT INTO later_value AS later (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                      status, months_arrived, definition_version)
    SELECT series_id, area_id, period_type, period_start, numerator, denominator,
           CASE WHEN status IS NOT NULL THEN 0 END, status, months_arrived, definition_version
    FROM changed
    WHERE is_closed
    ON CONFLICT (series_id, area_id, period_type, period_start) DO UPDATE
    SET numerator = excluded.numerator, denominator = excluded.denominator, left_out = excluded.left_out,
        not_placed = NULL, status = excluded.status, months_arrived = excluded.months_arrived,
        definition_version = excluded.definition_version, noticed_at = now()
    WHERE (later.numerator, later.denominator, later.left_out, later.not_placed, later.status, later.months_arrived,
           later.definition_version)
          IS DISTINCT FROM (excluded.numerator, excluded.denominator, excluded.left_out, NULL, excluded.status,
                            excluded.months_arrived, excluded.definition_version)
),
-- and those that are again what they would be
equal_again AS (
    DELETE FROM later_value AS later
    WHERE series_id = ANY (CAST(:series AS smallint[]))
      AND period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)
      AND period_start >= (SELECT facts_removed_before())
      AND NOT EXISTS (
          SELECT FROM changed
          WHERE is_closed AND changed.series_id = later.series_id AND changed.area_id = later.area_id
            AND changed.period_type = later.period_type AND changed.period_start = later.period_start)
)
MERGE INTO indicator_value AS value
USING (SELECT * FROM changed WHERE NOT is_closed) AS changed
-- the series, though told by the key too, spare a scan of all others' rows
ON value.series_id = ANY (CAST(:series AS smallint[])) AND value.series_id = changed.series_id
   AND value.area_id = changed.area_id AND value.period_type = changed.period_type
   AND value.period_start = changed.period_start
WHEN MATCHED AND changed.status IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET
    numerator = changed.numerator, denominator = changed.denominator, left_out = 0, not_placed = NULL,
    status = changed.status, finality = changed.finality, months_arrived = changed.months_arrived,
    definition_version = changed.definition_version,
    revision = value.revision + 1, computed_at = now(), changed_in = DEFAULT, change_number = DEFAULT
WHEN NOT MATCHED THEN INSERT (series_id, area_id, period_type, period_start, numerator, denominator, left_out, status,
                              finality, months_arrived, definition_version)
    VALUES (changed.series_id, changed.area_id, changed.period_type, changed.period_start, changed.numerator,
            changed.denominator, 0, changed.status, changed.finality, changed.months_arrived,
            changed.definition_version)
RETURNING value.series_id, value.area_id,
          coalesce(new.status = 'suppressed' AND old.status IS DISTINCT FROM 'suppressed', false) AS is_hidden
