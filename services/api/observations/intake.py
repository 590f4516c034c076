"""From what a client sent to an observation that can be recorded, or to every reason why it cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.observations import queries
from services.api.observations.schemas import ObservationBody
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.domain.activity import Span
from shared.domain.errors import InvalidObservation, Violation
from shared.domain.observation import INHABITANTS, POPULATION, Observable, check
from shared.domain.period import PeriodType
from shared.facts.observations import Fact

# An area's id, and the days on which it exists.
Place = tuple[int, Span]


def find_observable(catalogue: Catalogue, measure: str) -> Observable | None:
    """Return what may be observed of a measure: what the definitions read, or how many inhabitants there are."""
    if measure == POPULATION:
        return INHABITANTS
    readers = catalogue.measures.get(measure, ())
    return _observable(readers) if readers else None


def _observable(readers: Collection[IndicatorDefinition]) -> Observable:
    """Return what all that is read from one measure asks of it."""
    adds_up = all(definition.kind == "observed" for definition in readers)
    return Observable(
        period_types=(PeriodType.MONTH, PeriodType.YEAR) if adds_up else tuple(PeriodType),
        by_code=any(definition.observes and definition.observes.codes for definition in readers),
        adds_up=adds_up,
        is_share=any(definition.is_share for definition in readers),
        is_whole=all(definition.unit == "count" for definition in readers),
    )


async def admit(connection: AsyncConnection, catalogue: Catalogue, today: date, body: ObservationBody) -> Fact:
    """Return what was sent as a fact.

    Raises:
        InvalidObservation: with everything that is wrong.

    """
    areas = await find_areas(connection, [body.area])
    judged = judge(body, areas.get(body.area), catalogue, today)
    if isinstance(judged, Fact):
        return judged
    raise InvalidObservation("The observation cannot be recorded as it is.", judged)


async def find_areas(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, Place]:
    """Return the ids of areas and when they exist, by code; unknown ones are left out."""
    rows = await queries.find_areas(connection, codes)
    return {row.code: (row.area_id, _span(row.valid.lower, row.valid.upper)) for row in rows}


def judge(body: ObservationBody, place: Place | None, catalogue: Catalogue, today: date) -> Fact | list[Violation]:
    """Return what was sent as a fact, or everything that is wrong with it; `place` is None when there is no such."""
    observation = body.as_observation()
    observable = find_observable(catalogue, observation.measure)
    violations = check(observation, observable, place[1] if place else None, today)
    if violations or place is None:
        return violations if body.value is None else _of_value(violations)
    return Fact(observation, place[0])


def _of_value(violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations as they are of a figure that was sent as `value`."""
    parts = {"numerator", "denominator"}
    told = (replace(fault, field="value") if fault.field in parts else fault for fault in violations)
    return list(dict.fromkeys(told))


def _span(first: date | None, following: date | None) -> Span:
    last = date.max if following is None else date.fromordinal(following.toordinal() - 1)
    return Span(first or date.min, last)
