-- Some leaves
        SELECT series_id, part.area_id, date_trunc('month', part.counted_on)::date AS month,
               area_ancestor_set.ancestor_set_id,
               coalesce(sum(numerator), 0) AS numerator,
               coalesce(sum(denominator), 0) AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out
        FROM leaf
        CROSS JOIN LATERAL (
            SELECT * FROM (
        SELECT 1::smallint AS series_id, area_id, counted_on, numerator, denominator, reason
        FROM (
        SELECT activity_id, commitment_id, area_id, counted_on, reason,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator
        FROM (SELECT NULL::uuid AS activity_id, NULL::integer AS commitment_id, place_month.area_id,
                     expected.last_day AS counted_on, (done.activities >= needed.need)::integer AS numerator,
                     1 AS denominator,
                     CASE WHEN place_month.month + interval '1 month' > :as_of THEN 'notYetDue' END AS reason
              FROM (SELECT leaf.area_id, leaf.month) AS place_month
              JOIN area AS place ON place.area_id = place_month.area_id AND place.place_kind IN ('school')
              CROSS JOIN LATERAL (
                  SELECT count(*) AS days, max(working.day) AS last_day
                  FROM (SELECT range_agg(r.valid * up.valid * term.valid) AS days
                        FROM area_role AS r
                        JOIN area_closure AS up ON up.descendant_id = r.area_id
                        JOIN term_span AS term ON term.area_id = up.ancestor_id
                        WHERE r.area_id = place_month.area_id AND r.role = 'contact-officer') AS term
                  JOIN calendar_day AS working ON working.is_working
                   AND working.day >= place_month.month
                   AND working.day < place_month.month + interval '1 month'
                   AND working.day <@ term.days) AS expected
              JOIN area_role AS needed ON needed.area_id = place_month.area_id AND needed.role = 'contact-officer'
               AND needed.valid @> expected.last_day AND needed.need > 0
              CROSS JOIN LATERAL (
                  SELECT coalesce(sum(a.count), 0) AS activities FROM activity AS a
                  WHERE a.area_id = place_month.area_id AND a.status = 'performed' AND a.duplicate_of IS NULL
                    AND a.period_on >= place_month.month AND a.period_on < place_month.month + interval '1 month'
                    AND a.activity_type IN ('school-visit')) AS done
              WHERE place_month.month <= :as_of AND expected.days >= 10) AS part) AS part) AS part
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
        SELECT 1::smallint AS series_id, area_id, counted_on, numerator, denominator, reason
        FROM (
        SELECT activity_id, commitment_id, area_id, counted_on, reason,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator
        FROM (SELECT NULL::uuid AS activity_id, NULL::integer AS commitment_id, place_month.area_id,
                     expected.last_day AS counted_on, (done.activities >= needed.need)::integer AS numerator,
                     1 AS denominator,
                     CASE WHEN place_month.month + interval '1 month' > :as_of THEN 'notYetDue' END AS reason
              FROM (SELECT DISTINCT r.area_id, term_month.month
                FROM area_role AS r JOIN area_closure AS up ON up.descendant_id = r.area_id
                JOIN term_month ON term_month.area_id = up.ancestor_id
                WHERE r.role = 'contact-officer'
                  AND term_month.working_days > 0) AS place_month
              JOIN area AS place ON place.area_id = place_month.area_id AND place.place_kind IN ('school')
              CROSS JOIN LATERAL (
                  SELECT count(*) AS days, max(working.day) AS last_day
                  FROM (SELECT range_agg(r.valid * up.valid * term.valid) AS days
                        FROM area_role AS r
                        JOIN area_closure AS up ON up.descendant_id = r.area_id
                        JOIN term_span AS term ON term.area_id = up.ancestor_id
                        WHERE r.area_id = place_month.area_id AND r.role = 'contact-officer') AS term
                  JOIN calendar_day AS working ON working.is_working
                   AND working.day >= place_month.month
                   AND working.day < place_month.month + interval '1 month'
                   AND working.day <@ term.days) AS expected
              JOIN area_role AS needed ON needed.area_id = place_month.area_id AND needed.role = 'contact-officer'
               AND needed.valid @> expected.last_day AND needed.need > 0
              CROSS JOIN LATERAL (
                  SELECT coalesce(sum(a.count), 0) AS activities FROM activity AS a
                  WHERE a.area_id = place_month.area_id AND a.status = 'performed' AND a.duplicate_of IS NULL
                    AND a.period_on >= place_month.month AND a.period_on < place_month.month + interval '1 month'
                    AND a.activity_type IN ('school-visit')) AS done
              WHERE place_month.month <= :as_of AND expected.days >= 10) AS part) AS part) AS part
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on

        WHERE reason IS NULL
           OR reason IN ('participantsUnknown', 'hoursUnknown', 'timeUnknown', 'notStated', 'notReported', 'notYetDue', 'startUnknown', 'dateUnknown')
        GROUP BY 1, 2, 3, 4;
