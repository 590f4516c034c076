"""Activity types as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.schemas import Document, PageOf, Resource, Text, example_page, example_resource

EXAMPLE: dict[str, Any] = {
    "code": "graffiti-cleanup",
    "name": {"sv": "Klottersanering", "en": "Graffiti cleanup"},
    "description": {
        "sv": "Klotter som kommit till kommunens kännedom och tas bort.",
        "en": "Graffiti that the municipality has learnt of and removes.",
    },
    "countsBy": "startElseCompleted",
    "moments": ["reported", "policeReported", "start", "completed"],
    "participantGroups": [],
    "participantsRequired": False,
    "placeKinds": [],
    "attributes": {
        "contentKind": {
            "kind": "choice",
            "name": {"sv": "Innehåll", "en": "Content"},
            "values": ["ordinary", "racist", "sexist"],
            "required": False,
        }
    },
    "takesCost": True,
}


class Attribute(Document):
    """A further property that activities of the type may have."""

    kind: Annotated[str, Field(description="`choice` of the values, or `reference` to another activity's externalId.")]
    name: Text
    values: Annotated[list[str], Field(description="The codes to choose from.")]
    required: bool


class ActivityTypeEntry(Document):
    """What an activity of the type carries."""

    code: str
    name: Text
    description: Text
    counts_by: Annotated[str, Field(description="The date whose period the activity counts in.")]
    moments: Annotated[list[str], Field(description="The dates or times it may have.")]
    participant_groups: Annotated[list[str], Field(description="The groups whose attendances it may state.")]
    participants_required: Annotated[bool, Field(description="Whether a performed one must state them.")]
    place_kinds: Annotated[list[str], Field(description="The kinds of place it happens at; any area when empty.")]
    attributes: dict[str, Attribute]
    takes_cost: bool


class ActivityType(ActivityTypeEntry, Resource):
    """One activity type."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("activity-types/graffiti-cleanup", EXAMPLE)]}
    )


class ActivityTypePage(PageOf):
    """A page of activity types."""

    activity_types: list[ActivityTypeEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("activity-types", "activityTypes", EXAMPLE)]}
    )
