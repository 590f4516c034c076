"""`/note-removals`: comments that were removed wherever they were kept, since they said what they must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request
from sqlalchemy import func, select

from services.api.http.auth import ADMINISTER, READ, Caller, caller_of
from services.api.http.dependencies import Connection, Reading
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, page_answer, resource
from services.api.http.routing import router
from services.api.notes.removal_schemas import NoteRemoval, NoteRemovalBody, NoteRemovalPage
from shared.closing.note_removals import remove_note_everywhere
from shared.db.tables import area, note_removal
from shared.domain.errors import InvalidNote, UnknownNote
from shared.domain.period import Period, PeriodType
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

note_removals = router("note-removals")

NoteId = Annotated[UUID, Path(alias="noteId", description="The id of the note, as a revision has it.")]
Remover = Annotated[Caller, Depends(caller_of)]

_ALL = select(note_removal, area.c.code.label("area_code")).join(area, area.c.area_id == note_removal.c.area_id)


@note_removals.put(
    "/{noteId}",
    response_model=NoteRemoval,
    responses={201: {"model": NoteRemoval, "description": "Created."}, **problems_of(InvalidNote, UnknownNote)},
    dependencies=[ADMINISTER],
    summary="Remove a note wherever it is kept",
)
async def put_note_removal(
    request: Request, connection: Connection, remover: Remover, note_id: NoteId, body: NoteRemovalBody
) -> Answer:
    """Ta bort en kommentar överallt där den finns kvar. / Remove a note wherever it is kept.

    För en kommentar som visar sig innehålla personuppgifter. Den tas också bort ur stängda perioders versioner, som
    sedan säger att, när och varför den togs bort, och inom några sekunder ur granskningsloggen. Värdena ändras inte.
    Rapporter och säkerhetskopior som redan har lämnat tjänsten påverkas inte. En ny anledning ersätter den förra. /
    For a note that turns out to hold personal data. It is also removed from revisions of closed periods, which then say
    that, when and why, and within seconds from the audit trail. Figures stay as they are. Reports and backups that have
    left the service are not affected. A new reason replaces the former one.
    """
    is_new = await remove_note_everywhere(connection, note_id, body.reason, remover.name)
    return await _show(request, connection, note_id, created=is_new)


@note_removals.get("", response_model=NoteRemovalPage, dependencies=[READ], summary="List removed notes")
async def list_note_removals(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa vilka kommentarer som har tagits bort överallt, och varför. / List which notes were removed, and why."""
    total: int = (await reading.execute(select(func.count()).select_from(note_removal))).scalar_one()
    page.check(total)
    ordered = _ALL.order_by(note_removal.c.removed_at, note_removal.c.note_id).limit(page.limit).offset(page.offset)
    entries = [_entry(row) for row in await reading.execute(ordered)]
    return page_answer(request, page, total, "noteRemovals", entries)


@note_removals.get(
    "/{noteId}",
    response_model=NoteRemoval,
    responses=problems_of(UnknownNote),
    dependencies=[READ],
    summary="Show when and why a note was removed",
)
async def show_note_removal(request: Request, reading: Reading, note_id: NoteId) -> Answer:
    """Visa när och varför en kommentar togs bort. / Show when and why a note was removed."""
    return await _show(request, reading, note_id)


async def _show(request: Request, connection: AsyncConnection, note_id: UUID, *, created: bool = False) -> Answer:
    row = (await connection.execute(_ALL.where(note_removal.c.note_id == note_id))).one_or_none()
    if row is None:
        raise UnknownNote("No removed note has this id.")
    return resource(request, f"note-removals/{note_id}", _entry(row), created=created)


def _entry(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.note_id,
        "indicator": row.indicator_code,
        "area": row.area_code,
        "period": Period(PeriodType(row.period_type), row.period_start).code,
        "reason": row.reason,
        "removedBy": row.removed_by,
        "removedAt": instant_text(row.removed_at),
    }
