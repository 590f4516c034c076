"""Removes what nobody can sign in by any more, and which forms' reports were removed, once nobody has these open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

LINK_IS_KNOWN = timedelta(days=30)
"""So long after it was used or has expired, whoever opens a link is told which of these it was."""

FORM_IS_KNOWN = timedelta(days=30)
"""So long after its report was removed, a form that is sent again is asked about."""

_SESSIONS = text("DELETE FROM web_session WHERE valid_until <= now()")
_LINKS = text("DELETE FROM sign_in_link WHERE least(used_at, valid_until) <= now() - CAST(:is_known AS interval)")
_FORMS = text("DELETE FROM taken_back_report WHERE noted_at <= now() - CAST(:is_known AS interval)")


async def remove_ended(connection: AsyncConnection) -> int:
    """Remove sessions and links that have ended, and old forms, and return how many of the former."""
    await connection.execute(_FORMS, {"is_known": FORM_IS_KNOWN})
    sessions = await connection.execute(_SESSIONS)
    links = await connection.execute(_LINKS, {"is_known": LINK_IS_KNOWN})
    return sessions.rowcount + links.rowcount
