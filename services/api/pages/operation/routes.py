"""`/drift`: whether all works, and what comes in from and goes out to other systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from services.api.http.dependencies import Connection, Reading
from services.api.imports import queries as imports
from services.api.pages.operation.health import findings
from services.api.pages.operation.lists import (
    IMPORTS_OF_A_PAGE,
    REMARKS_OF_A_PAGE,
    Words,
    import_line,
    imports_of,
    remarks_of,
    sources_of,
    subscriptions_of,
)
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import ADMINISTRATOR, PageNumber, page_router, sent_form
from services.api.pages.texts import translator
from services.api.pulled_sources import queries as sources
from services.api.webhooks import queries as webhooks
from shared.domain.errors import UnknownImport, UnknownPulledSource, UnknownWebhook
from shared.domain.fields import DefinedCode
from shared.facts import pulled_sources
from shared.feed import webhooks as subscriptions

if TYPE_CHECKING:
    from services.api.imports.mappings.content import Makes
    from shared.operation.watch import Watch

operation_pages = page_router()

MAKES: dict[str, Makes] = {"aktiviteter": "activities", "matvarden": "observations"}
"""What imports make, as an address has it."""

What = Annotated[str, Query(alias="visa", max_length=20)]


@operation_pages.get("/drift", dependencies=[ADMINISTRATOR])
async def show_operation(request: Request, reading: Reading) -> Response:
    """Show whether all works, and lead to what an administrator sees to."""
    watch: Watch = request.app.state.watch
    found = [*findings(*await watch.look(), translator(visit_of(request).language))]
    words = _words(request)
    connected = {
        "source": await sources_of(reading, words),
        "subscription": await subscriptions_of(reading, words),
    }
    wrong = {kind: sum(one.is_wrong for one in some) for kind, some in connected.items()}
    return page(request, "operation.html", findings=found, wrong=wrong)


@operation_pages.get("/drift/kallor", dependencies=[ADMINISTRATOR])
async def show_sources(request: Request, reading: Reading) -> Response:
    """Show the systems that are read, and how that went last."""
    found = await sources_of(reading, _words(request))
    return page(request, "operation_connected.html", kind="source", connected=found)


@operation_pages.post("/drift/kallor/{source}/paus", dependencies=[ADMINISTRATOR])
async def pause_source(
    request: Request, connection: Connection, code: Annotated[DefinedCode, Path(alias="source")]
) -> Response:
    """Read a source no more, or go on where it was: as the form says."""
    if await sources.find(connection, code) is None:
        raise UnknownPulledSource
    await pulled_sources.pause_source(connection, code, is_paused=_pauses(request))
    return redirect("/drift/kallor")


@operation_pages.get("/drift/prenumerationer", dependencies=[ADMINISTRATOR])
async def show_subscriptions(request: Request, reading: Reading) -> Response:
    """Show the systems that are sent changes, and how that went last."""
    found = await subscriptions_of(reading, _words(request))
    return page(request, "operation_connected.html", kind="subscription", connected=found)


@operation_pages.post("/drift/prenumerationer/{webhook}/paus", dependencies=[ADMINISTRATOR])
async def pause_subscription(
    request: Request, connection: Connection, webhook_id: Annotated[UUID, Path(alias="webhook")]
) -> Response:
    """Send nothing more to a subscriber, or go on where it stopped: as the form says."""
    if await webhooks.lock(connection, webhook_id) is None:
        raise UnknownWebhook
    change = subscriptions.pause if _pauses(request) else subscriptions.resume
    await change(connection, webhook_id)
    return redirect("/drift/prenumerationer")


@operation_pages.get("/drift/inlasningar", dependencies=[ADMINISTRATOR])
async def show_imports(
    request: Request, reading: Reading, what: What = "aktiviteter", number: PageNumber = 1
) -> Response:
    """Show the files that were sent, the latest first."""
    what = what if what in MAKES else "aktiviteter"
    found = await imports_of(reading, MAKES[what], number, _words(request))
    total = await imports.count(reading, MAKES[what])
    return page(
        request,
        "operation_imports.html",
        imports=found,
        what=what,
        kinds=[*MAKES],
        number=number,
        has_more=number * IMPORTS_OF_A_PAGE < total,
    )


@operation_pages.get("/drift/inlasningar/{import}", dependencies=[ADMINISTRATOR])
async def show_import(
    request: Request, reading: Reading, import_id: Annotated[UUID, Path(alias="import")], number: PageNumber = 1
) -> Response:
    """Show what became of a file, with every row that is not stored as it was sent."""
    words = _words(request)
    for what, makes in MAKES.items():
        entry = await imports.find(reading, makes, import_id)
        if entry is not None:
            total = await imports.count_remarks(reading, import_id)
            return page(
                request,
                "operation_import.html",
                one=import_line(entry, words),
                what=what,
                remarks=await remarks_of(reading, import_id, number, words),
                total=total,
                number=number,
                has_more=number * REMARKS_OF_A_PAGE < total,
            )
    raise UnknownImport


def _pauses(request: Request) -> bool:
    """Tell whether a form pauses; else it resumes."""
    return sent_form(request)["do"] == "pause"


def _words(request: Request) -> Words:
    language = visit_of(request).language
    return Words(translator(language), language)
