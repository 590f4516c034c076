"""The day on which a source was first seen to say closed: it stays, though the record is touched later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.moment import Moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.connectors.service_requests import Translation

_COMPLETIONS = text(
    """SELECT external_id, completed_on, completed_at FROM activity
       WHERE source = :source AND external_id = ANY(:external_ids) AND status = 'performed'
             AND completed_on IS NOT NULL"""
)


async def preserve_completions(connection: AsyncConnection, code: str, translations: Sequence[Translation]) -> None:
    """Let each closed request that is stored as performed stay completed when it was.

    One that was open again in between is completed when it was closed the last time.
    """
    closed = {
        made.document["externalId"]: made for made in translations if made.document.get("completed") and _has_id(made)
    }
    parameters = {"source": code, "external_ids": [*closed]}
    for row in await connection.execute(_COMPLETIONS, parameters) if closed else ():
        closed[row.external_id].document["completed"] = Moment(row.completed_on, row.completed_at)


def _has_id(made: Translation) -> bool:
    """Tell whether a request has an id that can be stored; what is none is refused by the intake."""
    external_id = made.document["externalId"]
    return isinstance(external_id, str) and "\0" not in external_id
