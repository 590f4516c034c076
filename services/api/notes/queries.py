"""Notes, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from shared.closing.notes import is_after_closing
from shared.db.tables import area, indicator_note
from shared.domain.period import Period, PeriodType
from shared.read_model.texts import instant_text

Entry = dict[str, Any]

_ALL = select(indicator_note, area.c.code.label("area_code"), is_after_closing().label("is_after_closing")).join(
    area, area.c.area_id == indicator_note.c.area_id
)


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """Which notes are wanted; None is any. `after_closing_of` names an agreement's period by its id."""

    indicator: str | None = None
    area_id: int | None = None
    period: Period | None = None
    first: date | None = None
    last: date | None = None
    after_closing_of: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as SQL conditions on `indicator_note`."""
        columns = indicator_note.c
        conditions: list[ColumnElement[bool]] = []
        if self.indicator is not None:
            conditions.append(columns.indicator_code == self.indicator)
        if self.area_id is not None:
            conditions.append(columns.area_id == self.area_id)
        if self.period is not None:
            conditions.append(columns.period_type == self.period.type.value)
            conditions.append(columns.period_start == self.period.start)
        if self.first is not None:
            conditions.append(columns.noted_on >= self.first)
        if self.last is not None:
            conditions.append(columns.noted_on <= self.last)
        if self.after_closing_of is not None:
            conditions.append(is_after_closing(self.after_closing_of))
        return conditions


async def count(connection: AsyncConnection, wanted: NoteFilter) -> int:
    """Return how many notes pass the filter."""
    statement = select(func.count()).select_from(indicator_note).where(*wanted.conditions())
    return (await connection.execute(statement)).scalar_one()


async def entries(connection: AsyncConnection, wanted: NoteFilter, page: Page) -> list[Entry]:
    """Return one page of the notes that pass the filter, by the day they were noted."""
    ordered = _ALL.where(*wanted.conditions()).order_by(indicator_note.c.noted_on, indicator_note.c.note_id)
    return [_entry(row) for row in await connection.execute(ordered.limit(page.limit).offset(page.offset))]


async def entries_of_year(connection: AsyncConnection, area_id: int, year: int) -> list[Entry]:
    """Return the notes beside an area's figures of a year, by the day they were noted."""
    columns = indicator_note.c
    of_year = columns.period_start.between(date(year, 1, 1), date(year, 12, 31))
    statement = _ALL.where(columns.area_id == area_id, of_year).order_by(columns.noted_on, columns.note_id)
    return [_entry(row) for row in await connection.execute(statement)]


async def find(connection: AsyncConnection, note_id: UUID) -> Entry | None:
    """Return the note with an id, if there is one."""
    row = (await connection.execute(_ALL.where(indicator_note.c.note_id == note_id))).one_or_none()
    return None if row is None else _entry(row)


async def lock(connection: AsyncConnection, note_id: UUID) -> int | None:
    """Return a note's revision, and keep others from changing it; None if unknown."""
    statement = select(indicator_note.c.revision).where(indicator_note.c.note_id == note_id).with_for_update()
    return (await connection.execute(statement)).scalar_one_or_none()


def closed_content_of(row: Row[Any]) -> Entry:
    """Return what a note of a revision says, or that it has been removed, from a row of `shared.closing.notes`."""
    return {
        **content_of(row),
        "removedAt": instant_text(row.removed_at),
        "removalReason": row.removal_reason,
    }


def content_of(row: Row[Any]) -> Entry:
    """Return what a note says, from a row of its columns with `area_code`."""
    return {
        "id": row.note_id,
        "indicator": row.indicator_code,
        "area": row.area_code,
        "period": Period(PeriodType(row.period_type), row.period_start).code,
        "notedOn": row.noted_on,
        "text": row.text,
        "writtenBy": row.written_by,
        "revision": row.revision,
        "recordedAt": instant_text(row.recorded_at),
        "changedAt": instant_text(row.changed_at),
    }


def _entry(row: Row[Any]) -> Entry:
    return {**content_of(row), "isAfterClosing": row.is_after_closing}
