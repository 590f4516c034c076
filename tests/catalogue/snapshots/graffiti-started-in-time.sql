-- Some leaves
        SELECT series_id, part.area_id, date_trunc('month', part.counted_on)::date AS month,
               area_ancestor_set.ancestor_set_id,
               coalesce(sum(numerator), 0) AS numerator,
               coalesce(sum(denominator), 0) AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out
        FROM leaf
        CROSS JOIN LATERAL (
            SELECT * FROM (
        SELECT series_id, a.area_id, coalesce(a.reported_on, a.period_on) AS counted_on,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator, reason
        FROM activity AS a
              LEFT JOIN calendar_day AS known ON known.day = a.reported_on
              LEFT JOIN calendar_day AS due
                ON due.is_working AND due.ordinal = known.ordinal + 2
        CROSS JOIN LATERAL (
            SELECT 1::smallint AS series_id,
                   (a.status = 'performed' AND coalesce(coalesce(a.start_on, a.completed_on) <= due.day, false))::integer * a.count AS numerator,
                   a.count AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.reported_on IS NULL THEN 'notReported'
                        WHEN due.day >= :as_of THEN 'notYetDue'
                        WHEN a.status = 'performed' AND a.start_on IS NULL AND NOT coalesce(coalesce(a.start_on, a.completed_on) <= due.day, false) THEN 'startUnknown' END AS reason
        ) AS counted
        WHERE a.activity_type IN ('graffiti-cleanup')) AS part
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
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out
        FROM (
        SELECT series_id, a.area_id, coalesce(a.reported_on, a.period_on) AS counted_on,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator, reason
        FROM activity AS a
              LEFT JOIN calendar_day AS known ON known.day = a.reported_on
              LEFT JOIN calendar_day AS due
                ON due.is_working AND due.ordinal = known.ordinal + 2
        CROSS JOIN LATERAL (
            SELECT 1::smallint AS series_id,
                   (a.status = 'performed' AND coalesce(coalesce(a.start_on, a.completed_on) <= due.day, false))::integer * a.count AS numerator,
                   a.count AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.reported_on IS NULL THEN 'notReported'
                        WHEN due.day >= :as_of THEN 'notYetDue'
                        WHEN a.status = 'performed' AND a.start_on IS NULL AND NOT coalesce(coalesce(a.start_on, a.completed_on) <= due.day, false) THEN 'startUnknown' END AS reason
        ) AS counted
        WHERE a.activity_type IN ('graffiti-cleanup')) AS part
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on

        WHERE reason IS NULL
           OR reason IN ('participantsUnknown', 'hoursUnknown', 'timeUnknown', 'notStated', 'notReported', 'notYetDue', 'startUnknown', 'dateUnknown')
        GROUP BY 1, 2, 3, 4;
