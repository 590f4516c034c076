"""Removes what entries say that are old, or about removed notes. Their seals stay, so that the chain still verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.audit.events import REMOVED, record_event
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.db.actor import Actor

ADDRESS = "audit-entries"

# Numbers follow transactions, and so almost time: those before the first that is young enough.
_LAST_REMOVED = text(
    """SELECT coalesce((SELECT min(number) - 1 FROM audit_entry WHERE recorded_at >= :before),
                       (SELECT max(number) FROM audit_entry)) AS last"""
)
_REMOVE = text("DELETE FROM audit_entry WHERE number <= :last")
_REMOVE_OF_NOTES = text(
    """WITH removed AS (
           DELETE FROM audit_entry USING note_removal WHERE address = 'notes/' || note_id RETURNING number, note_id)
       SELECT note_id, array_agg(number ORDER BY number) AS numbers FROM removed GROUP BY note_id ORDER BY note_id"""
)


async def remove_payloads(connection: AsyncConnection, before: datetime, actor: Actor) -> int:
    """Remove the payloads of entries from before a moment, and say so in an entry; return how many they are.

    That entry tells the verification which ones may lack theirs. It is young: a later removal names what it named.
    """
    last: int | None = (await connection.execute(_LAST_REMOVED, {"before": before})).scalar_one()
    if last is None:
        return 0
    removed = (await connection.execute(_REMOVE, {"last": last})).rowcount
    if removed:
        content = {"through": last, "before": instant_text(before)}
        await record_event(connection, actor, REMOVED, ADDRESS, content)
    return removed


async def remove_payloads_of_notes(connection: AsyncConnection, actor: Actor) -> int:
    """Remove the payloads of sealed entries about removed notes, and say which in an entry; return how many they are.

    What waits to be sealed has no seal that could stay: its turn comes later.
    """
    removed = (await connection.execute(_REMOVE_OF_NOTES)).all()
    for one in removed:
        content = {"note": str(one.note_id), "numbers": [*one.numbers]}
        await record_event(connection, actor, REMOVED, ADDRESS, content)
    return sum(len(one.numbers) for one in removed)
