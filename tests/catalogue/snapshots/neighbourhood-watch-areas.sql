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
        FROM (SELECT NULL::uuid AS activity_id, NULL::integer AS commitment_id, place.area_id,
                     point.day AS counted_on, (EXISTS (SELECT FROM area_role AS r WHERE r.area_id = place.area_id AND r.role = 'neighbourhood-watch'
                         AND r.valid @> point.day ))::integer AS numerator,
                     1 AS denominator, NULL::text AS reason
              FROM (SELECT leaf.area_id, leaf.month) AS place_month
              JOIN area AS place USING (area_id)
              CROSS JOIN LATERAL (
                  SELECT municipality.area_id, up.valid
                  FROM area_closure AS up JOIN area AS municipality ON municipality.area_id = up.ancestor_id
                  WHERE up.descendant_id = place.area_id AND municipality.kind = 'municipality'
                  -- else all municipalities of the country are looked at for each month
                  OFFSET 0) AS municipality
              CROSS JOIN LATERAL (
                  SELECT least((place_month.month + interval '1 month')::date - 1, CAST(:as_of AS date),
                               max(upper(reporting.valid)) - 1) AS day
                  FROM reporting
                  WHERE reporting.area_id = municipality.area_id AND reporting.follows IN ('agreement', 'indicator/neighbourhood-watch-areas/all')
                    AND reporting.valid && daterange(place_month.month, (place_month.month + interval '1 month')::date)
                  HAVING count(*) > 0) AS point
              WHERE point.day >= place_month.month AND municipality.valid @> point.day AND place.place_kind IN ('residential-area')) AS part) AS part) AS part
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
        FROM (SELECT NULL::uuid AS activity_id, NULL::integer AS commitment_id, place.area_id,
                     point.day AS counted_on, (EXISTS (SELECT FROM area_role AS r WHERE r.area_id = place.area_id AND r.role = 'neighbourhood-watch'
                         AND r.valid @> point.day ))::integer AS numerator,
                     1 AS denominator, NULL::text AS reason
              FROM (SELECT area_id, month::date AS month
                FROM area AS place CROSS JOIN generate_series(
                    (SELECT date_trunc('month', min(lower(valid))) FROM reporting WHERE reporting.follows IN ('agreement', 'indicator/neighbourhood-watch-areas/all')),
                    CAST(:as_of AS date), interval '1 month') AS month
                WHERE place.place_kind IN ('residential-area')) AS place_month
              JOIN area AS place USING (area_id)
              CROSS JOIN LATERAL (
                  SELECT municipality.area_id, up.valid
                  FROM area_closure AS up JOIN area AS municipality ON municipality.area_id = up.ancestor_id
                  WHERE up.descendant_id = place.area_id AND municipality.kind = 'municipality'
                  -- else all municipalities of the country are looked at for each month
                  OFFSET 0) AS municipality
              CROSS JOIN LATERAL (
                  SELECT least((place_month.month + interval '1 month')::date - 1, CAST(:as_of AS date),
                               max(upper(reporting.valid)) - 1) AS day
                  FROM reporting
                  WHERE reporting.area_id = municipality.area_id AND reporting.follows IN ('agreement', 'indicator/neighbourhood-watch-areas/all')
                    AND reporting.valid && daterange(place_month.month, (place_month.month + interval '1 month')::date)
                  HAVING count(*) > 0) AS point
              WHERE point.day >= place_month.month AND municipality.valid @> point.day AND place.place_kind IN ('residential-area')) AS part) AS part) AS part
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on

        WHERE reason IS NULL
           OR reason IN ('participantsUnknown', 'hoursUnknown', 'timeUnknown', 'notStated', 'notReported', 'notYetDue', 'startUnknown', 'dateUnknown')
        GROUP BY 1, 2, 3, 4;
