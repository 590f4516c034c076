-- Makes the totals of ancestor sets equal the sums of their cells, for the series whose figures add up over areas.
--
-- Parameters: the arrays series_id, ancestor_set_id, first_month and last_month, an element for each ancestor set.

WITH
-- what is summed afresh
wanted AS (
    SELECT series_id, ancestor_set_id, first_month, last_month
    FROM unnest(CAST(:series_id AS smallint[]), CAST(:ancestor_set_id AS integer[]), CAST(:first_month AS date[]),
                CAST(:last_month AS date[])) AS wanted (series_id, ancestor_set_id, first_month, last_month)
    JOIN indicator_series USING (series_id)
    WHERE over_time <> 'distinct' AND kind <> 'commitments'
),
-- the totals by the cells
fresh AS (
    SELECT series_id, ancestor_set_id, month, sum(numerator) AS numerator, sum(denominator) AS denominator,
           sum(left_out) AS left_out
    FROM wanted
    JOIN cell USING (series_id, ancestor_set_id)
    WHERE month BETWEEN first_month AND last_month
    GROUP BY 1, 2, 3
),
-- the totals as they are stored
stored AS (
    SELECT ancestor_set_total.*
    FROM wanted
    JOIN ancestor_set_total USING (series_id, ancestor_set_id)
    WHERE month BETWEEN first_month AND last_month
)
MERGE INTO ancestor_set_total AS total
USING (
    SELECT series_id, ancestor_set_id, month, fresh.numerator, fresh.denominator, fresh.left_out
    FROM fresh FULL JOIN stored USING (series_id, ancestor_set_id, month)
    WHERE (fresh.numerator, fresh.denominator, fresh.left_out)
          IS DISTINCT FROM (stored.numerator, stored.denominator, stored.left_out)
      -- without their facts, figures stay as they are
      AND month >= (SELECT facts_removed_before())
) AS changed
ON total.series_id = changed.series_id AND total.ancestor_set_id = changed.ancestor_set_id
   AND total.month = changed.month
WHEN MATCHED AND changed.left_out IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET
    numerator = changed.numerator, denominator = changed.denominator, left_out = changed.left_out
WHEN NOT MATCHED THEN INSERT (series_id, ancestor_set_id, month, numerator, denominator, left_out)
    VALUES (changed.series_id, changed.ancestor_set_id, changed.month, changed.numerator, changed.denominator,
            changed.left_out)
