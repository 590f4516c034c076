"""`/activities`: report what was done, correct it, take it back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Query, Request, Response
from pydantic import WrapValidator
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.activities import changes, queries
from services.api.activities.schemas import Activity, ActivityPage
from services.api.http.auth import READ, REPORT
from services.api.http.dependencies import Connection, Definitions, LockedDefinitions, Reading, Today, resources_of
from services.api.http.filter_codes import agreement_id_of, area_id_of, unknown_code
from services.api.http.problems import InvalidQuery, MissingPrecondition, problems_of
from services.api.http.responses import Answer, IfMatch, Paging, etag, page_answer, resource
from services.api.http.routing import router
from shared.domain.activity import ActivityStatus
from shared.domain.errors import (
    InvalidActivity,
    InvalidDuplicate,
    OutdatedVersion,
    StaleRevision,
    UnknownActivity,
    UnknownDuplicate,
    Violation,
)
from shared.domain.fields import Day
from shared.facts.activities import FactOutcome
from shared.facts.duplicates import link, unlink
from shared.facts.references import ReferenceCache
from shared.intake.activities import admit
from shared.intake.activity_form import ActivityBody

activities = router("activities")

# Left as it was sent: the form, the references and the rules are checked together, to report all faults at once.
Sent = Annotated[ActivityBody, WrapValidator(lambda sent, _handler: sent), Body()]
ActivityId = Annotated[UUID, Path(alias="activityId", description="The activity's id here.")]
DuplicateId = Annotated[
    UUID, Path(alias="duplicateId", description="The activity that does not count, since it is of the same event.")
]


@activities.post(
    "",
    response_model=Activity,
    responses={
        201: {"model": Activity, "description": "Created."},
        **problems_of(InvalidActivity, OutdatedVersion),
    },
    dependencies=[REPORT],
    summary="Report an activity",
)
async def report_activity(
    request: Request, connection: Connection, definitions: LockedDefinitions, today: Today, sent: Sent
) -> Answer:
    """Rapportera en aktivitet. / Report an activity.

    Finns källans `externalId` redan, rättas den aktiviteten (200) i stället för att en ny skapas (201). /
    If the source has sent the same `externalId` before, that activity is corrected (200); otherwise it is new (201).
    """
    fact = await admit(connection, resources_of(request).singleton(ReferenceCache), definitions, today, sent)
    recorded = await changes.record_latest(connection, fact, definitions, today)
    return await _show(request, connection, recorded.activity_id, created=recorded.outcome is FactOutcome.CREATED)


@activities.get("", response_model=ActivityPage, dependencies=[READ], summary="List activities")
async def list_activities(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    page: Paging,
    area: Annotated[str | None, Query(description="In this area, or anywhere inside it.")] = None,
    agreement: Annotated[str | None, Query(description="Of the agreement with this code.")] = None,
    annex: Annotated[int | None, Query(ge=0, le=2**15 - 1, description="Of annexes with this number.")] = None,
    type_: Annotated[str | None, Query(alias="type", description="Of this activity type.")] = None,
    status: Annotated[ActivityStatus | None, Query(description="Of this status.")] = None,
    source: Annotated[str | None, Query(description="Reported by this source.")] = None,
    external_id: Annotated[str | None, Query(alias="externalId", description="With this id at its source.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="Counting on this day or later.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Counting on this day or earlier.")] = None,
    unreported: Annotated[bool, Query(description="Only those planned for a day that has passed.")] = False,  # noqa: FBT002  a query parameter
) -> Answer:
    """Visa aktiviteter, i den ordning de först kom in. / List activities, in the order they were first recorded."""
    if type_ is not None and type_ not in definitions.activity_types:
        raise unknown_code("type", "Take a code from /activity-types.")
    if first and last and last < first:
        raise InvalidQuery("The span has no days.", [Violation("to", "is before 'from'", "Give a later day.")])
    wanted = queries.ActivityFilter(
        area_id=await area_id_of(reading, area),
        agreement_id=await agreement_id_of(reading, agreement),
        annex=annex,
        activity_type=type_,
        status=status,
        source=source,
        external_id=external_id,
        first=first,
        last=last,
        unreported_by=today if unreported else None,
    )
    total = await queries.count(reading, wanted)
    page.check(total)
    return page_answer(request, page, total, "activities", await queries.entries(reading, wanted, page))


@activities.get("/{activityId}", response_model=Activity, dependencies=[READ], summary="Show an activity")
async def show_activity(request: Request, reading: Reading, activity_id: ActivityId) -> Answer:
    """Visa en aktivitet, med den ETag som en ändring ska bygga på. / Show an activity, with its ETag for changes."""
    return await _show(request, reading, activity_id)


@activities.put(
    "/{activityId}",
    response_model=Activity,
    responses=problems_of(InvalidActivity, UnknownActivity, StaleRevision, MissingPrecondition, OutdatedVersion),
    dependencies=[REPORT],
    summary="Correct an activity",
)
async def correct_activity(
    request: Request,
    connection: Connection,
    definitions: LockedDefinitions,
    today: Today,
    activity_id: ActivityId,
    sent: Sent,
    if_match: IfMatch = None,
) -> Answer:
    """Ersätt en aktivitet med rättade uppgifter. / Replace an activity by a corrected one.

    `source` och `externalId` kan inte ändras. / `source` and `externalId` cannot change.
    """
    current = await changes.lock(connection, activity_id, if_match)
    references = resources_of(request).singleton(ReferenceCache)
    await changes.correct(connection, references, definitions, today, activity_id, current, sent)
    return await _show(request, connection, activity_id)


@activities.delete(
    "/{activityId}",
    status_code=204,
    responses=problems_of(UnknownActivity, StaleRevision, MissingPrecondition),
    dependencies=[REPORT],
    summary="Take an activity back",
)
async def erase_activity(
    connection: Connection, today: Today, activity_id: ActivityId, if_match: IfMatch = None
) -> Response:
    """Ta bort en aktivitet, som om den aldrig rapporterats. / Remove an activity, as if it had never been reported."""
    await changes.lock(connection, activity_id, if_match)
    await changes.take_back(connection, activity_id, today)
    return Response(status_code=204)


@activities.put(
    "/{activityId}/duplicates/{duplicateId}",
    response_model=Activity,
    responses=problems_of(UnknownActivity, InvalidDuplicate),
    dependencies=[REPORT],
    summary="Link a duplicate",
)
async def link_duplicate(
    request: Request, connection: Connection, today: Today, activity_id: ActivityId, duplicate_id: DuplicateId
) -> Answer:
    """Koppla ihop två källors rapporter om samma händelse. / Link two sources' reports of one event.

    Bara den första räknas. Kopplingen finns kvar när källan skickar dubbletten igen. / Only the first counts. The link
    stays when its source sends the duplicate again.
    """
    await link(connection, activity_id, duplicate_id, today)
    return await _show(request, connection, duplicate_id)


@activities.delete(
    "/{activityId}/duplicates/{duplicateId}",
    status_code=204,
    responses=problems_of(UnknownDuplicate),
    dependencies=[REPORT],
    summary="Unlink a duplicate",
)
async def unlink_duplicate(
    connection: Connection, today: Today, activity_id: ActivityId, duplicate_id: DuplicateId
) -> Response:
    """Ta bort kopplingen: båda räknas igen. / Remove the link: both count again."""
    await unlink(connection, activity_id, duplicate_id, today)
    return Response(status_code=204)


async def _show(request: Request, connection: AsyncConnection, activity_id: UUID, *, created: bool = False) -> Answer:
    entry = await queries.find(connection, activity_id)
    if entry is None:
        raise UnknownActivity
    return resource(
        request, f"activities/{activity_id}", entry, created=created, headers={"ETag": etag(entry["revision"])}
    )
