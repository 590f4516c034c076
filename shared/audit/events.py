"""Entries of what is no change of a row: that a whole set was read, and that payloads were removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from shared.db.tables import audit_pending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.db.actor import Actor

READ, REMOVED = "read", "removed"


async def record_event(
    connection: AsyncConnection, actor: Actor, operation: str, address: str, content: Mapping[str, Any]
) -> None:
    """Write an entry of something that an actor does with a resource, by its address."""
    # Nothing is returned of it: whoever writes entries need not be allowed to read any.
    await connection.execute(
        insert(audit_pending)
        .inline()
        .values(
            actor=actor.id,
            actor_name=actor.name,
            sent_by=actor.sent_by,
            trace_id=actor.trace_id,
            operation=operation,
            resource=address.partition("/")[0],
            address=address,
            after=content,
        )
    )
