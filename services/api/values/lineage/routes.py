"""`/indicator-values/{indicatorValueId}/…`: the facts that a figure is made of, a list for each kind."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from services.api.http.auth import READ, REPORT
from services.api.http.dependencies import Definitions, Reading, Today
from services.api.http.problems import UnknownPath, problems_of
from services.api.http.responses import Paging, page_answer, slice_answer
from services.api.http.routing import router
from services.api.http.time_limits import narrowed_by
from services.api.values.lineage.observations import observations_behind
from services.api.values.lineage.queries import LISTS, parts_behind, removal_of
from services.api.values.lineage.schemas import (
    ActivityPartPage,
    CommitmentPartPage,
    ObservationPartPage,
    PlacePartPage,
)
from services.api.values.lookup import definition_of, key_of, value_of
from services.api.values.schemas import ValueId
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.domain.errors import UnknownIndicatorValue
from shared.facts.removed_periods import find_removal

value_parts = router("indicator-values")

# What is listed of a period whose facts have been removed: some may be left, but not all that the figure is made of.
NOTHING: list[dict[str, Any]] = []
NARROWED = narrowed_by("Ask for the value of a smaller area inside, or of a shorter period.")


@value_parts.get(
    "/{indicatorValueId}/activities",
    response_model=ActivityPartPage,
    dependencies=[READ, NARROWED],
    summary="List the activities behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_activities_behind(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Response:
    """Visa aktiviteterna bakom ett värde. / Show the activities behind a value.

    Varje aktivitets del i täljare och nämnare, och vad som inte räknats med och varför. /
    Each activity's part in numerator and denominator, and what was not counted and why.
    """
    definition = await _made_of("activity", request, definitions, value_id)
    key = key_of(value_id)
    owner = definitions.owners.get(key.indicator)
    removal = await find_removal(reading, key.period.start)
    total, entries = 0, NOTHING
    if removal is None:
        total, entries = await parts_behind(reading, definition, key, owner, page, today)
    return page_answer(request, page, total, "activities", entries, removal_of(removal))


@value_parts.get(
    "/{indicatorValueId}/places",
    response_model=PlacePartPage,
    dependencies=[READ, NARROWED],
    summary="List the places behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_places_behind(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Response:
    """Visa platserna bakom ett värde. / Show the places behind a value.

    För ett läge: varje plats på periodens sista dag med en överenskommelse i kraft, eller i dag. För förväntade besök:
    varje plats och månad. Där står också vad som inte räknats med och varför. /
    For a state: each place on the last day of the period with an agreement in force, or today. For expected visits:
    each place and month. It also says what was not counted, and why.
    """
    definition = await _made_of("place", request, definitions, value_id)
    key = key_of(value_id)
    owner = definitions.owners.get(key.indicator)
    removal = await find_removal(reading, key.period.start)
    total, entries = 0, NOTHING
    if removal is None:
        total, entries = await parts_behind(reading, definition, key, owner, page, today)
    return page_answer(request, page, total, "places", entries, removal_of(removal))


@value_parts.get(
    "/{indicatorValueId}/commitments",
    response_model=CommitmentPartPage,
    dependencies=[READ, NARROWED],
    summary="List the commitments behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_commitments_behind(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Response:
    """Visa åtagandena bakom ett värde. / Show the commitments behind a value.

    Varje åtagande i vart och ett av sina områden, hur långt arbetet har kommit, och vad som inte räknats med och
    varför. Åtagandena finns kvar också när aktiviteterna har gallrats. / Each commitment in each of its areas, its
    progress, and what was not counted and why. Commitments stay when their activities have been removed.
    """
    definition = await _made_of("commitment", request, definitions, value_id)
    key = key_of(value_id)
    owner = definitions.owners.get(key.indicator)
    removal = await find_removal(reading, key.period.start)
    total, entries = await parts_behind(reading, definition, key, owner, page, today)
    return page_answer(request, page, total, "commitments", entries, removal_of(removal))


@value_parts.get(
    "/{indicatorValueId}/observations",
    response_model=ObservationPartPage,
    dependencies=[REPORT, NARROWED],
    summary="List the observations behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_observations_behind(
    request: Request, reading: Reading, definitions: Definitions, page: Paging, value_id: ValueId
) -> Response:
    """Visa mätvärdena bakom ett värde. / Show the observations behind a value.

    Dess egna, eller de från andra områden och månader som har summerats; vad summan ännu väntar på; vad som inte
    räknats med och varför. Ett dolt värde visas här, så behörigheten `report` krävs. /
    Its own, or those of other areas and months that were added up; what the sum still waits for; what was not counted
    and why. A suppressed value is shown here, so reading it requires the scope `report`.
    """
    definition = await _made_of("observation", request, definitions, value_id)
    key = key_of(value_id)
    owner = definitions.owners.get(key.indicator)
    removal = await find_removal(reading, key.period.start)
    entries = await observations_behind(reading, definition, key, owner) if removal is None else NOTHING
    return slice_answer(request, page, "observations", entries, removal_of(removal))


async def _made_of(basis: str, request: Request, definitions: Catalogue, value_id: str) -> IndicatorDefinition:
    """Return the definition of a value that is made of facts of this kind.

    Raises:
        UnknownIndicatorValue: there is no such value.
        UnknownPath: it is made of facts of another kind.

    """
    key = key_of(value_id)
    value = await value_of(request, key)
    definition = definition_of(definitions, key)
    if definition.basis != basis:
        address = f"/indicator-values/{value['id']}/{LISTS[definition.basis]}"
        raise UnknownPath(f"This value is made of {LISTS[definition.basis]}: see {address}.")
    return definition
