"""What has been written about the values of a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from services.api.notes import queries
from shared.domain.period import Period
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.areas import ReadableArea
    from shared.annex_tables.reading import YearTables


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on the value of an indicator, in its name, and a period, in words.

    `is_after_closing` where the period is closed, and it was written or changed after that.
    """

    comment_id: UUID
    indicator: str
    name: str
    period: Period
    period_name: str
    noted_on: date
    text: str
    is_after_closing: bool


async def comments_of(connection: AsyncConnection, area: ReadableArea, tables: YearTables) -> list[Comment]:
    """Return the comments on an area's values in a year, the latest period and day first."""
    names = {row.indicator: row.name for table in reversed(tables.tables) for row in reversed(table.rows)}
    entries = await queries.entries_of_year(connection, area.area_id, tables.year)
    found = [
        Comment(
            one["id"],
            one["indicator"],
            names[one["indicator"]],
            period := Period.parse(one["period"]),
            period_in_words(period, tables.language),
            one["notedOn"],
            one["text"],
            one["isAfterClosing"],
        )
        for one in entries
        if one["indicator"] in names
    ]
    return sorted(found, key=lambda one: (one.period.end, one.noted_on), reverse=True)
