"""`/observations`: report figures that come from elsewhere, correct them, take them back.

Reading them asks for more than a key that reads: what a figure of few persons hides is given here in clear.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.auth import REPORT
from services.api.http.dependencies import Connection, Definitions, LockedDefinitions, Reading, Today
from services.api.http.filter_codes import area_id_of, unknown_code
from services.api.http.problems import InvalidQuery, MissingPrecondition, problems_of
from services.api.http.responses import Answer, IfMatch, Paging, etag, page_answer, refuse_stale, resource, slice_answer
from services.api.http.routing import router
from services.api.observations import queries
from services.api.observations.schemas import Observation, ObservationPage, ObservationRevisionPage
from shared.domain.errors import (
    InvalidObservation,
    InvalidPeriod,
    OutdatedObservation,
    StaleRevision,
    UnknownObservation,
    Violation,
)
from shared.domain.fields import Day
from shared.domain.period import Period, PeriodType
from shared.facts.activities import FactOutcome
from shared.facts.observations import ObservationFact, RecordedObservation, erase_observation, record_observation
from shared.intake.observations import CRIME_CODE_PATTERN, Finality, ObservationBody, admit, find_observable

observations = router("observations")

ObservationId = Annotated[UUID, Path(alias="observationId", description="The observation's id here.")]
Code = Annotated[str | None, Query(pattern=CRIME_CODE_PATTERN, description="Of this crime code or category.")]


@observations.post(
    "",
    response_model=Observation,
    responses={
        201: {"model": Observation, "description": "Created."},
        **problems_of(InvalidObservation, OutdatedObservation),
    },
    dependencies=[REPORT],
    summary="Report an observation",
)
async def report_observation(
    request: Request, connection: Connection, definitions: LockedDefinitions, today: Today, body: ObservationBody
) -> Answer:
    """Rapportera ett mätvärde. / Report an observation.

    Finns ett med samma källa, mått, kod, område och period, rättas det (200); annars skapas ett nytt (201). Ett
    preliminärt värde ersätter aldrig ett slutligt. / One with the same source, measure, code, area and period is
    corrected (200); otherwise it is new (201). A preliminary value never replaces a final one.
    """
    recorded = await _record(connection, await admit(connection, definitions, today, body))
    return await _show(request, connection, recorded.observation_id, created=recorded.outcome is FactOutcome.CREATED)


@observations.get(
    "",
    response_model=ObservationPage,
    responses=problems_of(InvalidPeriod),
    dependencies=[REPORT],
    summary="List observations",
)
async def list_observations(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    page: Paging,
    measure: Annotated[str | None, Query(description="Of this measure.")] = None,
    code: Code = None,
    area: Annotated[str | None, Query(description="Of exactly this area.")] = None,
    period: Annotated[str | None, Query(description="Of exactly this period.")] = None,
    period_type: Annotated[PeriodType | None, Query(alias="periodType", description="Of such periods.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="Of periods that begin on this day or later.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Of periods that begin on this day or earlier.")] = None,
    finality: Annotated[Finality | None, Query(description="Only preliminary ones, or final ones.")] = None,
    source: Annotated[str | None, Query(description="From this source.")] = None,
) -> Answer:
    """Visa mätvärden, i den ordning de först kom in. / List observations, in the order they were first recorded."""
    if measure is not None and find_observable(definitions, measure) is None:
        raise unknown_code("measure", "Take a measure that an indicator in /indicators observes.")
    if first and last and last < first:
        raise InvalidQuery("The span has no days.", [Violation("to", "is before 'from'", "Give a later day.")])
    wanted = queries.ObservationFilter(
        measure=measure,
        code=code,
        area_id=await area_id_of(reading, area),
        period=None if period is None else Period.parse(period),
        period_type=period_type,
        first=first,
        last=last,
        finality=finality,
        source=source,
    )
    total = await queries.count(reading, wanted)
    page.check(total)
    return page_answer(request, page, total, "observations", await queries.entries(reading, wanted, page))


@observations.get(
    "/{observationId}",
    response_model=Observation,
    responses=problems_of(UnknownObservation),
    dependencies=[REPORT],
    summary="Show an observation",
)
async def show_observation(request: Request, reading: Reading, observation_id: ObservationId) -> Answer:
    """Visa ett mätvärde, med den ETag som en ändring ska bygga på. / Show an observation, with its ETag for changes."""
    return await _show(request, reading, observation_id)


@observations.get(
    "/{observationId}/revisions",
    response_model=ObservationRevisionPage,
    responses=problems_of(UnknownObservation),
    dependencies=[REPORT],
    summary="List what an observation has said",
)
async def list_observation_revisions(
    request: Request, reading: Reading, observation_id: ObservationId, page: Paging
) -> Answer:
    """Visa ett mätvärdes alla versioner, den gällande sist. / List all revisions of an observation, oldest first."""
    revisions = await queries.revisions(reading, observation_id)
    if not revisions:
        raise UnknownObservation
    return slice_answer(request, page, "revisions", revisions)


@observations.put(
    "/{observationId}",
    response_model=Observation,
    responses=problems_of(
        InvalidObservation, UnknownObservation, StaleRevision, MissingPrecondition, OutdatedObservation
    ),
    dependencies=[REPORT],
    summary="Correct an observation",
)
async def correct_observation(
    request: Request,
    connection: Connection,
    definitions: LockedDefinitions,
    today: Today,
    observation_id: ObservationId,
    body: ObservationBody,
    if_match: IfMatch = None,
) -> Answer:
    """Ersätt ett mätvärde med ett rättat. / Replace an observation by a corrected one.

    Källa, mått, kod, område och period kan inte ändras. / Source, measure, code, area and period cannot change.
    """
    current = await _lock(connection, observation_id, if_match)
    fact = await admit(connection, definitions, today, body)
    _refuse_other_key(fact, current)
    await _record(connection, fact)
    return await _show(request, connection, observation_id)


@observations.delete(
    "/{observationId}",
    status_code=204,
    responses=problems_of(UnknownObservation, StaleRevision, MissingPrecondition),
    dependencies=[REPORT],
    summary="Take an observation back",
)
async def erase_one_observation(
    connection: Connection, observation_id: ObservationId, if_match: IfMatch = None
) -> Response:
    """Ta bort ett mätvärde och dess historik. / Delete an observation and its history."""
    await _lock(connection, observation_id, if_match)
    await erase_observation(connection, observation_id)
    return Response(status_code=204)


async def _record(connection: AsyncConnection, fact: ObservationFact) -> RecordedObservation:
    recorded = await record_observation(connection, fact)
    if recorded.outcome is FactOutcome.OUTDATED:
        raise OutdatedObservation("A final figure is kept of this observation. Only another final one can replace it.")
    return recorded


async def _show(
    request: Request, connection: AsyncConnection, observation_id: UUID, *, created: bool = False
) -> Answer:
    entry = await queries.find(connection, observation_id)
    if entry is None:
        raise UnknownObservation
    headers = {"ETag": etag(entry["revision"])}
    return resource(request, f"observations/{observation_id}", entry, created=created, headers=headers)


async def _lock(connection: AsyncConnection, observation_id: UUID, if_match: str | None) -> queries.Entry:
    """Return the observation as it is stored, locked, if the client has read its latest revision."""
    current = await queries.lock(connection, observation_id)
    if current is None:
        raise UnknownObservation
    refuse_stale(if_match, current["revision"])
    return current


def _refuse_other_key(fact: ObservationFact, current: queries.Entry) -> None:
    observation = fact.observation
    sent = {
        "source": observation.source,
        "measure": observation.measure,
        "code": observation.code or None,
        "area": observation.area,
        "period": observation.period.code,
    }
    remedy = "Send it as it is kept; for another one, report a new observation."
    violations = [Violation(name, "cannot change", remedy) for name, value in sent.items() if value != current[name]]
    if violations:
        raise InvalidObservation("The observation cannot become another one.", violations)
