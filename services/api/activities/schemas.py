"""Activities as the API takes and shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from services.api.areas.schemas import Code as AreaCode
from services.api.schemas import Document, Instant, Number, PageOf, Resource, example_page, example_resource
from shared.domain.activity import AttributeValue
from shared.domain.activity_type import ATTRIBUTE_PATTERN, CODE_PATTERN
from shared.domain.moment import Moment, UnreadableMoment, read_moment

LONGEST_CODE = 100
LONGEST_TEXT = 200
LONGEST_NOTE = 4000
MOST_ATTRIBUTES = 30
MOST_ITEMS = 100
# What parts the items of a list in a CSV cell.
ITEM_SEPARATOR = "|"
MOST_PARTICIPANTS = 1_000_000
MOST_COST = 1_000_000_000
CENT_DIGITS = 2
LARGEST_VERSION = 2**63 - 1
LARGEST_ANNEX = 2**15 - 1

Status = Literal["planned", "performed", "cancelled"]


def _moment(value: object) -> Moment:
    if isinstance(value, Moment):  # a cell of an import, read by its mapping
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("moment", "is not a text", {"remedy": "Write 2016-03-24 or 2016-04-30T22:30:00Z."})
    try:
        return read_moment(value)
    except UnreadableMoment as error:
        # The reasons are texts of ours, without braces, as a template must be.
        raise PydanticCustomError("moment", error.reason, {"remedy": error.remedy}) from error


def _instant(value: object) -> object:
    moment = _moment(value)
    if moment.at is None:
        raise PydanticCustomError("instant", "has no time", {"remedy": "Write it as 2016-03-30T08:00:00Z."})
    return moment.at


def _cost(value: object) -> object:
    _, _, decimals = str(value).partition(".")
    if len(decimals) > CENT_DIGITS:
        raise PydanticCustomError("cost", "has more than two decimals", {"remedy": "Round it to the öre."})
    return value


def _item(text: str) -> str:
    text = text.strip()
    if not text:
        raise PydanticCustomError("item", "is empty", {"remedy": "Say what is to be done."})
    if ITEM_SEPARATOR in text:
        raise PydanticCustomError("item", "holds a |, which parts items in CSV", {"remedy": "Write / instead."})
    return text


def _attribute(value: object, read_items: ValidatorFunctionWrapHandler) -> AttributeValue:
    """Read a text, or a list of items: told apart here, so that a fault in an item is told with its place."""
    if isinstance(value, list):
        return [item.model_dump() for item in read_items(value)]
    if not isinstance(value, str):
        remedy = 'Write a text, or a list such as [{"item": "Broken lamp", "state": "open"}].'
        raise PydanticCustomError("attribute", "is neither a text nor a list of items", {"remedy": remedy})
    if not 0 < len(value) <= LONGEST_TEXT:
        remedy = f"Write 1 to {LONGEST_TEXT} characters."
        raise PydanticCustomError("attribute", "is empty or too long", {"remedy": remedy})
    return value


_MOMENT_SCHEMA = {
    "anyOf": [
        {"type": "string", "format": "date", "example": "2016-03-24"},
        {"type": "string", "format": "date-time", "example": "2016-04-30T22:30:00Z"},
    ],
    "description": "A date, or a date-time with zone; its local date in Stockholm counts.",
}
MomentField = Annotated[Moment, BeforeValidator(_moment), WithJsonSchema(_MOMENT_SCHEMA)]
InstantField = Annotated[Instant, BeforeValidator(_instant)]
# Checked on the text: pydantic's own count of decimals costs as much as a whole activity.
Cost = Annotated[Number, BeforeValidator(_cost)]
Attendance = Annotated[int | None, Field(ge=0, le=MOST_PARTICIPANTS)]
Code = Annotated[str, Field(pattern=CODE_PATTERN, max_length=LONGEST_CODE)]

EXAMPLE: dict[str, Any] = {
    "source": "landskrona-demo",
    "externalId": "demo-walk-001",
    "type": "safety-walk",
    "agreement": "landskrona-2015-2016",
    "annex": 3,
    "area": "1282-karlslund",
    "status": "performed",
    "start": "2016-04-30T22:30:00Z",
    "participants": {"residents": 21, "police": 2},
    "attributes": {"actionItems": [{"item": "Trasig lampa vid entrén", "state": "open"}]},
    "note": "Vandringen började vid torget.",
    "version": 1,
    "changedAt": "2016-05-02T08:00:00Z",
}
ENTRY_EXAMPLE: dict[str, Any] = {
    "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10",
    **EXAMPLE,
    "commitment": None,
    "end": None,
    "reported": None,
    "policeReported": None,
    "completed": None,
    "cost": None,
    "periodDate": "2016-05-01",
    "duplicateOf": None,
    "revision": 1,
    "recordedAt": "2016-05-02T08:00:01Z",
    "revisedAt": "2016-05-02T08:00:01Z",
    "importId": None,
    "importRow": None,
}


class Participants(Document):
    """Attendances by group; a group left out is unknown, nobody is 0."""

    residents: Attendance = None
    pupils: Attendance = None
    parents: Attendance = None
    principals: Attendance = None
    student_health_staff: Attendance = None
    other_school_staff: Attendance = None
    social_services: Attendance = None
    municipality: Attendance = None
    police: Attendance = None
    property_owners: Attendance = None
    volunteers: Attendance = None
    associations: Attendance = None
    businesses: Attendance = None
    other: Attendance = None


class ActionItem(Document):
    """One thing to do, from the action list of a walk, say; never personal data."""

    item: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_item)]
    state: Literal["open", "done"]


_ATTRIBUTE_SCHEMA = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
        {
            "type": "array",
            "maxItems": MOST_ITEMS,
            "items": {
                "type": "object",
                "properties": {
                    "item": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
                    "state": {"type": "string", "enum": ["open", "done"]},
                },
                "required": ["item", "state"],
                "additionalProperties": False,
            },
        },
    ],
    "description": "A text, or a list of items to do, as the type says.",
}
AttributeField = Annotated[
    Annotated[list[ActionItem], Field(max_length=MOST_ITEMS)],
    WrapValidator(_attribute),
    WithJsonSchema(_ATTRIBUTE_SCHEMA),
]


class ActivityBody(Document):
    """An activity as a client sends it. Its type, in /activity-types, says which of the fields it takes."""

    source: Annotated[
        str, Field(min_length=1, max_length=LONGEST_CODE, description="The system that reports it; no person.")
    ]
    external_id: Annotated[
        Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] | None,
        Field(description="The activity's id in that system. Sending it again updates the activity."),
    ] = None
    type: Annotated[Code, Field(description="From /activity-types.")]
    agreement: Annotated[Code, Field(description="From /agreements.")]
    annex: Annotated[int | None, Field(ge=0, le=LARGEST_ANNEX, description="A number in the agreement.")] = None
    commitment: Annotated[
        Code | None, Field(description="The commitment of the agreement that it helps to fulfil, by code.")
    ] = None
    area: Annotated[AreaCode, Field(description="An area or place, from /areas.")]
    status: Status
    start: MomentField | None = None
    end: MomentField | None = None
    reported: Annotated[MomentField | None, Field(description="When it came to the municipality's knowledge.")] = None
    police_reported: MomentField | None = None
    completed: MomentField | None = None
    participants: Participants | None = None
    cost: Annotated[Cost | None, Field(ge=0, le=MOST_COST, description="In SEK, to the öre.")] = None
    attributes: Annotated[
        dict[Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)], AttributeField],
        Field(max_length=MOST_ATTRIBUTES, description="What else the type takes."),
    ] = Field(default_factory=dict)
    note: Annotated[str | None, Field(max_length=LONGEST_NOTE, description="Free text, never personal data.")] = None
    version: Annotated[
        int | None, Field(ge=0, le=LARGEST_VERSION, description="Rises with every change at the source.")
    ] = None
    changed_at: Annotated[InstantField | None, Field(description="When the source last changed it.")] = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class ActivityEntry(Document):
    """An activity as it is kept. A moment is a date, or a date-time in UTC when the source told one."""

    id: UUID
    source: str
    external_id: str | None
    type: str
    agreement: str
    annex: int | None
    commitment: str | None
    area: str
    status: Status
    start: MomentField | None
    end: MomentField | None
    reported: MomentField | None
    police_reported: MomentField | None
    completed: MomentField | None
    participants: Participants
    cost: Annotated[Decimal | None, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]})]
    attributes: dict[str, Annotated[Any, WithJsonSchema(_ATTRIBUTE_SCHEMA)]]
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
