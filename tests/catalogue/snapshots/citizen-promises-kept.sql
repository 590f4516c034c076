-- Some leaves
        SELECT series_id, part.area_id, date_trunc('month', part.counted_on)::date AS month,
               area_ancestor_set.ancestor_set_id,
               coalesce(sum(numerator), 0) AS numerator,
               coalesce(sum(denominator), 0) AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out,
               jsonb_object_agg(
                   concat_ws(' ', part.commitment_id, part.counted_on, (
                       SELECT part.area_id FROM commitment AS c
                       WHERE c.commitment_id = part.commitment_id AND c.is_each_area)),
                   part.numerator) AS dues
        FROM leaf
        CROSS JOIN LATERAL (
            SELECT * FROM (
        SELECT 1::smallint AS series_id, area_id, counted_on, numerator, denominator, reason, commitment_id
        FROM (
        SELECT activity_id, commitment_id, area_id, counted_on, reason,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator
        FROM (SELECT NULL::uuid AS activity_id, c.commitment_id, area_id, due_on AS counted_on,
                     is_fulfilled::integer AS numerator, 1 AS denominator,
                     CASE WHEN c.withdrawn_on <= due_on THEN 'withdrawn'
                          WHEN due_on >= :as_of THEN 'notYetDue' END AS reason
              FROM commitment AS c
              JOIN commitment_progress USING (commitment_id)
              LEFT JOIN annex ON annex.agreement_id = c.agreement_id AND annex.number = c.annex_number
              WHERE date_trunc('month', due_on) <= :as_of AND c.is_promise) AS part) AS part) AS part
            WHERE part.area_id = leaf.area_id
              AND part.counted_on >= leaf.month AND part.counted_on < leaf.next_month OFFSET 0) AS part
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on
        JOIN ancestor_set ON ancestor_set.ancestor_set_id = area_ancestor_set.ancestor_set_id
                         AND ancestor_set.writing_area_id = leaf.writing_area_id
        WHERE reason IS NULL
           OR reason IN ('participantsUnknown', 'hoursUnknown', 'timeUnknown', 'notStated', 'notReported', 'notYetDue', 'startUnknown', 'dateUnknown')
        GROUP BY 1, 2, 3, 4;

-- Everything
        SELECT series_id, part.area_id, date_trunc('month', part.counted_on)::date AS month,
               area_ancestor_set.ancestor_set_id,
               coalesce(sum(numerator), 0) AS numerator,
               coalesce(sum(denominator), 0) AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out,
               jsonb_object_agg(
                   concat_ws(' ', part.commitment_id, part.counted_on, (
                       SELECT part.area_id FROM commitment AS c
                       WHERE c.commitment_id = part.commitment_id AND c.is_each_area)),
                   part.numerator) AS dues
        FROM (
        SELECT 1::smallint AS series_id, area_id, counted_on, numerator, denominator, reason, commitment_id
        FROM (
        SELECT activity_id, commitment_id, area_id, counted_on, reason,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator
        FROM (SELECT NULL::uuid AS activity_id, c.commitment_id, area_id, due_on AS counted_on,
                     is_fulfilled::integer AS numerator, 1 AS denominator,
                     CASE WHEN c.withdrawn_on <= due_on THEN 'withdrawn'
                          WHEN due_on >= :as_of THEN 'notYetDue' END AS reason
              FROM commitment AS c
              JOIN commitment_progress USING (commitment_id)
              LEFT JOIN annex ON annex.agreement_id = c.agreement_id AND annex.number = c.annex_number
              WHERE date_trunc('month', due_on) <= :as_of AND c.is_promise) AS part) AS part) AS part
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on

        WHERE reason IS NULL
           OR reason IN ('participantsUnknown', 'hoursUnknown', 'timeUnknown', 'notStated', 'notReported', 'notYetDue', 'startUnknown', 'dateUnknown')
        GROUP BY 1, 2, 3, 4;
