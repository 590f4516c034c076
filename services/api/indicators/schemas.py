"""Indicators as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, Span, Text, example_page, example_resource
from services.api.municipal_definitions import Area, Areas, ServedOwner, ServedOwners
from shared.catalogue.indicator import (
    Expectation,
    IndicatorDefinition,
    IndicatorSelection,
    Kind,
    Measure,
    Population,
    Slice,
    State,
    Unit,
)
from shared.catalogue.times import ClockTime, Deadline, Regularity
from shared.domain.fields import DefinedCode, Document

BODY_EXAMPLE: dict[str, Any] = {
    "area": "1282",
    "name": {"sv": "Hundpromenader", "en": "Dog walks"},
    "definition": {
        "sv": "Antal genomförda hundpromenader med områdesvakt.",
        "en": "Number of performed dog walks with a neighbourhood guard.",
    },
    "numerator": {"sv": "Genomförda hundpromenader", "en": "Performed dog walks"},
    "themes": ["visible-police"],
    "unit": "count",
    "direction": "higher",
    "kind": "count",
    "activityTypes": ["foot-patrol"],
}


class Attendances(Document):
    """Attendances of some groups, added up."""

    only: Annotated[list[str], Field(default_factory=list, description="Of these groups; of every group when empty.")]
    excluding: Annotated[list[str], Field(default_factory=list, description="But not of these.")]
    times_hours: Annotated[bool, Field(description="Each times the hours from start to end.")] = False


class Addend(Attendances):
    """What a sum adds up of each activity: attendances, or a number that it states."""

    attribute: Annotated[str | None, Field(description="The number of this attribute, in place of attendances.")] = None


class ConditionMet(Document):
    """What an activity must meet to count in the numerator of a share."""

    participants: Annotated[Attendances | None, Field(description="Whose attendances must be enough.")] = None
    at_least: Annotated[int | None, Field(description="How many are enough.")] = None
    attributes: Annotated[
        dict[str, list[str]], Field(default_factory=dict, description="By attribute, the values that meet it.")
    ]


class IndicatorContent(Span):
    """What an indicator says: factor × numerator / denominator."""

    name: Text
    definition: Text
    numerator: Annotated[Text, Field(description="What the numerator counts, in words.")]
    denominator: Annotated[
        Text | None, Field(description="What it is divided by; null when it is no share or mean.")
    ] = None
    themes: Annotated[
        list[str], Field(default_factory=list, description="Of the annexes that it serves; none: any agreement.")
    ]
    unit: Annotated[
        Unit,
        Field(description="What the figure is given in. `own` is the measure's, see unitName; so may a `mean` be."),
    ]
    unit_name: Annotated[Text | None, Field(description="What the measure's own unit is called.")] = None
    direction: Annotated[Literal["higher", "lower", "none"], Field(description="Which way is better.")]
    kind: Annotated[Kind, Field(description=IndicatorDefinition.__doc__ or "")]
    activity_types: Annotated[
        list[str] | Literal["all"],
        Field(default_factory=list, description="The activity types that it reads. `all` is answered spelt out."),
    ]
    selects: Annotated[IndicatorSelection, Field(description="Which activities or commitments it is about.")] = (
        IndicatorSelection()
    )
    sums: Annotated[Addend | None, Field(description="What a sum adds up.")] = None
    meets: Annotated[ConditionMet | None, Field(description="What counts in the numerator of a share.")] = None
    items: Annotated[str | None, Field(description="The attribute whose items are counted: done of listed.")] = None
    deadline: Annotated[Deadline | None, Field(description="The time limit that a share keeps.")] = None
    day_ends_at: Annotated[
        ClockTime | None,
        Field(
            description="The time after midnight, by the clock of Stockholm, until which an activity counts on the day "
            "before: a shift that starts at 00:30 belongs to its evening."
        ),
    ] = None
    recurs: Annotated[
        Regularity | None,
        Field(description="How often it is to happen in each day, week (Monday to Sunday) or month."),
    ] = None
    expects: Annotated[Expectation | None, Field(description="The places that activities are expected at.")] = None
    of: Annotated[Population | None, Field(description="The areas that a state is told of.")] = None
    holds: Annotated[State | None, Field(description="What must be true of an area on the day.")] = None
    observes: Annotated[Measure | None, Field(description="The observations that it is made of.")] = None
    promises_only: Annotated[bool, Field(description="Only commitments made to the public.")] = False
    suppress_below: Annotated[
        int | None,
        Field(
            description="A figure of fewer persons than this is suppressed, lest it tells who they are. The threshold "
            "belongs to the measure: all indicators that read one have the same."
        ),
    ] = None
    expected_at: Annotated[
        str | None, Field(description="Places in this role, where it can happen, have a value even when nothing did.")
    ] = None
    slices: Annotated[
        dict[str, Slice] | Literal["annex"],
        Field(
            default_factory=dict,
            description="Further figures, each of a part. `annex`, one for each theme, is answered spelt out.",
        ),
    ]


class IndicatorBody(IndicatorContent):
    """An indicator of one's own, as a client sends it: whole. Its version is counted here."""

    code: Annotated[DefinedCode | None, Field(description="May be left out; else as in the address.")] = None
    area: Area = None
    areas: Areas

    model_config = ConfigDict(json_schema_extra={"examples": [BODY_EXAMPLE]})


class IndicatorEntry(IndicatorContent):
    """An indicator, with all that is needed to compute its figures anew."""

    code: DefinedCode
    version: Annotated[int, Field(description="Of the definition; values tell it as definitionVersion.")]
    owner: ServedOwner
    owners: ServedOwners
    factor: Annotated[int, Field(description="What numerator / denominator is multiplied by.")]
    over_time: Annotated[
        Literal["sum", "last", "distinct"],
        Field(
            description=(
                "How a longer period follows: facts are added up (sum), the state at its end (last), "
                "or each place once in the period (distinct)."
            )
        ),
    ]
    roles: Annotated[dict[str, Text], Field(description="The roles that it reads, by code.")]


EXAMPLE: dict[str, Any] = {
    "code": "graffiti-started-in-time",
    "version": 1,
    "owner": None,
    "validFrom": None,
    "validTo": None,
    "name": {"sv": "Klottersanering påbörjad i tid", "en": "Graffiti removal started in time"},
    "definition": {
        "sv": "Andel av klottret där saneringen började senast två arbetsdagar efter anmälan till kommunen.",
        "en": "Share of reported graffiti where work started within two working days.",
    },
    "numerator": {"sv": "Påbörjade senast två arbetsdagar efter anmälan", "en": "Started within two working days"},
    "denominator": {"sv": "Ärenden vars tidsgräns har passerat", "en": "Cases whose time limit has passed"},
    "themes": ["attractive-city"],
    "unit": "percent",
    "unitName": None,
    "factor": 100,
    "direction": "higher",
    "overTime": "sum",
    "kind": "share",
    "activityTypes": ["graffiti-cleanup"],
    "selects": {
        "weekdays": [],
        "from": None,
        "to": None,
        "atLeastMinutes": None,
        "attributes": {},
        "withoutAttribute": None,
        "annex": None,
        "annexCode": None,
    },
    "sums": None,
    "meets": None,
    "items": None,
    "deadline": {
        "after": "reported",
        "by": "start",
        "elseBy": "completed",
        "workingDays": 2,
        "hours": None,
        "minutes": None,
    },
    "dayEndsAt": None,
    "recurs": None,
    "expects": None,
    "of": None,
    "holds": None,
    "observes": None,
    "promisesOnly": False,
    "suppressBelow": None,
    "expectedAt": None,
    "slices": {},
    "roles": {},
}


class Indicator(IndicatorEntry, Resource):
    """One indicator."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("indicators/graffiti-started-in-time", EXAMPLE)]}
    )


class IndicatorPage(PageOf):
    """A page of indicators, by code."""

    indicators: list[IndicatorEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("indicators", "indicators", EXAMPLE)]})
