"""Notes as the API takes and shows them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain.codes import AreaCode
from shared.domain.fields import NOT_BLANK, Day, DefinedCode, Document, Instant
from shared.facts import notes

LONGEST_TEXT = 4000
LONGEST_PERIOD = 7

EXAMPLE: dict[str, Any] = {
    "indicator": "school-visits",
    "area": "1282",
    "period": "2016-T1",
    "notedOn": "2016-05-10",
    "text": "Två skolor har bytt kontaktperson; besöken där börjar i maj.",
}
ENTRY_EXAMPLE = {
    "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a11",
    **EXAMPLE,
    "writtenBy": "landskrona-police",
    "isAfterClosing": False,
    "revision": 1,
    "recordedAt": "2016-05-10T08:00:01Z",
    "changedAt": "2016-05-10T08:00:01Z",
}

PeriodCode = Annotated[
    str, Field(max_length=LONGEST_PERIOD, description="A month, tertial or year: 2016-03, 2016-T1, 2016.")
]


class NoteBody(Document):
    """A note as a client sends it. It belongs to the figure of an indicator, an area and a period."""

    indicator: Annotated[DefinedCode, Field(description="From /indicators.")]
    area: Annotated[AreaCode, Field(description="From /areas.")]
    period: PeriodCode
    noted_on: Annotated[Day | None, Field(description="Left out, it is today.")] = None
    text: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_TEXT, description="Results, problem areas; never personal data."),
        NOT_BLANK,
    ]

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_note(self, written_by: str, today: date) -> notes.Note:
        """Return the note as it is to be stored; `written_by` names the credential that sent it."""
        return notes.Note(self.indicator, self.area, self.period, self.noted_on or today, self.text, written_by)


class NoteContent(Document):
    """What a note says, of which figure, by whom and since when."""

    id: UUID
    indicator: str
    area: AreaCode
    period: PeriodCode
    noted_on: Day
    text: str
    written_by: Annotated[str, Field(description="The name of the API key that wrote it last; no person.")]
    revision: Annotated[int, Field(description="Rises with every change; the ETag of a note.")]
    recorded_at: Instant
    changed_at: Instant


class NoteEntry(NoteContent):
    """A note as it is kept."""

    is_after_closing: Annotated[
        bool,
        Field(
            description="Whether its period is closed, and it was written or changed after that. As it was before, "
            "it is in the period's `closed-notes`."
        ),
    ]


class Note(NoteEntry, Resource):
    """One note."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"notes/{ENTRY_EXAMPLE['id']}", ENTRY_EXAMPLE)]}
    )


class NotePage(PageOf):
    """A page of notes, by the day they were noted."""

    notes: list[NoteEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("notes", "notes", ENTRY_EXAMPLE)]})
