"""The marks of activities that are written: where, when and as what each counted before, and counts now."""

from __future__ import annotations

from shared.domain.commitment import COMMITMENTS
from shared.facts.commitment_marks import of_activities
from shared.facts.marks import fact_marks, reached_days

# What each statement returns of the activities that it changes: as they were and as they are.
BEFORE_AND_AFTER = """
    new.activity_id,
    old.area_id AS old_area_id, old.activity_type AS old_type, old.commitment_id AS old_commitment_id,
    old.commitment_ids AS old_commitment_ids, old.period_on AS old_period_on, old.reported_on AS old_reported_on,
    new.area_id AS new_area_id, new.activity_type AS new_type, new.commitment_id AS new_commitment_id,
    new.commitment_ids AS new_commitment_ids, new.period_on AS new_period_on, new.reported_on AS new_reported_on,
    new.reported_at AS new_reported_at"""
# The limits that `shared.facts.activities.limit_parameters` gives, each with its activity type.
LIMITS = """unnest(CAST(:types AS text[]), CAST(:working_days AS integer[]), CAST(:minutes AS integer[]))
          AS deadline(activity_type, working_days, minutes)"""


def limit_ends(reported_on: str, reported_at: str) -> str:
    """Return the join of the day on which the limit of a `deadline` ends; the columns of the report are SQL."""
    return f"""LEFT JOIN calendar_day AS known ON known.day = {reported_on}
        LEFT JOIN calendar_day AS working ON working.is_working AND working.ordinal = known.ordinal + working_days
        CROSS JOIN LATERAL (
            SELECT coalesce(working.day,
                            (({reported_at} + minutes * interval '1 minute') AT TIME ZONE 'Europe/Stockholm')::date)
                   AS day) AS due"""


# The CTEs that mark what `written` has.
MARKING = f"""
    -- Each activity as it was and as it is.
    side AS (
        SELECT old_area_id AS area_id, old_type AS activity_type, old_period_on AS period_on,
               old_reported_on AS reported_on
        FROM written WHERE old_area_id IS NOT NULL
        UNION ALL
        SELECT new_area_id, new_type, new_period_on, new_reported_on FROM written WHERE new_area_id IS NOT NULL
    ),
    -- Where, when and as what it counts: by its days, by the ends of its time limits, and in commitments.
    touched AS (
        SELECT DISTINCT area_id, day, activity_type, date '-infinity' AS ripens_on
        FROM side, unnest(ARRAY[period_on, reported_on]) AS day WHERE day IS NOT NULL
        UNION ALL
        SELECT area_id, day, activity_type, date '-infinity'
        FROM side CROSS JOIN {reached_days("activity_type", "period_on")} AS day
        UNION ALL
        SELECT new_area_id, new_reported_on, new_type, due.day + 1
        FROM written
        JOIN {LIMITS} ON deadline.activity_type = new_type
        {limit_ends("new_reported_on", "new_reported_at")}
        -- The first condition follows from the second: a limit is over long before, and most reports are old.
        WHERE new_reported_on > CAST(:today AS date) - 30 - coalesce(2 * working_days, minutes / 1440)
          AND due.day >= CAST(:today AS date) - 1
        UNION ALL
        SELECT area_id, due_on, '{COMMITMENTS}', date '-infinity' FROM ({of_activities("written", "side")}) AS promised
    ),
    marked AS ({fact_marks("TABLE touched")})"""
