"""The only writer of notes: what people write about a figure: results and problem areas.

A note belongs to an indicator, an area and a period, not to a row of the read model: it stays when figures are
recomputed, and when the figure is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, or_, update

from shared.db.access import may_write
from shared.db.codes import find_area_id
from shared.db.tables import indicator_note
from shared.domain.errors import InvalidNote, InvalidPeriod, Violation
from shared.domain.free_text import text_faults
from shared.domain.period import Period
from shared.domain.removed_facts import of_removed_period
from shared.facts.removed_periods import facts_removed_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Note:
    """A note about the figure of an indicator, an area and a period, all codes; `written_by` names a credential."""

    indicator: str
    area: str
    period: str
    noted_on: date
    text: str
    written_by: str


async def write_note(connection: AsyncConnection, note: Note, indicators: Collection[str], today: date) -> UUID:
    """Write a new note and return its id. `indicators` are the codes of those that there are.

    Raises:
        InvalidNote: with everything that is wrong.

    """
    values = await _values(connection, note, indicators, today)
    statement = insert(indicator_note).values(values).returning(indicator_note.c.note_id)
    note_id: UUID = (await connection.execute(statement)).scalar_one()
    return note_id


async def rewrite_note(
    connection: AsyncConnection, note_id: UUID, note: Note, indicators: Collection[str], today: date
) -> None:
    """Replace a note. The same content changes nothing, whoever sends it.

    Raises:
        InvalidNote: with everything that is wrong.

    """
    values = await _values(connection, note, indicators, today)
    columns = indicator_note.c
    content = {name: value for name, value in values.items() if name != "written_by"}
    statement = update(indicator_note).where(
        columns.note_id == note_id, or_(*(columns[name] != value for name, value in content.items()))
    )
    changed_at = func.clock_timestamp()
    await connection.execute(statement.values(**values, revision=columns.revision + 1, changed_at=changed_at))


async def erase_note(connection: AsyncConnection, note_id: UUID) -> None:
    """Delete a note."""
    await connection.execute(delete(indicator_note).where(indicator_note.c.note_id == note_id))


async def _values(
    connection: AsyncConnection, note: Note, indicators: Collection[str], today: date
) -> dict[str, object]:
    """Return the note as the table has it, but for its id."""
    violations = list(_violations(note, indicators, today))
    period = _period(note.period, violations)
    area_id = await _area_id(connection, note.area, violations)
    before = await facts_removed_before(connection)
    if period is not None and before is not None and period.start < before:
        violations.append(of_removed_period("period", before))
    if violations or period is None:
        raise InvalidNote("The note cannot be kept as it is.", violations)
    return {
        "indicator_code": note.indicator,
        "area_id": area_id,
        "period_type": period.type.value,
        "period_start": period.start,
        "noted_on": note.noted_on,
        "text": note.text,
        "written_by": note.written_by,
    }


def _violations(note: Note, indicators: Collection[str], today: date) -> Iterator[Violation]:
    if note.indicator not in indicators:
        yield Violation("indicator", "is not a known indicator", "Take a code from /indicators.")
    if note.noted_on > today:
        yield Violation("notedOn", "is in the future", "Give the day on which it was noted; left out, it is today.")
    yield from text_faults([("text", note.text)])


def _period(code: str, violations: list[Violation]) -> Period | None:
    try:
        return Period.parse(code)
    except InvalidPeriod as error:
        violations += error.violations
        return None


async def _area_id(connection: AsyncConnection, code: str, violations: list[Violation]) -> int | None:
    area_id = await find_area_id(connection, code)
    if area_id is None or not may_write(area_id):
        violations.append(Violation("area", "no area has this code", "Take a code from /areas."))
    return area_id
