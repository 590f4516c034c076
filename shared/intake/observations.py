"""From a JSON value to an observation that can be recorded, or to every reason why it cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Date, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.db.access import may_write
from shared.db.tables import area
from shared.domain.activity import Span
from shared.domain.codes import AreaCode
from shared.domain.errors import InvalidObservation, InvalidPeriod, Violation
from shared.domain.fields import LONGEST_CODE, NOT_BLANK, Code, Day, Document, Number
from shared.domain.observation import INHABITANTS, NEVER_REMOVED, POPULATION, Observable, Observation, check
from shared.domain.period import EVERYWHERE, Period, PeriodType
from shared.domain.removed_facts import of_removed_period
from shared.facts.observations import ObservationFact

MOST_FIGURE = 10**15
LEAST_FIGURE = Decimal("1e-15")
"""Of those that are not 0: in per cent of one that is smaller, others are more than JSON's readers take."""
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


def _figure(number: Decimal) -> Decimal:
    if 0 < number < LEAST_FIGURE:
        raise PydanticCustomError("figure", "is too small", {"remedy": "Write 0, or check the value."})
    return number


Figure = Annotated[Number, Field(ge=0, le=MOST_FIGURE, allow_inf_nan=False), AfterValidator(_figure)]

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


class KnownArea(NamedTuple):
    """An area's id, the days on which it exists, and the day before which facts have been removed."""

    area_id: int
    exists: Span
    facts_removed_before: date | None


_REMOVED_BEFORE = literal_column("(SELECT nullif(facts_removed_before(), '-infinity'))", Date).label("removed_before")


class ObservationBody(Document):
    """An observation as a client sends it. Source, measure, code, area and period are its key."""

    source: Annotated[
        str, Field(min_length=1, max_length=LONGEST_CODE, description="Who publishes it; no person."), NOT_BLANK
    ]
    measure: Annotated[
        Code,
        Field(description="What is observed: a measure that an indicator in /indicators observes, or population."),
    ]
    code: Annotated[
        Annotated[str, Field(pattern=CRIME_CODE_PATTERN)] | None,
        Field(description="The crime code or category, where the measure has them."),
    ] = None
    area: Annotated[AreaCode, Field(description="An area or place, from /areas.")]
    period: Annotated[PeriodCode, Field(description="A month, tertial or year.")]
    numerator: Annotated[
        Figure | None, Field(description="The figure; of a share, the part; of a mean, the sum of the answers.")
    ] = None
    denominator: Annotated[
        Figure | None, Field(description="Of a share, the whole; of a mean, the number of answers.")
    ] = None
    value: Annotated[
        Figure | None,
        Field(
            description="In the place of the numerator: the share in per cent, or the mean. The denominator may be "
            "left out for a share that is never added up."
        ),
    ] = None
    status: Annotated[Status, Field(description="Why there is no figure, or that there is one.")] = "observed"
    finality: Annotated[Finality, Field(description="A preliminary figure never replaces a final one.")] = "preliminary"
    published_on: Annotated[Day | None, Field(description="When the source published it.")] = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    @model_validator(mode="after")
    def _figure_is_given_once(self) -> ObservationBody:
        if self.value is not None and self.numerator is not None:
            remedy = "Give either the value or the numerator."
            raise PydanticCustomError("told_twice", "tells the figure by value and by its parts", {"remedy": remedy})
        return self

    def as_observation(self, observable: Observable | None) -> Observation:
        """Return the observation as it is to be stored; a value in percent without its whole is so many of a hundred.

        A figure that is added up, and a mean, stay without a denominator that was not sent.
        """
        numerator, denominator = self.numerator, self.denominator
        if self.value is not None:
            is_mean = observable is not None and observable.is_mean
            if denominator is None and not (is_mean or (observable and observable.is_share and observable.adds_up)):
                denominator = PER_CENT
            whole = PER_CENT if denominator is None else denominator
            numerator = self.value * whole if is_mean else self.value * whole / PER_CENT
        return Observation(
            source=self.source,
            measure=self.measure,
            code=self.code or "",
            area=self.area,
            period=self.period,
            numerator=numerator,
            denominator=denominator,
            status=self.status,
            finality=self.finality,
            published_on=self.published_on,
        )


def find_observable(catalogue: Catalogue, measure: str) -> Observable | None:
    """Return what may be observed of a measure: what the definitions read, or how many inhabitants there are."""
    if measure == POPULATION:
        return INHABITANTS
    readers = catalogue.measures.get(measure, ())
    return _observable(readers) if readers else None


def _observable(readers: Collection[IndicatorDefinition]) -> Observable:
    """Return what all that is read from one measure asks of it."""
    adds_up = all(definition.kind == "observed" for definition in readers)
    # Of few persons, both parts of a share count persons.
    counted = {"count", "percent"} if any(one.suppress_below is not None for one in readers) else {"count"}
    bounds = next((one.observes.between for one in readers if one.observes and one.observes.between), None)
    return Observable(
        period_types=(PeriodType.MONTH, PeriodType.YEAR) if adds_up else EVERYWHERE,
        by_code=any(definition.observes and definition.observes.codes for definition in readers),
        adds_up=adds_up,
        is_share=any(definition.unit == "percent" for definition in readers),
        is_mean=any(definition.unit == "mean" for definition in readers),
        is_whole=all(definition.unit in counted for definition in readers),
        between=(_exact(bounds[0]), _exact(bounds[1])) if bounds else None,
    )


def _exact(bound: float) -> Decimal:
    return Decimal(int(bound)) if bound.is_integer() else Decimal(str(bound))


async def admit(
    connection: AsyncConnection, catalogue: Catalogue, today: date, body: ObservationBody
) -> ObservationFact:
    """Return what was sent as a fact.

    Raises:
        InvalidObservation: with everything that is wrong.

    """
    areas = await find_areas(connection, [body.area])
    judged = judge(body, areas.get(body.area), catalogue, today)
    if isinstance(judged, ObservationFact):
        return judged
    raise InvalidObservation("The observation cannot be recorded as it is.", judged)


async def find_areas(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, KnownArea]:
    """Return the ids of areas and when they exist, by code, but for those that are unknown or may not be written in."""
    columns = (area.c.code, area.c.area_id, area.c.valid, _REMOVED_BEFORE)
    statement = select(*columns).where(area.c.code.in_(list(codes)))
    return {
        row.code: KnownArea(row.area_id, _span(row.valid.lower, row.valid.upper), row.removed_before)
        for row in await connection.execute(statement)
        if may_write(row.area_id)
    }


def judge(
    body: ObservationBody, place: KnownArea | None, catalogue: Catalogue, today: date
) -> ObservationFact | list[Violation]:
    """Return what was sent as a fact, or everything that is wrong with it; `place` is None when there is no such."""
    observable = find_observable(catalogue, body.measure)
    observation = body.as_observation(observable)
    violations = check(observation, observable, place.exists if place else None, today)
    before = place.facts_removed_before if place else None
    if before is not None and observation.period.start < before and observation.measure not in NEVER_REMOVED:
        violations.append(of_removed_period("period", before))
    if observation.numerator is not None and observation.numerator > MOST_FIGURE:
        violations.append(
            Violation("numerator", "makes a sum that is too large", "Check the value and the denominator.")
        )
    if violations or place is None:
        return violations if body.value is None else _of_value(violations, observation, body)
    return ObservationFact(observation, place.area_id)


def _of_value(violations: Iterable[Violation], observation: Observation, body: ObservationBody) -> list[Violation]:
    """Return the violations as they are of a figure that was sent as `value`, with a denominator or without."""
    supplied = body.denominator is None and observation.denominator is not None
    parts = {"numerator", "denominator"} if supplied else {"numerator"}
    renamed = [replace(fault, field="value") if fault.field in parts else fault for fault in violations]
    if supplied and body.value is not None and body.value > PER_CENT:
        too_much = Violation("value", "is more than 100", "Give the share in per cent.")
        renamed = [too_much, *(fault for fault in renamed if fault.field != "value")]
    return list(dict.fromkeys(renamed))


def _span(first: date | None, following: date | None) -> Span:
    last = date.max if following is None else date.fromordinal(following.toordinal() - 1)
    return Span(first or date.min, last)
