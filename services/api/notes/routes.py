"""`/notes`: results and problem areas, written about a figure."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.auth import READ, REPORT, Caller, caller_of
from services.api.http.dependencies import Connection, Definitions, Reading, Today
from services.api.http.filter_codes import area_id_of, unknown_code
from services.api.http.problems import InvalidQuery, MissingPrecondition, problems_of
from services.api.http.responses import Answer, IfMatch, Paging, etag, page_answer, refuse_stale, resource
from services.api.http.routing import router
from services.api.notes import queries
from services.api.notes.schemas import Note, NoteBody, NotePage
from shared.domain.errors import InvalidNote, InvalidPeriod, StaleRevision, UnknownNote, Violation
from shared.domain.fields import Day
from shared.domain.period import Period
from shared.facts.notes import erase_note, rewrite_note, write_note

notes = router("notes")

NoteId = Annotated[UUID, Path(alias="noteId", description="The note's id.")]
Writer = Annotated[Caller, Depends(caller_of)]


@notes.post(
    "",
    status_code=201,
    response_model=Note,
    responses=problems_of(InvalidNote),
    dependencies=[REPORT],
    summary="Write a note",
)
async def add_note(
    request: Request, connection: Connection, definitions: Definitions, today: Today, writer: Writer, body: NoteBody
) -> Answer:
    """Skriv en kommentar till ett värde. / Write a comment on a value.

    Den hör till indikatorn, området och perioden, och finns kvar när värdet räknas om. /
    It belongs to the indicator, the area and the period, and stays when the value is recomputed.
    """
    note_id = await write_note(connection, body.as_note(writer.name, today), definitions.indicators, today)
    return await _show(request, connection, note_id, created=True)


@notes.get("", response_model=NotePage, responses=problems_of(InvalidPeriod), dependencies=[READ], summary="List notes")
async def list_notes(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    page: Paging,
    indicator: Annotated[str | None, Query(description="Beside figures of the indicator with this code.")] = None,
    area: Annotated[str | None, Query(description="Beside figures of the area with this code.")] = None,
    period: Annotated[str | None, Query(description="Beside figures of this period, such as 2016-T1.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="Noted on this day or later.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Noted on this day or earlier.")] = None,
) -> Answer:
    """Visa kommentarer, efter dag. / List notes, by the day they were noted."""
    if indicator is not None and indicator not in definitions.indicators:
        raise unknown_code("indicator", "Take a code from /indicators.")
    if first and last and last < first:
        raise InvalidQuery("The span has no days.", [Violation("to", "is before 'from'", "Give a later day.")])
    wanted = queries.NoteFilter(
        indicator=indicator,
        area_id=await area_id_of(reading, area),
        period=None if period is None else Period.parse(period),
        first=first,
        last=last,
    )
    total = await queries.count(reading, wanted)
    page.check(total)
    return page_answer(request, page, total, "notes", await queries.entries(reading, wanted, page))


@notes.get(
    "/{noteId}", response_model=Note, responses=problems_of(UnknownNote), dependencies=[READ], summary="Show a note"
)
async def show_note(request: Request, reading: Reading, note_id: NoteId) -> Answer:
    """Visa en kommentar, med den ETag som en ändring ska bygga på. / Show a note, with its ETag for changes."""
    return await _show(request, reading, note_id)


@notes.put(
    "/{noteId}",
    response_model=Note,
    responses=problems_of(InvalidNote, UnknownNote, StaleRevision, MissingPrecondition),
    dependencies=[REPORT],
    summary="Change a note",
)
async def change_note(
    request: Request,
    connection: Connection,
    definitions: Definitions,
    today: Today,
    writer: Writer,
    note_id: NoteId,
    body: NoteBody,
    if_match: IfMatch = None,
) -> Answer:
    """Ersätt en kommentar. / Replace a note."""
    await _lock(connection, note_id, if_match)
    await rewrite_note(connection, note_id, body.as_note(writer.name, today), definitions.indicators, today)
    return await _show(request, connection, note_id)


@notes.delete(
    "/{noteId}",
    status_code=204,
    responses=problems_of(UnknownNote, StaleRevision, MissingPrecondition),
    dependencies=[REPORT],
    summary="Remove a note",
)
async def remove_note(connection: Connection, note_id: NoteId, if_match: IfMatch = None) -> Response:
    """Ta bort en kommentar. / Remove a note.

    I versioner av stängda perioder finns den kvar; `/note-removals` tar bort den även där. /
    Revisions of closed periods still have it; `/note-removals` removes it from these, too.
    """
    await _lock(connection, note_id, if_match)
    await erase_note(connection, note_id)
    return Response(status_code=204)


async def _show(request: Request, connection: AsyncConnection, note_id: UUID, *, created: bool = False) -> Answer:
    entry = await queries.find(connection, note_id)
    if entry is None:
        raise UnknownNote
    return resource(request, f"notes/{note_id}", entry, created=created, headers={"ETag": etag(entry["revision"])})


async def _lock(connection: AsyncConnection, note_id: UUID, if_match: str | None) -> None:
    """Keep others from changing the note, if the client has read its latest revision."""
    revision = await queries.lock(connection, note_id)
    if revision is None:
        raise UnknownNote
    refuse_stale(if_match, revision)
