"""What every request for a page passes: who visits, whether they may, what their form sends, and how refusals look."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from opentelemetry import trace
from starlette.requests import Request

from services.api.http import database_away
from services.api.http.dependencies import resources_of
from services.api.http.problems import (
    ForeignForm,
    MissingScope,
    SignInNeeded,
    note,
    refusal_of_validation,
    status_of,
)
from services.api.http.routing import SAFE_METHODS, refuse_nul_in_path
from services.api.http.sessions import COOKIE
from services.api.pages.forms import TOKEN_FIELD, Form, form_token, read_form, refuse_other_sites, sent_media_type
from services.api.pages.refusals import PageRefused, refusal_page
from services.api.pages.rendering import Visit, chosen_language, language_of_address, redirect, visit_of
from services.api.pages.sent_files import MULTIPART, TakesFile, reading_file
from shared.db.access import NO_ACCESS, act_with
from shared.db.actor import Actor, acting_as
from shared.db.engine import name_of
from shared.db.keys import KeyScope
from shared.db.signing import SignerInUse
from shared.domain.contact_details import contact_policy
from shared.domain.errors import DomainError, UnknownActivityType
from shared.domain.wording import Language
from shared.wording.refusals import in_swedish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from starlette.responses import Response

    from services.api.http.sessions import Visitor
    from shared.people.sessions import Person

LONGEST_ADDRESS = 200
"""Of a page to go on to after signing in, in characters."""
PageNumber = Annotated[int, Query(alias="sida", ge=1, le=10_000)]
"""Of a list that is shown a page at a time."""
# What was filled in is not at fault: it is shown, and can be sent once more.
_TO_SEND_AGAIN = (SignInNeeded, ForeignForm, MissingScope, UnknownActivityType)


class Admitted:
    """Lets those pass who have a scope somewhere; from then on a request sees and changes what that lets it.

    Without a scope everybody passes who is signed in, and sees nothing but what is their own.
    """

    def __init__(self, scope: KeyScope | None) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> None:
        """Admit the visitor.

        Raises:
            SignInNeeded: nobody is signed in.
            MissingScope: they may not do this.
        """
        visitor = visit_of(request).visitor
        if visitor is None:
            raise SignInNeeded("Sign in to see this page.")
        if self.scope is None:
            return
        if self.scope not in visitor.accesses:
            raise missing_role()
        act_with(visitor.accesses[self.scope])


def page_number(text: str, last: int) -> int:
    """Return the page that an address names, at most the last that can be read; the first where it names none."""
    return min(max(int(text), 1), last) if text.isascii() and text.isdigit() else 1


def missing_role() -> MissingScope:
    """Return that the visitor may not do something."""
    return MissingScope("Your roles do not let you do this.")


SIGNED_IN = Depends(Admitted(None))
READER = Depends(Admitted(KeyScope.READ))
REPORTER = Depends(Admitted(KeyScope.REPORT))
COORDINATOR = Depends(Admitted(KeyScope.COORDINATE))
ADMINISTRATOR = Depends(Admitted(KeyScope.ADMINISTER))
TAKES_FILE = Depends(TakesFile())


class PageRoute(APIRoute):
    """A route of a page. What is refused is a page, too, and where there is a GET, there is a HEAD."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:  # noqa: ANN401  as declared
        methods = {*declared.get("methods", ())}
        super().__init__(path, endpoint, **declared | {"methods": methods | ({"HEAD"} if "GET" in methods else set())})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler behind what every visit passes."""
        handle = super().get_route_handler()
        admissions = [one.call for one in self.dependant.dependencies if isinstance(one.call, Admitted)]
        takes_file = any(isinstance(one.call, TakesFile) for one in self.dependant.dependencies)

        async def visited(request: Request) -> Response:
            act_with(NO_ACCESS)
            request.state.visit = self.visit_of_stranger(request)
            policy = contact_policy.set(resources_of(request).settings.contact_details)
            try:
                refuse_nul_in_path(request)
                visit = request.state.visit = await self.find_visit(request)
                is_safe = request.method in SAFE_METHODS
                async with _form_of(request, admissions, takes_file=takes_file) as request.state.form:
                    for admission in admissions:
                        await admission(request)
                    if not is_safe:
                        _refuse_others_form(request)
                    with acting_as(None if is_safe else _actor_of(visit.visitor)):
                        return await handle(request)
            except DomainError as error:
                raise PageRefused(refusal(request, error)) from error
            except RequestValidationError as error:
                raise PageRefused(refusal(request, refusal_of_validation(error.errors()))) from error
            except database_away.ERRORS as error:
                raise PageRefused(refusal(request, database_away.refusal_of(error), name_of(error))) from error
            finally:
                contact_policy.reset(policy)

        return visited

    def visit_of_stranger(self, request: Request) -> Visit:
        """Return the visit of somebody of whom nothing is known."""
        return Visit(None, chosen_language(request))

    async def find_visit(self, request: Request) -> Visit:
        """Return who visits, by their session."""
        token, resources = request.cookies.get(COOKIE), resources_of(request)
        visitor = await resources.sessions.find(token) if token else None
        if visitor is None:
            return self.visit_of_stranger(request)
        signer = await resources.singleton(SignerInUse).of(resources.reading)
        return Visit(visitor, visitor.person.language, form_token(signer, visitor.person.person_id))


class PublicPageRoute(PageRoute):
    """A route of a page that is the same for everybody, so that caches may keep it: it looks at no cookie."""

    def visit_of_stranger(self, request: Request) -> Visit:
        """Return a visit in the language that the address names."""
        return Visit(None, language_of_address(request))

    async def find_visit(self, request: Request) -> Visit:
        """Return the visit of a stranger, whoever it is."""
        return self.visit_of_stranger(request)


def page_router() -> APIRouter:
    """Return a router of pages."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def public_page_router() -> APIRouter:
    """Return a router of pages that are the same for everybody."""
    return APIRouter(route_class=PublicPageRoute, include_in_schema=False)


def visitor_of(request: Request) -> Visitor:
    """Return who visits and what they may do, where a role is among the route's dependencies."""
    visitor = visit_of(request).visitor
    if visitor is None:
        raise SignInNeeded("Sign in to see this page.")
    return visitor


def person_of(request: Request) -> Person:
    """Return who visits, where a role is among the route's dependencies."""
    return visitor_of(request).person


def sent_form(request: Request) -> Form:
    """Return what the request's form has sent."""
    form: Form = request.state.form
    return form


def refusal(request: Request, error: DomainError, cause: str = "") -> Response:
    """Answer with a page that says what is wrong and what to do; what was filled in can be sent again from it.

    `cause` is for the log, as with problems.
    """
    form: Form = getattr(request.state, "form", Form())
    if isinstance(error, SignInNeeded) and request.method in SAFE_METHODS:
        return redirect(f"/logga-in?till={quote(_address_of(request))}")
    note(error, cause)
    detail = in_swedish(error.detail) if visit_of(request).language is Language.SV else error.detail
    fields = [*form.items()] if isinstance(error, _TO_SEND_AGAIN) else []
    answer = refusal_page(request, error.slug(), status_of(type(error)), detail, fields)
    # Not that a key is asked for: a browser would ask its user for a password.
    headers = {name: value for name, value in getattr(error, "headers", {}).items() if name != "WWW-Authenticate"}
    answer.headers.update(headers)
    return answer


def _address_of(request: Request) -> str:
    """Return what was asked for, to go on to after signing in; without its query where that is long."""
    path, query = request.url.path, request.url.query
    return f"{path}?{query}" if query and len(path) + len(query) < LONGEST_ADDRESS else path


@asynccontextmanager
async def _form_of(request: Request, admissions: Sequence[Admitted], *, takes_file: bool) -> AsyncIterator[Form]:
    """Yield what was sent. What is large is read only of who may send it here."""
    if request.method in SAFE_METHODS:
        yield Form()
        return
    refuse_other_sites(request)
    if not takes_file or sent_media_type(request) != MULTIPART:
        yield await read_form(request)
        return
    for admission in admissions:
        await admission(request)
    async with reading_file(request, str(person_of(request).person_id)) as form:
        yield form


def _refuse_others_form(request: Request) -> None:
    visit = visit_of(request)
    if visit.visitor is not None and sent_form(request)[TOKEN_FIELD] != visit.form_token:
        raise ForeignForm("The page that this was sent from was made for somebody else. Look it through, and send it.")


def _actor_of(visitor: Visitor | None) -> Actor | None:
    if visitor is None:
        return None
    current = trace.get_current_span().get_span_context()
    actor = visitor.person.actor_id
    return Actor(actor, actor, None, trace.format_trace_id(current.trace_id))
