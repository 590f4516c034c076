"""`/agreements/{agreementCode}/periods`: closing a period, reopening it, and what was frozen by it."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.agreement_periods.schemas import (
    AgreementPeriod,
    AgreementPeriodPage,
    ClosedDefinitionPage,
    ClosedValuePage,
    LaterValuePage,
    StepBody,
    StepPage,
    StepResource,
)
from services.api.http.actors import actor_of
from services.api.http.auth import COORDINATE, READ, REPORT
from services.api.http.authority import administers_agreement, require_authority_over_agreement
from services.api.http.dependencies import LockedStructureDefinitions, Reading, StructureConnection, Today
from services.api.http.problems import OutsideAreas, problems_of
from services.api.http.responses import Answer, Page, Paging, page_answer, resource, slice_answer
from services.api.http.routing import router
from shared.closing import reading as frozen
from shared.closing.periods import AgreementPeriod as PeriodOfAgreement
from shared.closing.periods import find_period, periods_of_agreement
from shared.closing.steps import Taker, WantedStep, mark_ready, take_step, unmark_ready
from shared.domain.errors import (
    FiguresNotSettled,
    InvalidPeriod,
    InvalidStep,
    StepNotPossible,
    UnknownAgreement,
    UnknownAgreementPeriod,
    UnknownAnnex,
)
from shared.domain.period import Period
from shared.read_model.texts import instant_text

agreement_periods = router("agreements")

AgreementCode = Annotated[
    str, Path(alias="agreementCode", description="The agreement's code.", examples=["landskrona-2015-2016"])
]
PeriodCode = Annotated[
    str, Path(description="The period: a tertial, a year, or of the agreement's rhythm.", examples=["2016-t1"])
]
Number = Annotated[int, Path(description="The annex's number.", examples=[4], ge=1, le=999)]
Revision = Annotated[int | None, Query(ge=1, le=10**6, description="The number of a revision; left out, the last.")]
OfIndicator = Annotated[str | None, Query(description="Only of the indicator with this code.")]
OfArea = Annotated[str | None, Query(description="Only of the area with this code.")]
_NOT_FOUND = problems_of(UnknownAgreement, UnknownAgreementPeriod)


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
    responses=_NOT_FOUND,
    dependencies=[READ],
    summary="Show a period of an agreement",
)
async def show_agreement_period(
    request: Request, reading: Reading, agreement_code: AgreementCode, period: PeriodCode
) -> Answer:
    """Visa en period, och vilka bilagor som är klarmarkerade. / Show a period, and which annexes are marked ready."""
    return await _show(request, reading, await _found(reading, agreement_code, period))


@agreement_periods.put(
    "/{agreementCode}/periods/{period}/ready-annexes/{number}",
    response_model=AgreementPeriod,
    responses=problems_of(UnknownAgreement, UnknownAgreementPeriod, UnknownAnnex, StepNotPossible, OutsideAreas),
    dependencies=[REPORT],
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
    await mark_ready(connection, agreement_code, _period(period), number, actor_of(request))
    return await _show(request, connection, await _found(connection, agreement_code, period))


@agreement_periods.delete(
    "/{agreementCode}/periods/{period}/ready-annexes/{number}",
    status_code=204,
    responses=problems_of(UnknownAgreement, UnknownAgreementPeriod, UnknownAnnex, StepNotPossible, OutsideAreas),
    dependencies=[REPORT],
    summary="Take back that an annex is ready",
)
async def unmark_annex_ready(
    connection: StructureConnection, agreement_code: AgreementCode, period: PeriodCode, number: Number
) -> Response:
    """Ta tillbaka att en bilaga är klar. / Take back that an annex is ready."""
    await require_authority_over_agreement(connection, agreement_code)
    await unmark_ready(connection, agreement_code, _period(period), number)
    return Response(status_code=204)


@agreement_periods.get(
    "/{agreementCode}/periods/{period}/steps",
    response_model=StepPage,
    responses=_NOT_FOUND,
    dependencies=[READ],
    summary="List the steps that were taken of a period",
)
async def list_steps(
    request: Request, reading: Reading, agreement_code: AgreementCode, period: PeriodCode, page: Paging
) -> Answer:
    """Visa vem som har gjort vad, i ordning. / List who has done what, in order."""
    found = await _found(reading, agreement_code, period)
    return slice_answer(request, page, "steps", [_step(one) for one in await frozen.steps_of(reading, found)])


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
    kommer senare. Det visas bredvid, under `later-values`. Godkännandet väntar tills alla värden är klara: svaret 409
    har då rubriken `Retry-After`. Frågar överenskommelsen efter två personer godkänner ingen det hen själv lämnat in. /
    Whoever approves a period closes it: the figures of the agreement's areas are final, and nothing that comes later
    changes them. It is listed beside them, as `later-values`. Figures must have settled: the answer 409 then has the
    header `Retry-After`. Where the agreement asks for two persons, nobody approves what they have submitted.
    """
    await require_authority_over_agreement(connection, agreement_code)
    taker = Taker(actor_of(request), await administers_agreement(connection, agreement_code, request.state.caller))
    wanted = WantedStep(agreement_code, _period(period), body.step, body.reason)
    step_id = await take_step(connection, definitions, wanted, taker, today)
    found = await _found(connection, agreement_code, period)
    taken = next(one for one in await frozen.steps_of(connection, found) if one.id == step_id)
    return resource(request, f"{_path(found)}/steps/{step_id}", _step(taken), created=True)


@agreement_periods.get(
    "/{agreementCode}/periods/{period}/closed-values",
    response_model=ClosedValuePage,
    responses=_NOT_FOUND,
    dependencies=[READ],
    summary="List the values of a revision",
)
async def list_closed_values(
    request: Request,
    reading: Reading,
    agreement_code: AgreementCode,
    period: PeriodCode,
    page: Paging,
    revision: Revision = None,
    indicator: OfIndicator = None,
    area: OfArea = None,
) -> Answer:
    """Visa värdena i en revision, som de var när perioden stängdes. / List the values of a revision as they were.

    Av en period som aldrig har stängts är listan tom. / Of a period that was never closed the list is empty.
    """
    found = await _found(reading, agreement_code, period)
    number, part = frozen.revision_of(found, revision), _part(page, indicator, area)
    total = await frozen.count_closed_values(reading, found, number, part)
    page.check(total)
    rows = await frozen.closed_values(reading, found, number, part)
    return page_answer(request, page, total, "closedValues", [*map(orjson.Fragment, rows)])


@agreement_periods.get(
    "/{agreementCode}/periods/{period}/closed-definitions",
    response_model=ClosedDefinitionPage,
    responses=_NOT_FOUND,
    dependencies=[READ],
    summary="List the definitions of a revision",
)
async def list_closed_definitions(
    request: Request,
    reading: Reading,
    agreement_code: AgreementCode,
    period: PeriodCode,
    page: Paging,
    revision: Revision = None,
) -> Answer:
    """Visa indikatorernas definitioner som de var när perioden stängdes. / List the definitions as they were then."""
    found = await _found(reading, agreement_code, period)
    definitions = await frozen.closed_definitions(reading, found, frozen.revision_of(found, revision))
    return slice_answer(request, page, "closedDefinitions", [_definition(one) for one in definitions])


@agreement_periods.get(
    "/{agreementCode}/periods/{period}/later-values",
    response_model=LaterValuePage,
    responses=_NOT_FOUND,
    dependencies=[READ],
    summary="List what has come since a period was closed",
)
async def list_later_values(
    request: Request,
    reading: Reading,
    agreement_code: AgreementCode,
    period: PeriodCode,
    page: Paging,
    indicator: OfIndicator = None,
    area: OfArea = None,
) -> Answer:
    """Visa vad som har kommit efter stängningen, och vad det skulle ändra. / List what would change, and how.

    Bara för områden vars aktiviteter du får se. / Only of areas whose activities you may see.
    """
    found = await _found(reading, agreement_code, period)
    part = _part(page, indicator, area)
    total = await frozen.count_later_values(reading, found, part)
    page.check(total)
    rows = await frozen.later_values(reading, found, part)
    return page_answer(request, page, total, "laterValues", [_later(one) for one in rows])


def _period(code: str) -> Period:
    """Return the period that an address names, in small letters as well."""
    try:
        return Period.parse(code.upper())
    except InvalidPeriod as error:
        raise UnknownAgreementPeriod("The agreement has no such period.", error.violations) from error


async def _found(connection: AsyncConnection, agreement: str, code: str) -> PeriodOfAgreement:
    return await find_period(connection, agreement, _period(code))


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
    return resource(request, _path(found), {**_summary(found), "annexes": annexes})


def _path(found: PeriodOfAgreement) -> str:
    return f"agreements/{found.agreement}/periods/{found.period.code.lower()}"


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


def _part(page: Page, indicator: str | None, area: str | None) -> frozen.Part:
    return frozen.Part(page.limit, page.offset, indicator, area)


def _definition(stored: dict[str, Any]) -> dict[str, Any]:
    names = ("code", "version", "name", "definition", "numerator", "denominator", "unit", "direction", "kind")
    return {name: stored.get(name) for name in names}


def _later(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row as the query has it
    return {
        "id": row.id,
        "indicatorCode": row.indicator_code,
        "slice": row.slice,
        "areaCode": row.area_code,
        "period": row.period,
        "frozen": row.frozen,
        "later": row.later,
        "noticedAt": instant_text(row.noticed_at),
    }
