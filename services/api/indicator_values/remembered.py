"""What the read model is asked for again and again, and remembered: how long lists are, and the ids behind codes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from services.api.indicator_values import queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection

    from services.api.indicator_values.queries import Filter
    from services.api.paging import Page

# How long the length of a list may be taken from memory: counting costs more than reading a page.
COUNT_SECONDS = 5.0
MOST_COUNTS = 1000

AREA_CODES = "SELECT code, area_id FROM area WHERE code = ANY(%(codes)s)"
# A series has the beginning of its values' ids for a code: indicator~slice.
SERIES_CODES = """SELECT concat_ws('~', indicator_code, slice) AS code, series_id AS id FROM indicator_series
                  WHERE concat_ws('~', indicator_code, slice) = ANY(%(codes)s)"""


class Counts:
    """How long lists are, remembered for a few seconds."""

    def __init__(self) -> None:
        self._known: dict[Filter, tuple[float, int]] = {}

    async def of(self, connection: AsyncConnection, asked: Filter, page: Page, shown: int) -> int:
        """Return how many values there are, of which a page has `shown`; a short first page is the whole list."""
        if page.number == 1 and shown < page.limit:
            return shown
        return await self.at_least(connection, asked, page.offset + shown)

    async def at_least(self, connection: AsyncConnection, asked: Filter, seen: int = 0) -> int:
        """Return how many values there are, of which so many have been seen."""
        now = time.monotonic()
        known = self._known.get(asked)
        if known is not None and known[0] > now and known[1] >= seen:
            return known[1]
        total = await queries.count(connection, asked)
        if len(self._known) >= MOST_COUNTS:
            self._known.clear()
        self._known[asked] = (now + COUNT_SECONDS, total)
        return total


class Codes:
    """Ids by code, remembered: a code never gets another id."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._known: dict[str, int] = {}

    async def ids(self, connection: AsyncConnection, codes: Sequence[str]) -> dict[str, int]:
        """Return the ids of those codes that exist."""
        missing = [code for code in codes if code not in self._known]
        if missing:
            found = await connection.execute(self._statement.encode(), {"codes": missing})
            self._known |= dict(await found.fetchall())
        return {code: self._known[code] for code in codes if code in self._known}
