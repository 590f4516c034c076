"""What has been written about the values of a year, as it is now and as it was when a period was closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.api.notes import queries
from shared.closing.note_removals import removal_in_words
from shared.closing.notes import notes_when_closed
from shared.domain.period import Period
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.areas import ReadableArea
    from shared.annex_tables.reading import YearTables
    from shared.domain.wording import Language


@dataclass(frozen=True, slots=True)
class ValueComment:
    """A comment on the value of an indicator, in its name, and a period, in words.

    `is_after_closing` where the period is closed, and it was written or changed after that. `is_former` as it was when
    the period was closed, where it has been changed or removed since; `is_removed` where it says no more than that.
    """

    comment_id: UUID
    indicator: str
    name: str
    period: Period
    period_name: str
    noted_on: date
    text: str
    is_after_closing: bool = False
    is_former: bool = False
    is_removed: bool = False

    @property
    def remark(self) -> str:
        """The key of what is said of it beside its day, if anything is."""
        if self.is_removed:
            return ""
        if self.is_former:
            return "comment.former"
        return "comment.afterClosing" if self.is_after_closing else ""


async def comments_of(connection: AsyncConnection, area: ReadableArea, tables: YearTables) -> list[ValueComment]:
    """Return the comments on an area's values in a year, the latest period and day first."""
    names = _names(tables)
    entries = await queries.entries_of_year(connection, area.area_id, tables.year)
    current = {(one["id"], one["revision"]) for one in entries}
    when_closed = map(queries.closed_content_of, await notes_when_closed(connection, area.area_id, tables.year))
    former = [one for one in when_closed if (one["id"], one["revision"]) not in current]
    found = [
        *(_comment(one, names, tables.language) for one in entries if one["indicator"] in names),
        *(_comment(one, names, tables.language, is_former=True) for one in former if one["indicator"] in names),
    ]
    return _latest_first(found)


def comments_then(notes: Iterable[Row[Any]], tables: YearTables) -> list[ValueComment]:
    """Return comments on what is in tables as they were when periods were closed, of rows of `shared.closing.notes`."""
    names = _names(tables)
    entries = [queries.closed_content_of(one) for one in notes]
    return _latest_first(_comment(one, names, tables.language) for one in entries if one["indicator"] in names)


def _names(tables: YearTables) -> Mapping[str, str]:
    return {row.indicator: row.name for table in reversed(tables.tables) for row in reversed(table.rows)}


def _latest_first(comments: Iterable[ValueComment]) -> list[ValueComment]:
    return sorted(comments, key=lambda one: (one.period.end, one.noted_on), reverse=True)


def _comment(
    entry: queries.Entry, names: Mapping[str, str], language: Language, *, is_former: bool = False
) -> ValueComment:
    period = Period.parse(entry["period"])
    is_removed = entry["text"] is None
    return ValueComment(
        entry["id"],
        entry["indicator"],
        names[entry["indicator"]],
        period,
        period_in_words(period, language),
        entry["notedOn"],
        removal_in_words(entry["removedAt"], entry["removalReason"], language) if is_removed else entry["text"],
        entry.get("isAfterClosing", False),
        is_former,
        is_removed,
    )
