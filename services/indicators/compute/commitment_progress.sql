-- Makes what is done for each due date of commitments equal to the activities that were performed there in time.
--
-- Parameter: area_ids, the areas whose due dates are counted, or null for all.

WITH
-- the due dates, and the days that count for each
owed AS (
    SELECT commitment_id, area_id, due_on, done, selection, coalesce(first_on, '-infinity') AS first_on
    FROM commitment_area
    JOIN commitment USING (commitment_id)
    WHERE (CAST(:area_ids AS integer[]) IS NULL OR area_id = ANY (CAST(:area_ids AS integer[])))
      -- without its activities, what was done stays as it is
      AND due_on >= (SELECT facts_removed_before())
),
-- what is for them: linked activities, and those that a commitment selects in its area. Each branch reads what is needed
-- of an activity: a join back to them would read all activities for each due date
counted AS (
    SELECT commitment_id, owed.area_id, due_on, done, (
               SELECT coalesce(sum(count), 0)
               FROM (
                   SELECT activity_id, activity.area_id, period_on, status, duplicate_of, count
                   FROM activity
                   WHERE activity.commitment_id = owed.commitment_id
                   UNION
                   SELECT activity_id, activity.area_id, period_on, status, duplicate_of, count
                   FROM activity
                   WHERE commitment_ids @> ARRAY[owed.commitment_id]
                   UNION
                   SELECT activity_id, activity.area_id, period_on, status, duplicate_of, count
                   FROM area_closure
                   JOIN activity ON activity.area_id = descendant_id
                   WHERE selection IS NOT NULL AND ancestor_id = owed.area_id
                     AND selection -> 'activityTypes' ? activity_type
                     AND period_on BETWEEN (selection ->> 'from')::date AND (selection ->> 'to')::date
                     AND NOT EXISTS (
                         SELECT FROM jsonb_each(selection -> 'attributes') AS wanted (name, listed)
                         WHERE NOT coalesce(listed ? (attributes ->> name), false))
               ) AS meant
               JOIN area_closure ON descendant_id = meant.area_id AND ancestor_id = owed.area_id
                                AND area_closure.valid @> period_on
               WHERE status = 'performed' AND duplicate_of IS NULL AND period_on BETWEEN first_on AND due_on
           ) AS performed
    FROM owed
)
UPDATE commitment_area AS progress SET done = performed
FROM counted
WHERE progress.commitment_id = counted.commitment_id AND progress.area_id = counted.area_id
  AND progress.due_on = counted.due_on AND progress.done <> performed
