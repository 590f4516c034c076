"""The form of an activity as it is sent: its fields, and what each of them can hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

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

from shared.domain.activity import ActivityStatus, AttributeValue
from shared.domain.activity_type import ATTRIBUTE_PATTERN
from shared.domain.codes import AreaCode
from shared.domain.fields import LONGEST_CODE, NOT_BLANK, Code, Document, InstantField, MomentField, Number

LONGEST_TEXT = 200
LONGEST_NOTE = 4000
MOST_ATTRIBUTES = 30
MOST_ITEMS = 100
MOST_COMMITMENTS = 20
# What parts the items of a list in a CSV cell.
ITEM_SEPARATOR = "|"
MOST_PARTICIPANTS = 1_000_000
MOST_AT_ONCE = 1_000_000
MOST_COST = 1_000_000_000
CENT_DIGITS = 2
LARGEST_VERSION = 2**63 - 1
LARGEST_ANNEX = 2**15 - 1


def _cost(value: object) -> object:
    text = str(value)
    _, _, decimals = text.partition(".")
    if len(decimals) > CENT_DIGITS or "e-" in text:  # 0.00001 is written 1e-05
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
    """Read a text, or a list of items: distinguished here, so that a fault in an item is reported with its place."""
    if isinstance(value, list):
        return [item.model_dump() for item in read_items(value)]
    if not isinstance(value, str):
        remedy = 'Write a text, or a list such as [{"item": "Broken lamp", "state": "open"}].'
        raise PydanticCustomError("attribute", "is neither a text nor a list of items", {"remedy": remedy})
    if not 0 < len(value) <= LONGEST_TEXT:
        remedy = f"Write 1 to {LONGEST_TEXT} characters."
        raise PydanticCustomError("attribute", "is empty or too long", {"remedy": remedy})
    return value


# Checked on the text: pydantic's own count of decimals costs as much as a whole activity.
Cost = Annotated[Number, Field(ge=0, le=MOST_COST), BeforeValidator(_cost)]
Attendance = Annotated[int | None, Field(ge=0, le=MOST_PARTICIPANTS)]

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


ATTRIBUTE_SCHEMA = {
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
    WithJsonSchema(ATTRIBUTE_SCHEMA),
]


class ActivityBody(Document):
    """An activity as a client sends it. Its type, in /activity-types, says which of the fields it takes."""

    source: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_CODE, description="The system that reports it; no person."),
        NOT_BLANK,
    ]
    external_id: Annotated[
        Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), NOT_BLANK] | None,
        Field(description="The activity's id in that system. Sending it again updates the activity."),
    ] = None
    type: Annotated[Code, Field(description="From /activity-types.")]
    agreement: Annotated[Code, Field(description="From /agreements.")]
    annex: Annotated[int | None, Field(ge=0, le=LARGEST_ANNEX, description="A number in the agreement.")] = None
    commitment: Annotated[
        Code | None, Field(description="The commitment of the agreement that it helps to fulfil, by code.")
    ] = None
    commitments: Annotated[
        list[Code], Field(max_length=MOST_COMMITMENTS, description="Further ones that it helps to fulfil.")
    ] = Field(default_factory=list)
    area: Annotated[AreaCode, Field(description="An area or place, from /areas.")]
    status: ActivityStatus
    start: MomentField | None = None
    end: MomentField | None = None
    reported: Annotated[MomentField | None, Field(description="When it came to the municipality's knowledge.")] = None
    police_reported: MomentField | None = None
    completed: MomentField | None = None
    participants: Participants | None = None
    cost: Annotated[Cost | None, Field(description="In SEK, to the öre.")] = None
    count: Annotated[
        int | None,
        Field(
            ge=1,
            le=MOST_AT_ONCE,
            description="How many it stands for, of a type that takes several at once; 1 unless given. They are of one "
            "month, and participants and attributes are those of all of them.",
        ),
    ] = None
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
