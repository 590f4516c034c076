"""`/breaks`: where something changed on purpose, so that signals compare with nothing before."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.breaks import queries
from services.api.breaks.schemas import Break, BreakBody, BreakPage
from services.api.http.auth import COORDINATE, READ, Caller, caller_of
from services.api.http.dependencies import Connection, Definitions, Reading
from services.api.http.filter_codes import area_id_of, unknown_code
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, page_answer, resource
from services.api.http.routing import router
from shared.domain.errors import BreakExists, InvalidBreak, UnknownBreak
from shared.facts.breaks import add_break, remove_break

breaks = router("breaks")

BreakId = Annotated[UUID, Path(alias="breakId", description="The break's id.")]
Writer = Annotated[Caller, Depends(caller_of)]


@breaks.post(
    "",
    response_model=Break,
    responses={201: {"model": Break, "description": "Created."}, **problems_of(InvalidBreak, BreakExists)},
    dependencies=[COORDINATE],
    summary="Let limits start afresh",
)
async def create_break(
    request: Request, connection: Connection, definitions: Definitions, writer: Writer, body: BreakBody
) -> Answer:
    """Låt gränserna börja om från en månad. / Let limits start afresh with a month.

    När något ändras med avsikt, som en ny entreprenör eller ett nytt sätt att räkna, säger tidigare värden inget om vad
    som är normalt. Det gäller indikatorns alla delar, i området och allt som ligger i det. Inte före det första värdet,
    och inte i en stängd period, vare sig områdets eller någon i det. En som redan finns svarar 200; med en annan orsak
    nekas den tills den gamla är borttagen. /
    Where something changes on purpose, such as a new contractor or a new way of counting, earlier figures do not say
    what is normal. It holds for all slices of the indicator, in the area and all that lies in it. Not before the first
    figure, and not in a closed period, of the area or of one in it. One that is there already is answered by 200; with
    another reason it is refused until the old one is removed.
    """
    stored = await add_break(connection, body.as_break(writer.name), definitions.indicators)
    return await _show(request, connection, stored.id, created=stored.is_new)


@breaks.get("", response_model=BreakPage, dependencies=[READ], summary="List breaks")
async def list_breaks(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    page: Paging,
    indicator: Annotated[str | None, Query(description="Of the indicator with this code.")] = None,
    area: Annotated[str | None, Query(description="Of the area with this code.")] = None,
) -> Answer:
    """Visa nya startpunkter, efter månad. / List breaks, by their months."""
    if indicator is not None and indicator not in definitions.indicators:
        raise unknown_code("indicator", "Take a code from /indicators.")
    wanted = queries.conditions(indicator, await area_id_of(reading, area))
    total = await queries.count(reading, wanted)
    page.check(total)
    return page_answer(request, page, total, "breaks", await queries.entries(reading, wanted, page))


@breaks.get(
    "/{breakId}",
    response_model=Break,
    responses=problems_of(UnknownBreak),
    dependencies=[READ],
    summary="Show a break",
)
async def show_break(request: Request, reading: Reading, break_id: BreakId) -> Answer:
    """Visa en ny startpunkt. / Show a break."""
    return await _show(request, reading, break_id)


@breaks.delete(
    "/{breakId}",
    status_code=204,
    responses=problems_of(UnknownBreak, InvalidBreak),
    dependencies=[COORDINATE],
    summary="Remove a break",
)
async def delete_break(connection: Connection, break_id: BreakId) -> Response:
    """Ta bort en ny startpunkt. / Remove a break: figures are compared with those before it again."""
    await remove_break(connection, break_id)
    return Response(status_code=204)


async def _show(request: Request, connection: AsyncConnection, break_id: UUID, *, created: bool = False) -> Answer:
    entry = await queries.find(connection, break_id)
    if entry is None:
        raise UnknownBreak
    return resource(request, f"breaks/{break_id}", entry, created=created)
