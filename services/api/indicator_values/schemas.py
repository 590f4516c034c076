"""Indicator values as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.paging import DEFAULT_LIMIT, PageLimit, PageNumber
from services.api.schemas import Day, Document, Instant, PageOf, Resource, example_page, example_resource

VALUE_ID = "graffiti-cleanups~all~1282~2016-t1"
EXAMPLE: dict[str, Any] = {
    "id": VALUE_ID,
    "indicatorCode": "graffiti-cleanups",
    "areaCode": "1282",
    "periodType": "tertial",
    "period": "2016-T1",
    "periodStart": "2016-01-01",
    "periodEnd": "2016-04-30",
    "numerator": 31,
    "denominator": None,
    "value": 31,
    "leftOut": 0,
    "slice": "all",
    "unit": "count",
    "status": "observed",
    "finality": "preliminary",
    "revision": 2,
    "targets": [{"rule": "atMost", "per": "year", "value": 100, "judgement": "onCourse", "forecast": 93.77}],
    "definitionVersion": 1,
    "computedAt": "2016-05-02T08:15:30.000000Z",
}
PART_EXAMPLE: dict[str, Any] = {
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


class ValueQuery(BaseModel):
    """What may be asked of the list."""

    model_config = ConfigDict(frozen=True)

    indicator: Annotated[list[str], Field(description="Indicator codes; any when left out.")] = []
    area: Annotated[list[str], Field(description="Area codes; any when left out.")] = []
    period_type: Annotated[
        Literal["month", "tertial", "year"] | None, Field(alias="periodType", description="month, tertial or year.")
    ] = None
    begins_from: Annotated[
        str | None,
        Field(alias="from", description="Periods that begin with this one or later: 2016-03, 2016-T1, 2016."),
    ] = None
    begins_to: Annotated[
        str | None, Field(alias="to", description="Periods that begin before this one ends: 2016-03, 2016-T1, 2016.")
    ] = None
    page: PageNumber = 1
    limit: PageLimit = DEFAULT_LIMIT


class JudgedTarget(Document):
    """A target, and what became of it by the end of the period."""

    rule: Literal["atMost", "atLeast", "between", "lessThanBefore", "moreThanBefore", "notBelowBefore"]
    per: Literal["month", "tertial", "year"]
    value: float | None = None
    upper_value: float | None = None
    judgement: Literal["met", "onCourse", "atRisk", "missed", "notJudged"]
    forecast: Annotated[float | None, Field(description="The value expected at the end of the target's span.")] = None


class IndicatorValueEntry(Document):
    """One figure: an indicator in an area and a period."""

    id: Annotated[str, Field(description="Follows from indicator, slice, area and period, and never changes.")]
    indicator_code: str
    area_code: str
    period_type: Literal["month", "tertial", "year"]
    period: Annotated[str, Field(description="2016-03, 2016-T1 or 2016.")]
    period_start: Day
    period_end: Annotated[Day, Field(description="The last day, which belongs to the period.")]
    numerator: float | None
    denominator: Annotated[float | None, Field(description="Null for counts and sums.")]
    value: Annotated[float | None, Field(description="Numerator by denominator, in the unit; null when missing.")]
    left_out: Annotated[int, Field(description="Cases counted apart: not yet due, or not enough is known.")]
    slice: str
    unit: Literal["count", "percent"]
    status: Literal["observed", "zero", "missing", "notApplicable", "suppressed"]
    finality: Literal["preliminary", "final"]
    revision: Annotated[int, Field(description="Grows by one each time the figure changes.")]
    targets: list[JudgedTarget]
    definition_version: int
    computed_at: Instant


class IndicatorValue(IndicatorValueEntry, Resource):
    """One figure, with the link to itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"indicator-values/{VALUE_ID}", EXAMPLE)]}
    )


class IndicatorValuePage(PageOf):
    """A page of figures."""

    indicator_values: list[IndicatorValueEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("indicator-values", "indicatorValues", EXAMPLE)]}
    )


class LeftOut(Document):
    """Why an activity counts neither in the numerator nor in the denominator."""

    reason: str
    sv: str
    en: str


class PartEntry(Document):
    """One activity behind a figure."""

    activity_id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    source: str
    external_id: str | None
    type: str
    area: str
    counted_on: Annotated[Day, Field(description="The date that puts it in the period.")]
    numerator: Annotated[float | None, Field(description="What it adds to the numerator.")]
    denominator: Annotated[float | None, Field(description="What it adds to the denominator.")]
    left_out: LeftOut | None


class PartPage(PageOf):
    """A page of the activities behind a figure."""

    activities: list[PartEntry]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page(f"indicator-values/{VALUE_ID}/activities", "activities", PART_EXAMPLE)]
        }
    )
