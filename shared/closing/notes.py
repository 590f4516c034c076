"""Notes on the figures of closed periods: as they were when the period was closed, and those that came after that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, text

from shared.closing.reading import IS_WANTED
from shared.db.tables import agreement_period, closed_area_period, closed_note, indicator_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.closing.periods import AgreementPeriod
    from shared.closing.reading import EntryQuery

_NOTE = ", ".join(column.name for column in indicator_note.columns)
_AREA = "(SELECT area_id, code AS area_code FROM area) AS area"
_WITH_REMOVAL = """LEFT JOIN (SELECT note_id, removed_at, reason AS removal_reason FROM note_removal) AS removal
             USING (note_id)"""
_COPY = text(
    f"""INSERT INTO closed_note (agreement_period_id, closing_revision, {_NOTE})
        SELECT agreement_period_id, :revision, {_NOTE}
        FROM closed_area_period JOIN indicator_note USING (area_id, period_type, period_start)
        WHERE agreement_period_id = :id"""
)
_OF_REVISION = f"""
    FROM closed_note JOIN {_AREA} USING (area_id) {_WITH_REMOVAL}
    WHERE agreement_period_id = :id AND closing_revision = :revision AND {IS_WANTED}"""
_CLOSED_NOTES = text(
    f"""SELECT {_NOTE}, area_code, removed_at, removal_reason {_OF_REVISION}
        ORDER BY noted_on, note_id LIMIT :limit OFFSET :offset"""
)
_COUNT_CLOSED = text(f"SELECT count(*) {_OF_REVISION}")
# A period that several closings hold is as the first of them left it: its figures have not moved since.
_WHEN_CLOSED = text(
    f"""WITH closing AS (
            SELECT DISTINCT ON (closed.period_type, closed.period_start)
                   closed.area_id, closed.period_type, closed.period_start, agreement_period_id,
                   agreement_period.revision AS closing_revision
            FROM closed_area_period AS closed
            JOIN agreement_period USING (agreement_period_id)
            JOIN agreement_period_step AS approval USING (agreement_period_id)
            WHERE closed.area_id = :area_id AND approval.revision = agreement_period.revision
              AND extract(year FROM closed.period_start) = :year
            ORDER BY closed.period_type, closed.period_start, taken_at, agreement_period_id)
        SELECT {_NOTE}, area_code, removed_at, removal_reason
        FROM closing
        JOIN closed_note USING (agreement_period_id, closing_revision, area_id, period_type, period_start)
        JOIN {_AREA} USING (area_id) {_WITH_REMOVAL}
        ORDER BY noted_on, note_id"""
)


def is_after_closing(agreement_period_id: int | None = None) -> ColumnElement[bool]:
    """Tell in SQL whether a note was written, or changed, after its period was closed; None: by any agreement.

    Who decided on the period's figures had not read it as it is.
    """
    period, closed, copy, note = (one.c for one in (agreement_period, closed_area_period, closed_note, indicator_note))
    is_in_revision = (
        exists()
        .where(
            copy.agreement_period_id == period.agreement_period_id,
            copy.closing_revision == period.revision,
            copy.note_id == note.note_id,
            copy.revision == note.revision,
        )
        .correlate(agreement_period, indicator_note)
    )
    conditions = [
        closed.area_id == note.area_id,
        closed.period_type == note.period_type,
        closed.period_start == note.period_start,
        period.agreement_period_id == closed.agreement_period_id,
        ~is_in_revision,
    ]
    if agreement_period_id is not None:
        conditions.append(period.agreement_period_id == agreement_period_id)
    return exists().where(*conditions).correlate(indicator_note)


async def copy_notes(connection: AsyncConnection, agreement_period_id: int, revision: int) -> None:
    """Copy the notes on a period's figures, and on those of all shorter ones in it, into a revision."""
    await connection.execute(_COPY, {"id": agreement_period_id, "revision": revision})


async def closed_notes(
    connection: AsyncConnection, found: AgreementPeriod, revision: int, wanted: EntryQuery
) -> Sequence[Any]:
    """Return the notes of a revision, by the day they were noted: rows of `closed_note`, with `area_code`.

    One that has been removed since has no text, but when it was removed and why.
    """
    asked = {"id": found.id, "revision": revision} | wanted.parameters
    return (await connection.execute(_CLOSED_NOTES, asked)).all()


async def count_closed_notes(
    connection: AsyncConnection, found: AgreementPeriod, revision: int, wanted: EntryQuery
) -> int:
    """Return how many notes of a revision there are, whatever part of them is wanted."""
    asked = {"id": found.id, "revision": revision} | wanted.conditions
    return int((await connection.execute(_COUNT_CLOSED, asked)).scalar_one())


async def notes_when_closed(connection: AsyncConnection, area_id: int, year: int) -> Sequence[Any]:
    """Return the notes on an area's figures of a year's closed periods as they were when these were closed.

    They are as those of `closed_notes`, by the day they were noted.
    """
    return (await connection.execute(_WHEN_CLOSED, {"area_id": area_id, "year": year})).all()
