-- Some leaves
        SELECT series_id, part.area_id, date_trunc('month', part.counted_on)::date AS month,
               area_ancestor_set.ancestor_set_id,
               sum(numerator) AS numerator,
               sum(denominator) AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out
        FROM leaf
        CROSS JOIN LATERAL (
            SELECT * FROM (
        SELECT series_id, a.area_id, a.period_on AS counted_on,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator, reason
        FROM activity AS a
        CROSS JOIN LATERAL (
            SELECT 1::smallint AS series_id,
                   a.count AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed' END AS reason
        ) AS counted
        WHERE a.activity_type IN ('collaboration-meeting')) AS part
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
               sum(numerator) AS numerator,
               sum(denominator) AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out
        FROM (
        SELECT series_id, a.area_id, a.period_on AS counted_on,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator, reason
        FROM activity AS a
        CROSS JOIN LATERAL (
            SELECT 1::smallint AS series_id,
                   a.count AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed' END AS reason
        ) AS counted
        WHERE a.activity_type IN ('collaboration-meeting')) AS part
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on

        WHERE reason IS NULL
           OR reason IN ('participantsUnknown', 'hoursUnknown', 'timeUnknown', 'notStated', 'notReported', 'notYetDue', 'startUnknown', 'dateUnknown')
        GROUP BY 1, 2, 3, 4;
