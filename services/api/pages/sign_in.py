"""Signing in by a link, signing out, and what people say of themselves.

A link is looked at before it is used: programs that open the links of a mail would use it up otherwise.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Request, Response

from services.api.http.dependencies import resources_of
from services.api.http.sessions import COOKIE, remove_cookie, set_cookie
from services.api.pages.faults import text_of
from services.api.pages.rendering import LANGUAGE_COOKIE, page, redirect, visit_of
from services.api.pages.routing import LONGEST_ADDRESS, SIGNED_IN, page_router, person_of, sent_form
from services.api.pages.texts import translator
from shared.domain.person import faults_of_name
from shared.domain.wording import Language
from shared.people.sessions import LINK_LASTS, SESSION_LASTS, LinkState

sign_in = page_router()

# Addresses of ours, and nothing that a browser takes for another site's.
_OURS = re.compile(r"/([A-Za-z0-9_-]+(/[A-Za-z0-9_~-]+)*)?(\?[A-Za-z0-9_.~%=&+-]*)?", re.ASCII)
# Where to go on to after signing in by a link, which is opened elsewhere; for as long as a link is valid.
WANTED_COOKIE = "__Host-wanted"
_STATUS = {LinkState.VALID: HTTPStatus.OK, LinkState.UNKNOWN: HTTPStatus.NOT_FOUND}

Link = Annotated[str, Path(max_length=100)]
Next = Annotated[str, Query(alias="till", max_length=LONGEST_ADDRESS)]


@sign_in.get("/logga-in")
async def show_ways_to_sign_in(request: Request, wanted: Next = "/") -> Response:
    """Say how one signs in."""
    if visit_of(request).visitor is not None:
        return redirect(own_address(wanted))
    issuers = [one.issuer for one in resources_of(request).accounts.values()]
    response = page(request, "sign_in.html", issuers=issuers, wanted=own_address(wanted))
    if own_address(wanted) != "/":
        set_cookie(response, WANTED_COOKIE, own_address(wanted), LINK_LASTS)
    return response


@sign_in.get("/logga-in/{link}")
async def show_link(request: Request, link: Link, wanted: Next = "/") -> Response:
    """Ask whether to sign in by a link, or say why it cannot be used."""
    state = await resources_of(request).sessions.state_of_link(link)
    status = _STATUS.get(state, HTTPStatus.GONE)
    has_accounts = bool(resources_of(request).accounts)
    return page(request, "link.html", status, state=state, wanted=own_address(wanted), has_accounts=has_accounts)


@sign_in.post("/logga-in/{link}")
async def use_link(request: Request, link: Link) -> Response:
    """Sign in by a link, in a session of its own; one that there was before ends."""
    resources = resources_of(request)
    await resources.rate_limits.count_sign_in(request.scope)
    token = await resources.sessions.open(link)
    if token is None:
        return await show_link(request, link)
    if former := visit_of(request).visitor:
        await resources.sessions.close(former.token)
    wanted = own_address(sent_form(request)["till"])
    if wanted == "/":
        wanted = own_address(request.cookies.get(WANTED_COOKIE, "/"))
    response = redirect(wanted)
    set_cookie(response, COOKIE, token, SESSION_LASTS)
    if WANTED_COOKIE in request.cookies:
        remove_cookie(response, WANTED_COOKIE)
    return response


@sign_in.post("/logga-ut", dependencies=[SIGNED_IN])
async def sign_out(request: Request) -> Response:
    """End the session."""
    visitor = visit_of(request).visitor
    if visitor is not None:
        await resources_of(request).sessions.close(visitor.token)
    response = redirect("/logga-in")
    remove_cookie(response, COOKIE)
    return response


@sign_in.get("/mina-uppgifter", dependencies=[SIGNED_IN])
async def show_own_settings(request: Request) -> Response:
    """Show what people say of themselves."""
    return page(request, "own_settings.html", name=person_of(request).name or "", faults=[])


@sign_in.post("/mina-uppgifter", dependencies=[SIGNED_IN])
async def change_own_settings(request: Request) -> Response:
    """Change a person's name, and whether they are reminded."""
    form, visitor = sent_form(request), visit_of(request).visitor
    language = visit_of(request).language
    if faults := [("name", text_of(one, language, translator(language))) for one in faults_of_name(form["name"])]:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return page(request, "own_settings.html", status, name=form["name"], faults=faults)
    if visitor is not None:
        await resources_of(request).sessions.change(
            visitor.token, name=form["name"], wants_reminders=form["reminders"] == "yes"
        )
    return redirect("/mina-uppgifter")


@sign_in.post("/sprak")
async def choose_language(request: Request) -> Response:
    """Show pages in another language from now on; of who is signed in it is remembered with them."""
    form, visitor = sent_form(request), visit_of(request).visitor
    language = Language.EN if form["language"] == Language.EN else Language.SV
    if visitor is not None:
        await resources_of(request).sessions.change(visitor.token, language=language)
    response = redirect(own_address(form["till"]))
    set_cookie(response, LANGUAGE_COOKIE, language, SESSION_LASTS)
    return response


def own_address(wanted: str) -> str:
    """Return an address to go on to if it is one of ours, else the start."""
    return wanted if _OURS.fullmatch(wanted) else "/"
