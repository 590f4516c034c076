"""Where to begin, what is said of accessibility, and the static files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy import text

from services.api.http.dependencies import Today, resources_of
from services.api.http.problems import UnknownPath
from services.api.pages.agreement.choice import OVERVIEW
from services.api.pages.rendering import HEADERS, READS_FIRST, STATIC, page, redirect, visit_of
from services.api.pages.routing import page_router
from shared.db.area_nesting import AREAS_AROUND_OR_INSIDE
from shared.db.keys import KeyScope
from shared.people.roles import grants_of

if TYPE_CHECKING:
    from datetime import date

    from services.api.http.sessions import Visitor

start = page_router()

_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_HAS_AGREEMENT = text(f"SELECT EXISTS (SELECT FROM agreement_area WHERE area_id IN ({AREAS_AROUND_OR_INSIDE}))")
# Their addresses change with their content.
_CACHED = {"Cache-Control": "public, max-age=31536000, immutable"}


@start.get("/")
async def show_start(request: Request, today: Today) -> Response:
    """Lead people to what they come for; who is not signed in is told how that is done."""
    visitor = visit_of(request).visitor
    if visitor is None or KeyScope.READ not in visitor.accesses:
        return page(request, "start.html")
    if KeyScope.ADMINISTER in visitor.accesses and not await _has_agreement(request, visitor, today):
        return redirect("/komma-igang")
    return redirect(OVERVIEW if visitor.person.has(*READS_FIRST) else "/rapportera")


@start.get("/tillganglighet")
async def show_accessibility_statement(request: Request) -> Response:
    """Show the statement that the law asks for (lagen om tillgänglighet till digital offentlig service)."""
    return page(request, "accessibility.html")


@start.get("/utan-nat")
async def show_offline(request: Request) -> Response:
    """Show what a phone shows without a network where it has not seen the page before."""
    return page(request, "offline.html")


@start.get("/service-worker.js")
async def show_service_worker() -> Response:
    """Return the script that keeps pages on a phone: from the root, since it has to do with all of them."""
    return FileResponse(
        STATIC / "service-worker.js", media_type="text/javascript", headers={**HEADERS, "Cache-Control": "no-cache"}
    )


@start.get("/static/{name}")
async def show_file(name: Annotated[str, Path(pattern=r"^[a-z-]+\.(css|js|json|svg|png)$")]) -> Response:
    """Return a static file."""
    file = STATIC / name
    if not file.is_file():
        raise UnknownPath
    return FileResponse(file, media_type=_MEDIA_TYPES[file.suffix], headers={**HEADERS, **_CACHED})


async def _has_agreement(request: Request, visitor: Visitor, today: date) -> bool:
    """Tell whether there is any agreement where a visitor administers: else there is nothing to report yet."""
    areas = [area_id for scope, area_id in grants_of(visitor.person.roles) if scope is KeyScope.ADMINISTER]
    async with resources_of(request).reading.connect() as connection:
        found = await connection.execute(_HAS_AGREEMENT, {"areas": areas, "day": today})
        return bool(found.scalar_one())
