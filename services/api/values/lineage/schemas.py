"""What figures are made of, as the API shows it: a part for each activity, place, commitment or observation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, example_page
from services.api.values.schemas import VALUE_ID
from shared.domain.fields import Day, Document, Instant

ACTIVITY_EXAMPLE: dict[str, Any] = {
    "activityId": "019b0a4e-7c3b-7d54-9f0e-1f5d5b2b6c11",
    "source": "landskrona-demo",
    "externalId": "demo-graffiti-023",
    "type": "graffiti-cleanup",
    "area": "1282-karlslund",
    "countedOn": "2016-03-30",
    "numerator": 1,
    "denominator": None,
    "leftOut": None,
}
PLACE_EXAMPLE: dict[str, Any] = {
    "area": "1282-ljungbacksskolan",
    "countedOn": "2016-04-30",
    "numerator": 1,
    "denominator": 1,
    "leftOut": None,
}
COMMITMENT_EXAMPLE: dict[str, Any] = {
    "agreement": "landskrona-2015-2016",
    "commitment": "safety-walks-2016",
    "area": "1282",
    "times": 4,
    "done": 3,
    "dueOn": "2016-12-31",
    "decidedOn": None,
    "withdrawnOn": None,
    "areas": [{"area": "1282", "done": 3, "decidedOn": None, "fulfilled": False}],
    "numerator": 0,
    "denominator": 1,
    "leftOut": None,
}
OBSERVATION_EXAMPLE: dict[str, Any] = {
    "observationId": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10",
    "source": "brå",
    "code": "13197",
    "area": "1282",
    "period": "2016-03",
    "finality": "preliminary",
    "numerator": 31,
    "denominator": None,
    "leftOut": None,
}


def _example(value_id: str, noun: str, entry: dict[str, Any]) -> dict[str, Any]:
    return example_page(f"indicator-values/{value_id}/{noun}", noun, entry) | {"factsRemoved": None}


class LeftOut(Document):
    """Why a fact counts neither in the numerator nor in the denominator."""

    reason: str
    sv: str
    en: str


class FactsRemoved(Document):
    """That the facts of the period have been removed, and the figure stays as it was."""

    before: Annotated[Day, Field(description="Facts from before this day have been removed.")]
    removed_at: Instant
    sv: str
    en: str


class PartPage(PageOf):
    """One page of the facts behind a figure."""

    facts_removed: Annotated[
        FactsRemoved | None, Field(description="Null unless they have been removed: then the list is not whole.")
    ]


class Part(Document):
    """What a fact adds to a figure."""

    numerator: Annotated[float | None, Field(description="What it adds to the numerator.")]
    denominator: Annotated[float | None, Field(description="What it adds to the denominator.")]
    left_out: LeftOut | None


class ActivityPart(Part):
    """One activity behind a figure."""

    area: str
    activity_id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    source: str
    external_id: str | None
    type: str
    counted_on: Annotated[Day, Field(description="The date that puts it in the period.")]


class PlacePart(Part):
    """One area behind a figure: a place, or an area of another kind that a state is told of."""

    area: str
    counted_on: Annotated[
        Day,
        Field(description="The day that the state is told of, or the month's last on which visits were expected."),
    ]


class CommitmentProgress(Document):
    """How far a commitment has come in one of its areas."""

    area: str
    done: Annotated[int, Field(description="Linked or selected activities performed in the area by the due date.")]
    decided_on: Annotated[Day | None, Field(description="When it was decided that it is fulfilled in the area.")]
    fulfilled: bool


class CommitmentPart(Part):
    """One commitment behind a figure, by one due date. The numerator is 1 when it was fulfilled in time.

    It is in each of those of its areas that lie inside that of the figure; if it is one of its own in each area, there
    is an entry for each. Where the figures of one of these are another's, `numerator` is null.
    """

    agreement: str
    commitment: Annotated[str, Field(description="Its code in the agreement.")]
    area: Annotated[str | None, Field(description="Null where there are several: see `areas`.")]
    times: Annotated[int, Field(description="How many activities were promised in each area.")]
    done: Annotated[
        int | None,
        Field(description="Those performed in time, in all of its areas; null where one's figures are another's."),
    ]
    due_on: Annotated[Day, Field(description="The date that puts it in the period.")]
    decided_on: Annotated[Day | None, Field(description="When it was decided that it is fulfilled in all of `areas`.")]
    withdrawn_on: Day | None
    areas: Annotated[list[CommitmentProgress], Field(description="Those whose figures you may see.")]


class ObservationPart(Part):
    """One observation behind a figure, or an area and period that it still waits for."""

    area: str
    observation_id: Annotated[
        str | None,
        Field(json_schema_extra={"format": "uuid"}, description="Null where the observation has not arrived."),
    ]
    source: str | None
    code: Annotated[str | None, Field(description="The crime code or category, where the measure has them.")]
    period: Annotated[str, Field(description="2016-03, 2016-T1 or 2016.")]
    finality: Literal["preliminary", "final"] | None


class ActivityPartPage(PartPage):
    """A page of the activities behind a figure, by date."""

    activities: list[ActivityPart]

    model_config = ConfigDict(json_schema_extra={"examples": [_example(VALUE_ID, "activities", ACTIVITY_EXAMPLE)]})


class PlacePartPage(PartPage):
    """A page of the areas behind a figure, by date."""

    places: list[PlacePart]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_example("schools-with-contact-officer~all~1282~2016-t1", "places", PLACE_EXAMPLE)]
        }
    )


class CommitmentPartPage(PartPage):
    """A page of the commitments behind a figure, by due date."""

    commitments: list[CommitmentPart]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_example("commitments-fulfilled~all~1282~2016", "commitments", COMMITMENT_EXAMPLE)]
        }
    )


class ObservationPartPage(PartPage):
    """A page of the observations behind a figure, by area and period."""

    observations: list[ObservationPart]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_example("reported-assaults~all~1282~2016-03", "observations", OBSERVATION_EXAMPLE)]
        }
    )
