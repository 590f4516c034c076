"""Removals of notes as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from services.api.notes.schemas import ENTRY_EXAMPLE as NOTE_EXAMPLE
from services.api.notes.schemas import PeriodCode
from shared.domain.codes import AreaCode
from shared.domain.fields import Document, Instant

LONGEST_REASON = 500

EXAMPLE: dict[str, Any] = {"reason": "Kommentaren nämnde en elev."}
ENTRY_EXAMPLE: dict[str, Any] = {
    **{name: NOTE_EXAMPLE[name] for name in ("id", "indicator", "area", "period")},
    **EXAMPLE,
    "removedBy": "landskrona-administrator",
    "removedAt": "2016-06-01T08:00:01Z",
}


class NoteRemovalBody(Document):
    """Why a note is removed."""

    reason: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_REASON,
            description="Read in the place of the note, so it does not repeat what that said; never personal data.",
        ),
    ]

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class NoteRemovalEntry(Document):
    """A note that was removed wherever it was kept; what it said is nowhere."""

    id: Annotated[UUID, Field(description="The note's id.")]
    indicator: str
    area: AreaCode
    period: PeriodCode
    reason: str
    removed_by: Annotated[str, Field(description="The name of the API key that removed it; no person.")]
    removed_at: Instant


class NoteRemoval(NoteRemovalEntry, Resource):
    """One note that was removed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"note-removals/{ENTRY_EXAMPLE['id']}", ENTRY_EXAMPLE)]}
    )


class NoteRemovalPage(PageOf):
    """A page of notes that were removed, the first first."""

    note_removals: list[NoteRemovalEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("note-removals", "noteRemovals", ENTRY_EXAMPLE)]}
    )
