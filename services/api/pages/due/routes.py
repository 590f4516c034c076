"""`/att-gora`: what is expected of whom. `/paminnelser`: to be reminded of it no more."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import PlainTextResponse

from services.api.http.dependencies import Definitions, Reading, Today, resources_of
from services.api.pages.due.lists import groups_of, own_lines, seen_by, words_for
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import REPORTER, page_router, person_of
from services.api.pages.texts import translator
from shared.db.signing import SignerInUse
from shared.domain.person import COORDINATING
from shared.domain.reporting_day import next_reporting_day
from shared.people.reminders import person_of_token

if TYPE_CHECKING:
    from uuid import UUID

due = page_router()
# A mail program posts what its button says: without a page of ours, a cookie or an origin (RFC 8058). What it may do
# is said by the token alone.
one_click = APIRouter(include_in_schema=False)

Token = Annotated[str, Path(max_length=100)]


@due.get("/att-gora", dependencies=[REPORTER])
async def show_due(request: Request, reading: Reading, definitions: Definitions, today: Today) -> Response:
    """Show what is expected and not there."""
    person, language = person_of(request), visit_of(request).language
    seen = await seen_by(reading, person, definitions, today)
    words = await words_for(reading, visit_of(request), seen, today)
    coordinates = person.has(*COORDINATING)
    return page(
        request,
        "due.html",
        own=own_lines(seen, person, words),
        coordinates=coordinates,
        groups=await groups_of(reading, seen, words, translator(language)) if coordinates else [],
        late=sum(one.is_late(today) for one in seen),
        reporting_day=next_reporting_day(today),
    )


@due.get("/paminnelser/{token}")
async def show_switch(request: Request, token: Token) -> Response:
    """Ask whether reminders are to be switched off, by a link of a mail."""
    is_known = await _person_of(request, token) is not None
    return page(
        request, "reminders.html", HTTPStatus.OK if is_known else HTTPStatus.NOT_FOUND, is_known=is_known, is_off=False
    )


@due.post("/paminnelser/{token}")
async def use_switch(request: Request, token: Token) -> Response:
    """Switch a person's reminders off."""
    is_off = await _switch_off(request, token)
    return page(
        request, "reminders.html", HTTPStatus.OK if is_off else HTTPStatus.NOT_FOUND, is_known=is_off, is_off=is_off
    )


@due.get("/paminnelser/{token}/av")
async def show_switch_of_mail_program(token: Token) -> Response:
    """Lead on who opens the address that is meant for mail programs."""
    return redirect(f"/paminnelser/{token}")


@one_click.post("/paminnelser/{token}/av")
async def use_switch_of_mail_program(request: Request, token: Token) -> Response:
    """Switch a person's reminders off, as a mail program asks for it."""
    if await _switch_off(request, token):
        return PlainTextResponse("")
    return PlainTextResponse("", HTTPStatus.NOT_FOUND)


async def _switch_off(request: Request, token: str) -> bool:
    person_id = await _person_of(request, token)
    if person_id is not None:
        await resources_of(request).sessions.switch_reminders_off(person_id)
    return person_id is not None


async def _person_of(request: Request, token: str) -> UUID | None:
    resources = resources_of(request)
    return person_of_token(await resources.singleton(SignerInUse).of(resources.reading), token)
