"""`/medborgarloften`: citizen promises for everybody, and for coordinators whether everybody sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Request, Response

from services.api.http.dependencies import Connection, Reading, Today
from services.api.http.problems import UnknownPath
from services.api.pages.promises.municipalities import MunicipalityPage, find, municipalities, publish, unpublish
from services.api.pages.promises.reading import areas_with_promises, promises_of
from services.api.pages.promises.sentences import Words
from services.api.pages.rendering import cacheable, page, redirect, visit_of
from services.api.pages.routing import COORDINATOR, page_router, public_page_router, sent_form
from services.api.pages.texts import translator
from shared.db.access import may_coordinate

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

promises = page_router()
public_promises = public_page_router()

# For so long a cache shows what has been corrected meanwhile, or is no longer shown.
CACHE_SECONDS = 300

Slug = Annotated[str, Path(alias="municipality", max_length=100)]


@public_promises.get("/medborgarloften/{municipality}")
async def show_promises(request: Request, reading: Reading, today: Today, slug: Slug) -> Response:
    """Show everybody what has been promised in a municipality that wants it shown."""
    municipality = await find(reading, slug, today)
    if municipality is None or not municipality.is_published:
        raise UnknownPath
    answer = page(request, "promises.html", **await _content(request, reading, municipality, today))
    return cacheable(request, answer, CACHE_SECONDS)


@promises.get("/medborgarloften", dependencies=[COORDINATOR])
async def show_municipalities(request: Request, reading: Reading, today: Today) -> Response:
    """Show which municipalities show their promises, or lead on to the one that there is."""
    with_promises = await areas_with_promises(reading)
    found = [
        one
        for one in await municipalities(reading, today)
        if may_coordinate(one.area_id) and (one.is_published or one.area_id in with_promises)
    ]
    if len(found) == 1:
        return redirect(f"{found[0].address}/visning")
    return page(request, "promise_pages.html", municipalities=found)


@promises.get("/medborgarloften/{municipality}/visning", dependencies=[COORDINATOR])
async def show_publication(request: Request, reading: Reading, today: Today, slug: Slug) -> Response:
    """Show a coordinator what everybody would see, and whether they do."""
    municipality = await _own(reading, slug, today)
    return page(request, "promise_page.html", **await _content(request, reading, municipality, today))


@promises.post("/medborgarloften/{municipality}/visning", dependencies=[COORDINATOR])
async def change_publication(request: Request, connection: Connection, today: Today, slug: Slug) -> Response:
    """Show a municipality's promises to everybody, or to nobody."""
    municipality = await _own(connection, slug, today)
    if sent_form(request)["published"] == "yes":
        await publish(connection, municipality)
    else:
        await unpublish(connection, municipality)
    return redirect(f"{municipality.address}/visning")


async def _content(
    request: Request, connection: AsyncConnection, municipality: MunicipalityPage, today: date
) -> dict[str, Any]:
    language = visit_of(request).language
    words = Words(translator(language), language, today)
    agreements = [words.agreement(one) for one in await promises_of(connection, municipality.area_id)]
    return {"municipality": municipality, "agreements": agreements}


async def _own(connection: AsyncConnection, slug: str, today: date) -> MunicipalityPage:
    """Return a municipality that the visitor coordinates; others are answered as those that there are not."""
    municipality = await find(connection, slug, today)
    if municipality is None or not may_coordinate(municipality.area_id):
        raise UnknownPath
    return municipality
