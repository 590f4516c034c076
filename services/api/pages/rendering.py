"""From a template and what it shows to an answer in HTML: escaped, in the visitor's language, with our policies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from services.api.http.responses import with_etag
from services.api.pages.texts import translator
from shared.domain.person import COORDINATING, PersonRole
from shared.domain.wording import Language, number
from shared.wording.dates import date_in_words, short_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from services.api.http.sessions import Visitor

STATIC = Path(__file__).parent / "static"

# Nothing comes from elsewhere, no script or style stands in a page, and no other site shows a page of ours inside it.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # A link to sign in by must not reach another site.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Who comes to see how it goes; who only reports comes for that.
READS_FIRST = (PersonRole.READER, PersonRole.ANNEX_OWNER, *COORDINATING)
LANGUAGE_COOKIE = "__Host-language"
_NOT_STORED = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page: who asks, if they are signed in, in which language, and what their forms carry."""

    visitor: Visitor | None
    language: Language
    # Without it, what a form of theirs sends is not taken.
    form_token: str = ""


def visit_of(request: Request) -> Visit:
    """Return what is known of the request's visit."""
    visit: Visit = request.state.visit
    return visit


def chosen_language(request: Request) -> Language:
    """Return the language that was chosen on this device; Swedish where none was."""
    return Language.EN if request.cookies.get(LANGUAGE_COOKIE) == Language.EN else Language.SV


def language_of_address(request: Request) -> Language:
    """Return the language that an address names by `?sprak=en`; else Swedish."""
    return Language.EN if request.query_params.get("sprak") == Language.EN else Language.SV


def page(request: Request, template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:  # noqa: ANN401  whatever a template shows
    """Answer with a page."""
    visit = visit_of(request)
    translate = translator(visit.language)
    context = {
        "t": translate,
        "language": visit.language,
        "person": visit.visitor and visit.visitor.person,
        "form_token": visit.form_token,
        "path": request.url.path,
        "here": _address_in_any_language(request),
        "on": lambda day: date_in_words(day, visit.language),
        "short_date": short_date,
        "written": lambda value: number(value, visit.language),
        "Role": PersonRole,
        "reads_first": READS_FIRST,
        **values,
    }
    return HTMLResponse(_environment().get_template(template).render(context), status, {**HEADERS, **_NOT_STORED})


def cacheable(request: Request, answer: Response, seconds: int) -> Response:
    """Let everybody's caches keep a page for some seconds, and then ask by its ETag whether it is another."""
    del answer.headers["Cache-Control"]
    answer = with_etag(request, answer, [(b"cache-control", b"public, max-age=%d" % seconds)])
    answer.headers.update(HEADERS)
    return answer


def _address_in_any_language(request: Request) -> str:
    """Return the address of a page without the language that it names: the page is to be shown in another one."""
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "sprak"])
    return f"{request.url.path}?{query}" if query else request.url.path


def redirect(address: str) -> Response:
    """Answer that what follows is elsewhere, to be read by GET: a reload sends nothing again."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {**HEADERS, **_NOT_STORED})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"static": static_address, "zip": zip}
    return environment


@cache
def static_address(name: str) -> str:
    """Return the address of a static file: another one whenever its content is another."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"
