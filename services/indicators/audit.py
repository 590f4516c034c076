"""The worker's part in the audit trail: entries are sealed, and lose what they say in time, or with their note."""

from __future__ import annotations

import logging
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from shared.audit.removal import remove_payloads, remove_payloads_of_notes
from shared.audit.sealing import find_head, seal
from shared.db.actor import WORKER

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

SECONDS_BETWEEN_REMOVALS = 3600.0

log = logging.getLogger(__name__)


class AuditTrail:
    """Seals what is written, removes what is said by entries older than so many days, and logs the trail's end daily.

    The log is a copy outside the database: `samverkan audit verify --head` compares with it.
    """

    def __init__(self, days: int) -> None:
        self._longest = timedelta(days=days)
        self._next_removal = 0.0
        self._logged_on: date | None = None

    async def keep(self, connection: AsyncConnection) -> None:
        """Do some of what there is to do, in the transaction that the connection has begun."""
        sealed = await seal(connection)
        today = datetime.now(UTC).date()
        if sealed:
            # Each time: what was written of a note may be sealed after its removal was.
            await remove_payloads_of_notes(connection, WORKER)
        if sealed and self._logged_on != today:
            self._logged_on = today
            log.info("the audit trail ends at %s", await find_head(connection))
        if time.monotonic() >= self._next_removal:
            self._next_removal = time.monotonic() + SECONDS_BETWEEN_REMOVALS
            await remove_payloads(connection, datetime.now(UTC) - self._longest, WORKER)
