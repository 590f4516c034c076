-- Tells which series and areas have values, or should have, and between which years: at least those, never fewer.
--
-- Parameters: as_of; elsewhere, the series that another connection computes.

WITH
-- what places have
of_cells AS (
    SELECT series_id, area_id, ancestor_set_id, min(month) AS first, max(month) AS last
    FROM cell
    GROUP BY 1, 2, 3
),
-- what the ancestor sets of these places have
of_ancestor_sets AS (
    SELECT series_id, ancestor_set_id, min(first) AS first, max(last) AS last
    FROM of_cells
    GROUP BY 1, 2
),
-- the days on which rows are expected, though nothing happened: in areas that report, and in places in a role
reporting_span AS (
    SELECT area_id, min(lower(valid)) AS first, max(least(upper(valid) - 1, :as_of)) AS last
    FROM reporting
    GROUP BY 1
),
role_span AS (
    SELECT area_id, role, min(lower(valid)) AS first, max(least(upper(valid) - 1, :as_of)) AS last
    FROM area_role
    GROUP BY 1, 2
),
-- all of these, and what is stored
subject AS (
    SELECT series_id, area_id, first, last FROM of_cells
    UNION ALL
    SELECT series_id, ancestor_id, first, last FROM of_ancestor_sets JOIN ancestor_set_member USING (ancestor_set_id)
    UNION ALL
    SELECT series_id, area_id, first, last FROM reporting_span CROSS JOIN indicator_series
    UNION ALL
    -- where several owners have their sum, also if it is theirs alone that anyone asks for
    SELECT series_id, ancestor_id, first, last
    FROM indicator_series
    JOIN reporting_span ON area_id = ANY (defining_area_ids)
    JOIN area_closure ON descendant_id = area_id
    WHERE cardinality(defining_area_ids) > 1
    UNION ALL
    SELECT series_id, area_id, first, last FROM role_span JOIN indicator_series ON expected_role = role
    UNION ALL
    SELECT series_id, area_id, min(period_start), max(period_start) FROM indicator_value GROUP BY 1, 2
)
SELECT series_id, area_id, extract(year FROM min(first))::integer AS first_year,
       extract(year FROM max(last))::integer AS last_year
FROM subject
JOIN indicator_series USING (series_id)
WHERE measure IS NULL AND series_id <> ALL (CAST(:elsewhere AS smallint[]))
GROUP BY 1, 2
ORDER BY 1, 2
