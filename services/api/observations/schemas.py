"""Observations as the API takes and shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from services.api.areas.schemas import Code as AreaCode
from services.api.schemas import Day, Document, Instant, Number, PageOf, Resource, example_page, example_resource
from shared.domain import observation
from shared.domain.activity_type import CODE_PATTERN
from shared.domain.errors import InvalidPeriod
from shared.domain.period import Period

LONGEST_CODE = 100
MOST_FIGURE = 10**15
CRIME_CODE_PATTERN = r"^[0-9]{4,6}$"
PER_CENT = Decimal(100)

Status = Literal["observed", "missing", "confidential", "notApplicable"]
Finality = Literal["preliminary", "final"]


def _period(value: object) -> Period:
    """Return the period that a text such as `2016-03` names."""
    if isinstance(value, str):
        try:
            return Period.parse(value)
        except InvalidPeriod as error:
            (fault,) = error.violations
            raise PydanticCustomError("period", "is no period", {"remedy": fault.remedy}) from error
    raise PydanticCustomError("period", "is not a text", {"remedy": "Write 2016-03, 2016-T1 or 2016."})


PeriodCode = Annotated[
    Period, BeforeValidator(_period), WithJsonSchema({"type": "string", "examples": ["2016-03", "2016-T1", "2016"]})
]
Figure = Annotated[Number, Field(ge=0, le=MOST_FIGURE, allow_inf_nan=False)]
ShownFigure = Annotated[Decimal | None, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]})]

EXAMPLE: dict[str, Any] = {
    "source": "brå",
    "measure": "crimes-by-category",
    "code": "13197",
    "area": "1282",
    "period": "2016-03",
    "numerator": 31,
    "denominator": None,
    "status": "observed",
    "finality": "preliminary",
    "publishedOn": "2016-04-15",
}
ENTRY_EXAMPLE: dict[str, Any] = {
    "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10",
    **EXAMPLE,
    "revision": 1,
    "recordedAt": "2016-04-15T08:00:01Z",
    "revisedAt": "2016-04-15T08:00:01Z",
}
REVISION_EXAMPLE: dict[str, Any] = {
    "revision": 1,
    "numerator": 31,
    "denominator": None,
    "status": "observed",
    "finality": "preliminary",
    "publishedOn": "2016-04-15",
    "revisedAt": "2016-04-15T08:00:01Z",
}


class ObservationBody(Document):
    """An observation as a client sends it. Source, measure, code, area and period are its key."""

    source: Annotated[str, Field(min_length=1, max_length=LONGEST_CODE, description="Who publishes it; no person.")]
    measure: Annotated[
        Annotated[str, Field(pattern=CODE_PATTERN, max_length=LONGEST_CODE)],
        Field(description="What is observed: a measure that an indicator in /indicators observes, or population."),
    ]
    code: Annotated[
        Annotated[str, Field(pattern=CRIME_CODE_PATTERN)] | None,
        Field(description="The crime code or category, where the measure has them."),
    ] = None
    area: Annotated[AreaCode, Field(description="An area or place, from /areas.")]
    period: Annotated[PeriodCode, Field(description="A month, tertial or year.")]
    numerator: Annotated[Figure | None, Field(description="The figure; of a share, the part.")] = None
    denominator: Annotated[Figure | None, Field(description="Of a share, the whole.")] = None
    value: Annotated[
        Annotated[Number, Field(ge=0, le=100, allow_inf_nan=False)] | None,
        Field(description="Of a share, the per cent, where numerator and denominator are not known."),
    ] = None
    status: Annotated[Status, Field(description="Why there is no figure, or that there is one.")] = "observed"
    finality: Annotated[Finality, Field(description="A preliminary figure never replaces a final one.")] = "preliminary"
    published_on: Annotated[Day | None, Field(description="When the source published it.")] = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    @model_validator(mode="after")
    def _is_told_once(self) -> ObservationBody:
        if self.value is not None and (self.numerator is not None or self.denominator is not None):
            remedy = "Give either the value in percent, or numerator and denominator."
            raise PydanticCustomError("told_twice", "tells the figure by value and by its parts", {"remedy": remedy})
        return self

    def as_observation(self) -> observation.Observation:
        """Return the observation as it is to be kept; a value in percent is so many of a hundred."""
        by_value = self.value is not None
        return observation.Observation(
            source=self.source,
            measure=self.measure,
            code=self.code or "",
            area=self.area,
            period=self.period,
            numerator=self.value if by_value else self.numerator,
            denominator=PER_CENT if by_value else self.denominator,
            status=self.status,
            finality=self.finality,
            published_on=self.published_on,
        )


class ObservationEntry(Document):
    """An observation as it is kept."""

    id: UUID
    source: str
    measure: str
    code: str | None
    area: str
    period: Annotated[str, Field(description="A month, tertial or year.", examples=["2016-03"])]
    numerator: ShownFigure
    denominator: ShownFigure
    status: Status
    finality: Finality
    published_on: Day | None
    revision: Annotated[int, Field(description="Rises with every change here; the ETag.")]
    recorded_at: Instant
    revised_at: Instant


class Observation(ObservationEntry, Resource):
    """One observation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"observations/{ENTRY_EXAMPLE['id']}", ENTRY_EXAMPLE)]}
    )


class ObservationPage(PageOf):
    """A page of observations, in the order in which they were first recorded."""

    observations: list[ObservationEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("observations", "observations", ENTRY_EXAMPLE)]}
    )


class ObservationRevision(Document):
    """What an observation said from one change to the next."""

    revision: int
    numerator: ShownFigure
    denominator: ShownFigure
    status: Status
    finality: Finality
    published_on: Day | None
    revised_at: Annotated[Instant, Field(description="When it came to say so.")]


class ObservationRevisionPage(PageOf):
    """A page of what an observation has said, from the first to what it says now."""

    revisions: list[ObservationRevision]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page(f"observations/{ENTRY_EXAMPLE['id']}/revisions", "revisions", REVISION_EXAMPLE)]
        }
    )
