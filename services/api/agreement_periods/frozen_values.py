"""What was frozen by each closing of a period, and what has come since, as lists."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import Query, Request

from services.api.agreement_periods.addresses import NOT_FOUND, PeriodCode, found_period
from services.api.agreement_periods.schemas import (
    ClosedDefinitionPage,
    ClosedNotePage,
    ClosedValuePage,
    LaterValuePage,
)
from services.api.agreements.schemas import AgreementCode
from services.api.http.auth import READ
from services.api.http.dependencies import Reading
from services.api.http.responses import Answer, Page, Paging, page_answer, slice_answer
from services.api.http.routing import router
from services.api.notes.queries import closed_content_of
from shared.closing import notes
from shared.closing import reading as frozen
from shared.read_model.texts import instant_text

frozen_values = router("agreements")

Revision = Annotated[int | None, Query(ge=1, le=10**6, description="The number of a revision; left out, the last.")]
OfIndicator = Annotated[str | None, Query(description="Only of the indicator with this code.")]
OfArea = Annotated[str | None, Query(description="Only of the area with this code.")]


@frozen_values.get(
    "/{agreementCode}/periods/{period}/closed-values",
    response_model=ClosedValuePage,
    responses=NOT_FOUND,
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
    found = await found_period(reading, agreement_code, period)
    number, wanted = frozen.revision_of(found, revision), _wanted(page, indicator, area)
    total = await frozen.count_closed_values(reading, found, number, wanted)
    page.check(total)
    rows = await frozen.closed_values(reading, found, number, wanted)
    return page_answer(request, page, total, "closedValues", [*map(orjson.Fragment, rows)])


@frozen_values.get(
    "/{agreementCode}/periods/{period}/closed-definitions",
    response_model=ClosedDefinitionPage,
    responses=NOT_FOUND,
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
    found = await found_period(reading, agreement_code, period)
    definitions = await frozen.closed_definitions(reading, found, frozen.revision_of(found, revision))
    return slice_answer(request, page, "closedDefinitions", [_definition(one) for one in definitions])


@frozen_values.get(
    "/{agreementCode}/periods/{period}/closed-notes",
    response_model=ClosedNotePage,
    responses=NOT_FOUND,
    dependencies=[READ],
    summary="List the notes of a revision",
)
async def list_closed_notes(
    request: Request,
    reading: Reading,
    agreement_code: AgreementCode,
    period: PeriodCode,
    page: Paging,
    revision: Revision = None,
    indicator: OfIndicator = None,
    area: OfArea = None,
) -> Answer:
    """Visa kommentarerna i en revision, som de löd när perioden stängdes. / List the notes of a revision as they were.

    Bara för områden vars kommentarer du får se. Det som skrivs eller ändras senare finns under `/notes`, och följer med
    i nästa revision. En som har tagits bort, `/note-removals`, har ingen text. / Only of areas whose notes you may see.
    What is written or changed later is at `/notes`, and goes into the next revision. One that has been removed,
    `/note-removals`, has no text.
    """
    found = await found_period(reading, agreement_code, period)
    number, wanted = frozen.revision_of(found, revision), _wanted(page, indicator, area)
    total = await notes.count_closed_notes(reading, found, number, wanted)
    page.check(total)
    rows = await notes.closed_notes(reading, found, number, wanted)
    return page_answer(request, page, total, "closedNotes", [closed_content_of(one) for one in rows])


@frozen_values.get(
    "/{agreementCode}/periods/{period}/later-values",
    response_model=LaterValuePage,
    responses=NOT_FOUND,
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
    found = await found_period(reading, agreement_code, period)
    wanted = _wanted(page, indicator, area)
    total = await frozen.count_later_values(reading, found, wanted)
    page.check(total)
    rows = await frozen.later_values(reading, found, wanted)
    return page_answer(request, page, total, "laterValues", [_later(one) for one in rows])


def _wanted(page: Page, indicator: str | None, area: str | None) -> frozen.EntryQuery:
    return frozen.EntryQuery(page.limit, page.offset, indicator, area)


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
