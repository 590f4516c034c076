"""One event that has been reported twice: which of the two activities counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.access import FOR_ALL
from shared.db.locks import share_area_hierarchy
from shared.domain.errors import InvalidDuplicate, UnknownActivity, UnknownDuplicate, Violation
from shared.facts.activities import set_duplicate_of

if TYPE_CHECKING:
    from datetime import date
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


async def link(connection: AsyncConnection, original_id: UUID, duplicate_id: UUID, today: date) -> None:
    """Let the first activity alone count for both; linked so already, nothing changes.

    Raises:
        UnknownActivity: there is no such activity.
        InvalidDuplicate: the two cannot be one event, or one of them is linked to another already.

    """
    await share_area_hierarchy(connection)
    locked = await connection.execute(_LOCK, {"activity_ids": [original_id, duplicate_id]})
    stored = {row.activity_id: row for row in locked}
    if not {original_id, duplicate_id} <= stored.keys():
        raise UnknownActivity
    if stored[duplicate_id].duplicate_of == original_id:
        return
    # Asked once both are locked: until then, another link could still be under way; and of links elsewhere, too.
    await connection.exec_driver_sql(FOR_ALL)
    has_duplicates = (await connection.execute(_HAS_DUPLICATES, {"activity_id": duplicate_id})).scalar_one()
    violation = _fault(stored[original_id], stored[duplicate_id], has_duplicates=has_duplicates)
    if violation is not None:
        raise InvalidDuplicate("The two activities cannot be linked as one event.", [violation])
    await set_duplicate_of(connection, duplicate_id, original_id, today)


async def unlink(connection: AsyncConnection, original_id: UUID, duplicate_id: UUID, today: date) -> None:
    """Let both activities count again.

    Raises:
        UnknownDuplicate: the second is not linked as a duplicate of the first.

    """
    await share_area_hierarchy(connection)
    stored = (await connection.execute(_LOCK, {"activity_ids": [duplicate_id]})).one_or_none()
    if stored is None or stored.duplicate_of != original_id:
        raise UnknownDuplicate
    await set_duplicate_of(connection, duplicate_id, None, today)


# In the order in which imports write, so that the two wait for each other and never in a circle.
_LOCK = text(
    """SELECT activity_id, activity_type, duplicate_of FROM activity WHERE activity_id = ANY(:activity_ids)
       ORDER BY source, external_id, activity_id FOR UPDATE"""
)
_HAS_DUPLICATES = text("SELECT EXISTS (SELECT FROM activity WHERE duplicate_of = :activity_id)")


def _fault(original: Row[Any], duplicate: Row[Any], *, has_duplicates: bool) -> Violation | None:
    """Return why the second cannot be a duplicate of the first. What counts is always one step away: no chains."""
    if original.activity_id == duplicate.activity_id:
        return Violation("duplicateId", "is the activity itself", "Name another activity.")
    if original.activity_type != duplicate.activity_type:
        return Violation("duplicateId", "is of another type", "Link activities of the same type.")
    if original.duplicate_of is not None:
        return Violation("activityId", "is itself a duplicate", "Link to the activity in its `duplicateOf`.")
    if duplicate.duplicate_of is not None:
        return Violation("duplicateId", "is a duplicate of another activity", "Unlink it from that one first.")
    if has_duplicates:
        return Violation("duplicateId", "has duplicates of its own", "Unlink them first, or link the other way around.")
    return None
