"""Activities as the API shows them; `shared.intake.activity_form` has them as they are sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, WithJsonSchema

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain.activity import ActivityStatus
from shared.domain.fields import Document, Instant, MomentField
from shared.intake.activity_form import ATTRIBUTE_SCHEMA, EXAMPLE, Participants

ENTRY_EXAMPLE: dict[str, Any] = {
    "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10",
    **EXAMPLE,
    "commitment": None,
    "commitments": [],
    "end": None,
    "reported": None,
    "policeReported": None,
    "completed": None,
    "cost": None,
    "count": 1,
    "periodDate": "2016-05-01",
    "duplicateOf": None,
    "revision": 1,
    "recordedAt": "2016-05-02T08:00:01Z",
    "revisedAt": "2016-05-02T08:00:01Z",
    "importId": None,
    "importRow": None,
}


class ActivityEntry(Document):
    """An activity as it is kept. A moment is a date, or a date-time in UTC when the source told one."""

    id: UUID
    source: str
    external_id: str | None
    type: str
    agreement: str
    annex: int | None
    commitment: str | None
    commitments: list[str]
    area: str
    status: ActivityStatus
    start: MomentField | None
    end: MomentField | None
    reported: MomentField | None
    police_reported: MomentField | None
    completed: MomentField | None
    participants: Participants
    cost: Annotated[Decimal | None, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]})]
    count: Annotated[int, Field(description="How many it stands for, where several were reported at once; else 1.")]
    attributes: dict[str, Annotated[Any, WithJsonSchema(ATTRIBUTE_SCHEMA)]]
    note: str | None
    version: int | None
    changed_at: Instant | None
    period_date: Annotated[
        Annotated[Any, WithJsonSchema({"type": "string", "format": "date", "example": "2016-05-01"})] | None,
        Field(description="The date whose month, tertial and year it counts in."),
    ]
    duplicate_of: Annotated[
        UUID | None, Field(description="The activity that counts instead: another source's report of the same event.")
    ]
    revision: Annotated[int, Field(description="Rises with every change here; the ETag.")]
    recorded_at: Instant
    revised_at: Instant
    import_id: UUID | None
    import_row: int | None


class Activity(ActivityEntry, Resource):
    """One activity."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"activities/{ENTRY_EXAMPLE['id']}", ENTRY_EXAMPLE)]}
    )


class ActivityPage(PageOf):
    """A page of activities, in the order in which they were first recorded."""

    activities: list[ActivityEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("activities", "activities", ENTRY_EXAMPLE)]})
