-- The months of a year in which places were expected to have activities, by the figures of an indicator of coverage:
-- such a figure has a denominator in each month that is over and in which visits were expected there.
SELECT
    series.indicator_code,
    value.period_start AS month,
    area.place_kind,
    area.code AS area_code,
    area.name AS area_name,
    -- what lies around the place on the last day of the month on which it was there
    ARRAY(SELECT ancestor_id FROM area_closure
          WHERE descendant_id = area.area_id AND area_closure.valid @> until.day) AS around,
    -- fewer than the place needs are some
    value.numerator = 0 AND NOT EXISTS (
        SELECT FROM activity
        WHERE activity.area_id = value.area_id AND status = 'performed' AND duplicate_of IS NULL
          AND period_on >= value.period_start AND period_on < value.period_start + interval '1 month'
          AND activity_type IN (
              SELECT jsonb_array_elements_text(CAST(:types AS jsonb) -> series.indicator_code))) AS is_missing
FROM indicator_series AS series
JOIN indicator_value AS value USING (series_id)
JOIN area USING (area_id)
CROSS JOIN LATERAL (
    SELECT least((value.period_start + interval '1 month')::date, upper(area.valid)) - 1 AS day) AS until
WHERE series.kind = 'coverage' AND series.slice = 'all' AND area.kind = 'place' AND value.period_type = 'month'
  AND value.period_start >= :first AND value.period_start < :until AND value.denominator > 0
  AND value.period_start < date_trunc('month', CAST(:as_of AS date))
  -- of a year whose facts have been removed nobody knows any more what was missing
  AND value.period_start >= (SELECT facts_removed_before())
  AND value.area_id IN (SELECT descendant_id FROM area_closure WHERE ancestor_id = :area_id)
  AND EXISTS (SELECT FROM area_closure
              WHERE ancestor_id = :area_id AND descendant_id = value.area_id AND area_closure.valid @> until.day)
ORDER BY month, area.name_sort_key, area.code, series.indicator_code
