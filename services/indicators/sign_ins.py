"""The worker's part in how people sign in: once a day, what nobody can sign in by any more is removed."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from shared.db.actor import WORKER, acting_as
from shared.people.ended import remove_ended

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

SECONDS_BETWEEN_REMOVALS = 24 * 3600.0
SECONDS_BEFORE_NEXT_TRY = 3600.0

log = logging.getLogger(__name__)


class EndedSignIns:
    """Removes ended sessions and old links once a day."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._next_removal = 0.0

    async def look(self) -> None:
        """Remove them, if that is due: there are few."""
        if time.monotonic() < self._next_removal:
            return
        self._next_removal = time.monotonic() + SECONDS_BEFORE_NEXT_TRY
        with acting_as(WORKER):
            async with self._engine.begin() as connection:
                removed = await remove_ended(connection)
        self._next_removal = time.monotonic() + SECONDS_BETWEEN_REMOVALS
        if removed:
            log.info("%s sessions and links to sign in by were removed: they had ended", removed)
