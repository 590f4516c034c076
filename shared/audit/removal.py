"""Removes what old entries say. Their seals stay, so that the chain can still be verified."""

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
