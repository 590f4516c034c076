"""What has become of an activity is for whoever sees its details, by the function that asks the audit trail."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from shared.db.access import NO_ACCESS, Access
from tests.tenancy.rows import act

pytestmark = [pytest.mark.long]

SOME = "SELECT array_agg(activity_id) FROM (SELECT activity_id FROM activity ORDER BY md5(activity_id::text) LIMIT %s)"
WITH_HISTORY = """SELECT id FROM unnest(%s::uuid[]) AS id
                  WHERE EXISTS (SELECT FROM history_of_activity(id) WHERE before IS NOT NULL)"""


def test_there_is_a_history_of_what_is_seen_and_of_nothing_else(
    owner: psycopg.Connection, api: psycopg.Connection, access: Access
) -> None:
    owner.execute("UPDATE activity SET note = concat(note, '.')")
    act(api, access)
    seen = {activity_id for (activity_id,) in api.execute("SELECT activity_id FROM activity")}
    row = owner.execute(SOME, [400]).fetchone()
    assert row is not None
    asked = {*row[0], *[*seen][:50], *_others(owner, seen)}
    found = {activity_id for (activity_id,) in api.execute(WITH_HISTORY, [[*asked]])}
    assert found == asked & seen
    assert found
    assert asked - seen


def _others(owner: psycopg.Connection, seen: set[object]) -> list[object]:
    every = [activity_id for (activity_id,) in owner.execute("SELECT activity_id FROM activity")]
    return [one for one in every if one not in seen][:50]


def test_who_has_no_access_finds_none_and_nobody_asks_the_trail_itself(
    owner: psycopg.Connection, api: psycopg.Connection
) -> None:
    act(api, NO_ACCESS)
    every = [activity_id for (activity_id,) in owner.execute("SELECT activity_id FROM activity LIMIT 50")]
    assert api.execute(WITH_HISTORY, [every]).fetchall() == []
    with pytest.raises(errors.InsufficientPrivilege):
        api.execute("SELECT FROM audit_pending")
