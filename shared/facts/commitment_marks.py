"""Which due dates of commitments a change to an activity or to the area hierarchy can show in, as SQL for marks.

Each function returns a SELECT of (area_id, due_on): where and when the commitments count.
"""

from __future__ import annotations


def of_activities(written: str, side: str) -> str:
    """Return the SELECT of the due dates that changed activities can show in.

    `written` is the relation of the activities with the commitments that they named and name, `old_commitment_id`,
    `new_commitment_id` and the arrays `old_commitment_ids` and `new_commitment_ids`; `side` has each as it was and as
    it is: area_id, activity_type, period_on.
    """
    return f"""SELECT commitment_area.area_id, due_on
        FROM (SELECT unnest(ARRAY[old_commitment_id, new_commitment_id] || old_commitment_ids || new_commitment_ids)
                  AS commitment_id
              FROM {written}) AS named
        JOIN commitment_area USING (commitment_id)
        UNION
        SELECT owed.area_id, due_on
        FROM {side} AS side
        JOIN commitment ON selection IS NOT NULL AND selection -> 'activityTypes' ? side.activity_type
        JOIN commitment_area AS owed USING (commitment_id)
        JOIN area_closure AS up ON up.descendant_id = side.area_id AND up.ancestor_id = owed.area_id
                               AND up.valid @> side.period_on
        WHERE side.period_on BETWEEN coalesce(first_on, '-infinity') AND due_on
          AND side.period_on BETWEEN (selection ->> 'from')::date AND (selection ->> 'to')::date"""


# A commitment is fulfilled by activities inside its area, so that it also changes when one of theirs moves.
OF_AFFECTED_AREAS = """SELECT area_id, due_on FROM commitment_area WHERE area_id = ANY(:affected)
            UNION
            SELECT commitment_area.area_id, due_on
            FROM activity
            JOIN commitment_area ON commitment_area.commitment_id = ANY (activity.commitment_id || commitment_ids)
            WHERE activity.area_id = ANY(:affected)
            UNION
            SELECT commitment_area.area_id, due_on
            FROM commitment JOIN commitment_area USING (commitment_id)
            WHERE selection IS NOT NULL AND EXISTS (
                SELECT FROM activity
                WHERE activity.area_id = ANY(:affected) AND selection -> 'activityTypes' ? activity_type)"""
