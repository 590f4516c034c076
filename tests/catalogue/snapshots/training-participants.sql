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
              LEFT JOIN annex ON annex.agreement_id = a.agreement_id AND annex.number = a.annex_number
        CROSS JOIN LATERAL (
            SELECT 1::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason UNION ALL
            SELECT 2::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('youth') UNION ALL
            SELECT 3::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('public') UNION ALL
            SELECT 4::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE annex.theme = 'drugs-and-tobacco' UNION ALL
            SELECT 5::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE annex.theme = 'drug-free-gyms' UNION ALL
            SELECT 6::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('youth') AND annex.theme = 'drug-free-gyms' UNION ALL
            SELECT 7::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('public') AND annex.theme = 'drug-free-gyms'
        ) AS counted
        WHERE a.activity_type IN ('training')) AS part
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
              LEFT JOIN annex ON annex.agreement_id = a.agreement_id AND annex.number = a.annex_number
        CROSS JOIN LATERAL (
            SELECT 1::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason UNION ALL
            SELECT 2::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('youth') UNION ALL
            SELECT 3::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('public') UNION ALL
            SELECT 4::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE annex.theme = 'drugs-and-tobacco' UNION ALL
            SELECT 5::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE annex.theme = 'drug-free-gyms' UNION ALL
            SELECT 6::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('youth') AND annex.theme = 'drug-free-gyms' UNION ALL
            SELECT 7::smallint AS series_id,
                   coalesce(a.participants_residents, 0) + coalesce(a.participants_pupils, 0) + coalesce(a.participants_parents, 0) + coalesce(a.participants_principals, 0) + coalesce(a.participants_student_health_staff, 0) + coalesce(a.participants_other_school_staff, 0) + coalesce(a.participants_social_services, 0) + coalesce(a.participants_municipality, 0) + coalesce(a.participants_police, 0) + coalesce(a.participants_property_owners, 0) + coalesce(a.participants_volunteers, 0) + coalesce(a.participants_associations, 0) + coalesce(a.participants_businesses, 0) + coalesce(a.participants_other, 0) AS numerator,
                   NULL::integer AS denominator,
                   CASE WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'
                        WHEN a.status = 'cancelled' THEN 'cancelled'
                        WHEN a.status <> 'performed' THEN 'notPerformed'
                        WHEN num_nonnulls(a.participants_residents, a.participants_pupils, a.participants_parents, a.participants_principals, a.participants_student_health_staff, a.participants_other_school_staff, a.participants_social_services, a.participants_municipality, a.participants_police, a.participants_property_owners, a.participants_volunteers, a.participants_associations, a.participants_businesses, a.participants_other) = 0 THEN 'participantsUnknown' END AS reason
            WHERE a.attributes ->> 'audience' IN ('public') AND annex.theme = 'drug-free-gyms'
        ) AS counted
        WHERE a.activity_type IN ('training')) AS part
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on

        WHERE reason IS NULL
           OR reason IN ('participantsUnknown', 'hoursUnknown', 'timeUnknown', 'notStated', 'notReported', 'notYetDue', 'startUnknown', 'dateUnknown')
        GROUP BY 1, 2, 3, 4;
