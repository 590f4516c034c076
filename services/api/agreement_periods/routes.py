"""`/agreements/{agreementCode}/periods`: closing a period, reopening it, and what was frozen by it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.agreement_periods.addresses import NOT_FOUND, PeriodCode, found_period, path_of, period_of
from services.api.agreement_periods.schemas import (
    AgreementPeriod,
    AgreementPeriodPage,
    StepBody,
    StepPage,
    StepResource,
)
from services.api.agreements.schemas import AgreementCode
from services.api.http.actors import actor_of
from services.api.http.auth import COORDINATE, READ
from services.api.http.authority import has_scope_over_agreement, require_authority_over_agreement
from services.api.http.dependencies import LockedStructureDefinitions, Reading, StructureConnection, Today
from services.api.http.problems import OutsideAreas, UnknownPath, problems_of
from services.api.http.responses import Answer, Paging, resource, slice_answer
from services.api.http.routing import router
from shared.closing import reading as frozen
from shared.closing.periods import AgreementPeriod as PeriodOfAgreement
from shared.closing.periods import periods_of_agreement
from shared.closing.steps import Taker, WantedStep, mark_ready, refuse_reason, take_step, unmark_ready
from shared.db.keys import KeyScope
from shared.domain.errors import (
    FiguresNotSettled,
    InvalidStep,
    StepNotPossible,
    UnknownAgreement,
    UnknownAgreementPeriod,
    UnknownAnnex,
)
from shared.read_model.texts import instant_text

agreement_periods = router("agreements")

Number = Annotated[int, Path(description="The annex's number.", examples=[4], ge=1, le=999)]
StepId = Annotated[UUID, Path(alias="stepId", description="The step's id.")]


@agreement_periods.get(
    "/{agreementCode}/periods",
    response_model=AgreementPeriodPage,
    responses=problems_of(UnknownAgreement),
    dependencies=[READ],
    summary="List an agreement's periods",
)
async def list_agreement_periods(
    request: Request, reading: Reading, today: Today, agreement_code: AgreementCode, page: Paging
) -> Answer:
    """Visa hur långt stängningen av varje period har kommit. / List how far the closing of each period has come."""
    periods = await periods_of_agreement(reading, agreement_code, today)
    return slice_answer(request, page, "periods", [_summary(one) for one in periods])


@agreement_periods.get(
    "/{agreementCode}/periods/{period}",
    response_model=AgreementPeriod,
    responses=NOT_FOUND,
    dependencies=[READ],
    summary="Show a period of an agreement",
)
async def show_agreement_period(
    request: Request, reading: Reading, agreement_code: AgreementCode, period: PeriodCode
) -> Answer:
    """Visa en period, och vilka bilagor som är klarmarkerade. / Show a period, and which annexes are marked ready."""
    return await _show(request, reading, await found_period(reading, agreement_code, period))


@agreement_periods.put(
    "/{agreementCode}/periods/{period}/ready-annexes/{number}",
    response_model=AgreementPeriod,
    responses=problems_of(UnknownAgreement, UnknownAgreementPeriod, UnknownAnnex, StepNotPossible, OutsideAreas),
    dependencies=[COORDINATE],
    summary="Mark an annex ready",
)
async def mark_annex_ready(
    request: Request,
    connection: StructureConnection,
    agreement_code: AgreementCode,
    period: PeriodCode,
    number: Number,
) -> Answer:
    """Klarmarkera en bilaga inför stängningen. / Mark an annex ready for the closing.

    Det kan tas tillbaka tills perioden lämnas in. / It can be taken back until the period is submitted.
    """
    await require_authority_over_agreement(connection, agreement_code)
    await mark_ready(connection, agreement_code, period_of(period), number, actor_of(request))
    return await _show(request, connection, await found_period(connection, agreement_code, period))


@agreement_periods.delete(
    "/{agreementCode}/periods/{period}/ready-annexes/{number}",
    status_code=204,
    responses=problems_of(UnknownAgreement, UnknownAgreementPeriod, UnknownAnnex, StepNotPossible, OutsideAreas),
    dependencies=[COORDINATE],
    summary="Take back that an annex is ready",
)
async def unmark_annex_ready(
    connection: StructureConnection, agreement_code: AgreementCode, period: PeriodCode, number: Number
) -> Response:
    """Ta tillbaka att en bilaga är klar. / Take back that an annex is ready."""
    await require_authority_over_agreement(connection, agreement_code)
    await unmark_ready(connection, agreement_code, period_of(period), number)
    return Response(status_code=204)


@agreement_periods.get(
    "/{agreementCode}/periods/{period}/steps",
    response_model=StepPage,
    responses=NOT_FOUND,
    dependencies=[READ],
    summary="List the steps that were taken of a period",
)
async def list_steps(
    request: Request, reading: Reading, agreement_code: AgreementCode, period: PeriodCode, page: Paging
) -> Answer:
    """Visa vem som har gjort vad, i ordning. / List who has done what, in order."""
    found = await found_period(reading, agreement_code, period)
    return slice_answer(request, page, "steps", [_step(one) for one in await frozen.steps_of(reading, found)])


@agreement_periods.get(
    "/{agreementCode}/periods/{period}/steps/{stepId}",
    response_model=StepResource,
    responses=problems_of(UnknownAgreement, UnknownAgreementPeriod, UnknownPath),
    dependencies=[READ],
    summary="Show a step that was taken of a period",
)
async def show_step(
    request: Request, reading: Reading, agreement_code: AgreementCode, period: PeriodCode, step_id: StepId
) -> Answer:
    """Visa ett steg som har tagits. / Show a step that was taken."""
    return await _show_step(request, reading, await found_period(reading, agreement_code, period), step_id)


@agreement_periods.post(
    "/{agreementCode}/periods/{period}/steps",
    status_code=201,
    response_model=StepResource,
    responses=problems_of(
        UnknownAgreement, UnknownAgreementPeriod, InvalidStep, StepNotPossible, FiguresNotSettled, OutsideAreas
    ),
    dependencies=[COORDINATE],
    summary="Take a step of a period",
)
async def take_step_of_period(
    request: Request,
    connection: StructureConnection,
    definitions: LockedStructureDefinitions,
    today: Today,
    agreement_code: AgreementCode,
    period: PeriodCode,
    body: StepBody,
) -> Answer:
    """Förbered, lämna in, godkänn eller öppna en period igen. / Prepare, submit, approve or reopen a period.

    Den som godkänner stänger perioden: värdena i överenskommelsens områden blir slutliga och ändras inte av det som
    kommer senare. Det visas bredvid, under `later-values`. Godkännandet väntar några sekunder på värden som räknas om;
    räcker det inte är svaret 409, med rubriken `Retry-After`. Frågar överenskommelsen efter två personer godkänner
    ingen det hen själv lämnat in. /
    Whoever approves a period closes it: the figures of the agreement's areas are final, and nothing that comes later
    changes them. It is listed beside them, as `later-values`. An approval waits some seconds for figures that are being
    computed; where these are not enough, the answer is 409 with the header `Retry-After`. Where the agreement asks for
    two persons, nobody approves what they have submitted.
    """
    refuse_reason(body.step, body.reason)
    await require_authority_over_agreement(connection, agreement_code)
    accesses = request.state.caller.accesses
    administers = await has_scope_over_agreement(connection, agreement_code, accesses, KeyScope.ADMINISTER)
    taker = Taker(actor_of(request), administers)
    wanted = WantedStep(agreement_code, period_of(period), body.step, body.reason)
    step_id = await take_step(connection, definitions, wanted, taker, today)
    found = await found_period(connection, agreement_code, period)
    return await _show_step(request, connection, found, step_id, created=True)


async def _show(request: Request, connection: AsyncConnection, found: PeriodOfAgreement) -> Answer:
    annexes = [
        {
            "number": one.number,
            "title": one.title,
            "isReady": one.marked_at is not None,
            "markedAt": instant_text(one.marked_at),
            "markedBy": one.marked_by,
        }
        for one in await frozen.annexes_of(connection, found)
    ]
    return resource(request, path_of(found), {**_summary(found), "annexes": annexes})


async def _show_step(
    request: Request, connection: AsyncConnection, found: PeriodOfAgreement, step_id: UUID, *, created: bool = False
) -> Answer:
    for one in await frozen.steps_of(connection, found):
        if one.id == step_id:
            return resource(request, f"{path_of(found)}/steps/{step_id}", _step(one), created=created)
    raise UnknownPath("No step of this period has this id.")


def _summary(found: PeriodOfAgreement) -> dict[str, Any]:
    return {
        "agreement": found.agreement,
        "period": found.period.code,
        "periodType": found.period.type,
        "periodStart": found.period.start,
        "periodEnd": found.period.end,
        "state": found.state,
        "revision": found.revision,
    }


def _step(taken: frozen.TakenStep) -> dict[str, Any]:
    return {
        "id": taken.id,
        "step": taken.step,
        "takenAt": instant_text(taken.taken_at),
        "takenBy": taken.taken_by,
        "reason": taken.reason,
        "revision": taken.revision,
    }
