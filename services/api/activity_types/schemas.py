"""Activity types as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, Span, Text, example_page, example_resource
from services.api.municipal_definitions import Area, Areas, ServedOwner, ServedOwners
from shared.domain.fields import DefinedCode, Document

BODY_EXAMPLE: dict[str, Any] = {
    "area": "1282",
    "name": {"sv": "Hundpromenad", "en": "Dog walk"},
    "description": {
        "sv": "Hundägare går en runda tillsammans och ser sig om.",
        "en": "Dog owners walk a round together and keep their eyes open.",
    },
    "moments": ["start", "end"],
    "participantGroups": ["residents", "volunteers"],
    "attributes": {
        "weather": {
            "kind": "choice",
            "name": {"sv": "Väder", "en": "Weather"},
            "values": {"sun": {"sv": "sol", "en": "sun"}, "rain": {"sv": "regn", "en": "rain"}},
        }
    },
}
EXAMPLE: dict[str, Any] = {
    "code": "graffiti-cleanup",
    "version": 1,
    "owner": None,
    "validFrom": None,
    "validTo": None,
    "extends": None,
    "name": {"sv": "Klottersanering", "en": "Graffiti removal"},
    "description": {
        "sv": "Klotter som anmälts till kommunen och tas bort.",
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
            "name": {"sv": "Typ av klotter", "en": "Type of graffiti"},
            "values": {
                "ordinary": {"sv": "vanligt", "en": "ordinary"},
                "racist": {"sv": "rasistiskt", "en": "racist"},
                "sexist": {"sv": "sexistiskt", "en": "sexist"},
            },
            "required": False,
            "excludedBy": None,
            "exclusion": None,
        }
    },
    "takesCost": True,
    "takesCount": False,
}


class Attribute(Document):
    """A further property that activities of the type may have."""

    kind: Annotated[
        Literal["choice", "reference", "items", "number", "hours"],
        Field(
            description=(
                "`choice` of the values, `reference` to another activity's externalId, `items`: things to do, each of "
                "them open or done, `number`: a whole number as a text of digits, or `hours`: how many it took, as a "
                "text such as 4.5."
            )
        ),
    ]
    name: Text
    values: Annotated[
        dict[str, Text], Field(default_factory=dict, description="What can be chosen: codes, and what they are called.")
    ]
    required: Annotated[bool, Field(description="Whether a performed activity must state it.")] = False
    excluded_by: Annotated[
        str | None, Field(description="An activity that states the attribute named here carries none of this one.")
    ] = None
    exclusion: Annotated[Text | None, Field(description="Why, and what to do instead.")] = None


class ActivityTypeContent(Span):
    """What an activity of the type carries."""

    extends: Annotated[
        str | None,
        Field(
            description="The type that ships which it adds to: it has all of that one's besides its own, and counts "
            "wherever that one does. A choice that both have has the values of both."
        ),
    ] = None
    name: Text
    description: Text
    counts_by: Annotated[
        Literal["start", "startElseCompleted"], Field(description="The date whose period the activity counts in.")
    ] = "start"
    moments: Annotated[list[str], Field(default_factory=list, description="The dates or times it may have.")]
    participant_groups: Annotated[
        list[str], Field(default_factory=list, description="The groups whose attendances it may state.")
    ]
    participants_required: Annotated[bool, Field(description="Whether a performed one must state them.")] = False
    place_kinds: Annotated[
        list[str], Field(default_factory=list, description="The kinds of place it happens at; any area when empty.")
    ]
    attributes: Annotated[dict[str, Attribute], Field(default_factory=dict, description="By their names.")]
    takes_cost: Annotated[bool, Field(description="Whether it may have a cost, in SEK.")] = False
    takes_count: Annotated[bool, Field(description="Whether several may be reported at once, by their `count`.")] = (
        False
    )


class ActivityTypeBody(ActivityTypeContent):
    """An activity type of one's own, as a client sends it: whole. Its version is counted here."""

    code: Annotated[DefinedCode | None, Field(description="May be left out; else as in the address.")] = None
    area: Area = None
    areas: Areas

    model_config = ConfigDict(json_schema_extra={"examples": [BODY_EXAMPLE]})


class ActivityTypeEntry(ActivityTypeContent):
    """An activity type as it is in force."""

    code: DefinedCode
    version: Annotated[int, Field(description="Of the definition.")]
    owner: ServedOwner
    owners: ServedOwners


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
