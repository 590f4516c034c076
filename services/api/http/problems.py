"""Errors as RFC 9457 problem details: the only place that knows which HTTP status a condition of the domain has.

What a client sent is never repeated in an answer: it may hold a personal identity number.
"""

# Over 300 lines: every status in one table, and how each error becomes an answer.

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from services.api.http.languages import labelled, language_of_refusals, refusals_in
from shared.domain import errors
from shared.domain.agreement import AgreementInUse
from shared.domain.errors import DomainError, Violation
from shared.domain.wording import Language
from shared.intake.violations import violation_of
from shared.operation.counts import REFUSED
from shared.wording.refusals import in_swedish, title

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic_core import ErrorDetails
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "https://samverkan.example/problems/"
# How many faults are named at once; whoever sends more has another trouble.
MOST_VIOLATIONS = 200
SCHEMAS = "#/components/schemas/"

LIMITED = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
}
"""What is answered where a limit is reached: these are counted."""

logger = logging.getLogger(__name__)


class RequestError(DomainError):
    """A request that is wrong as such, whatever it is about."""

    status: ClassVar[HTTPStatus]

    def __init__(
        self, detail: str | None = None, violations: Iterable[Violation] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail, violations)
        self.headers = dict(headers or {})


class MalformedRequest(RequestError):
    """What was sent is not a request of HTTP/1.1."""

    status = HTTPStatus.BAD_REQUEST


class MalformedBody(RequestError):
    """The body is not JSON in UTF-8, or is nested too deeply."""

    status = HTTPStatus.BAD_REQUEST


class InvalidQuery(RequestError):
    """A query parameter is unknown, or has a value that it cannot have."""

    status = HTTPStatus.BAD_REQUEST


class InvalidSentBy(RequestError):
    """The header X-Sent-By is not of the form `type=<type>; <id>`, or holds personal data."""

    status = HTTPStatus.BAD_REQUEST


class MissingCredentials(RequestError):
    """No API key was sent, or one that is not in force."""

    status = HTTPStatus.UNAUTHORIZED


class InvalidToken(RequestError):
    """An access token was sent that is not accepted."""

    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, detail: str) -> None:
        challenge = f'Bearer error="invalid_token", error_description="{detail}"'  # ASCII without quotes: RFC 6750
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class MissingScope(RequestError):
    """The API key may not do this."""

    status = HTTPStatus.FORBIDDEN


class OutsideAreas(RequestError):
    """The caller may do this in some areas, and not in the ones that it concerns."""

    status = HTTPStatus.FORBIDDEN


class CrossOriginRefused(RequestError):
    """A page of another origin asks what no page of that origin may."""

    status = HTTPStatus.FORBIDDEN


class ForeignForm(RequestError):
    """A form was sent from a page of another site, or from one that was made for somebody else."""

    status = HTTPStatus.FORBIDDEN


class SignInNeeded(RequestError):
    """A page is for people who are signed in."""

    status = HTTPStatus.UNAUTHORIZED


class UnknownPath(RequestError):
    """Nothing is found at this address."""

    status = HTTPStatus.NOT_FOUND
    usual_detail = "Nothing is found at this address."


class PageOutOfRange(RequestError):
    """The list has fewer pages."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(RequestError):
    """The resource does not take this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class NotAcceptable(RequestError):
    """The answer does not come in any of the media types asked for."""

    status = HTTPStatus.NOT_ACCEPTABLE


class RequestTimeout(RequestError):
    """The request did not arrive whole in time."""

    status = HTTPStatus.REQUEST_TIMEOUT


class BodyTooLarge(RequestError):
    """The body is larger than the operation takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class AddressTooLong(RequestError):
    """The address that is asked for, its query included, is longer than the service reads."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG


class UnsupportedMediaType(RequestError):
    """The body is of a media type that the operation does not take."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class InvalidBody(RequestError):
    """The body is JSON, but not of the form that the specification gives."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class InvalidImport(RequestError):
    """A file as a whole cannot be imported."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class InflatedImport(InvalidImport):
    """A file unpacks to more than can be read; to a client of the API it is one that cannot be imported."""

    @classmethod
    def slug(cls) -> str:
        """Return that of the condition that clients know."""
        return InvalidImport.slug()


class MissingPrecondition(RequestError):
    """A change must name, in If-Match, the revision that it builds on."""

    status = HTTPStatus.PRECONDITION_REQUIRED


class TooManyRequests(RequestError):
    """The client has asked more often than it may; `Retry-After` says when it may again."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class TooManyConnections(RequestError):
    """The client, or all together, have as many connections as the service takes."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class HeadTooLarge(RequestError):
    """The address and the header fields are larger together, or more, than the service reads."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


class NotReady(RequestError):
    """The service cannot work now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class TakesTooLong(RequestError):
    """What is asked would take too long to answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class InternalError(RequestError):
    """A fault of ours."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


STATUS: Mapping[type[DomainError], HTTPStatus] = {
    errors.DateOutsideCalendar: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidPeriod: HTTPStatus.BAD_REQUEST,
    errors.InvalidTarget: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidActivity: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidArea: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidAgreement: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidCommitment: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CommitmentInUse: HTTPStatus.CONFLICT,
    errors.InvalidObservation: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidNote: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidBreak: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BreakExists: HTTPStatus.CONFLICT,
    errors.UnknownBreak: HTTPStatus.NOT_FOUND,
    errors.UnknownArea: HTTPStatus.NOT_FOUND,
    errors.UnknownAgreement: HTTPStatus.NOT_FOUND,
    errors.UnknownCommitment: HTTPStatus.NOT_FOUND,
    errors.UnknownObservation: HTTPStatus.NOT_FOUND,
    errors.UnknownNote: HTTPStatus.NOT_FOUND,
    errors.UnknownActivity: HTTPStatus.NOT_FOUND,
    errors.InvalidDuplicate: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownDuplicate: HTTPStatus.NOT_FOUND,
    errors.UnknownActivityType: HTTPStatus.NOT_FOUND,
    errors.UnknownIndicator: HTTPStatus.NOT_FOUND,
    errors.UnknownRole: HTTPStatus.NOT_FOUND,
    errors.InvalidDefinition: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DefinitionTaken: HTTPStatus.CONFLICT,
    errors.DefinitionInUse: HTTPStatus.CONFLICT,
    errors.UnknownIndicatorValue: HTTPStatus.NOT_FOUND,
    errors.UnknownReport: HTTPStatus.NOT_FOUND,
    errors.StaleRevision: HTTPStatus.PRECONDITION_FAILED,
    errors.OutdatedVersion: HTTPStatus.CONFLICT,
    errors.OutdatedObservation: HTTPStatus.CONFLICT,
    errors.InvalidMapping: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownMapping: HTTPStatus.NOT_FOUND,
    errors.UnknownImport: HTTPStatus.NOT_FOUND,
    errors.UnknownUpload: HTTPStatus.NOT_FOUND,
    errors.InvalidPulledSource: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownPulledSource: HTTPStatus.NOT_FOUND,
    errors.InvalidApiClient: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownApiClient: HTTPStatus.NOT_FOUND,
    errors.ApiClientNotInForce: HTTPStatus.CONFLICT,
    errors.WiderGrants: HTTPStatus.FORBIDDEN,
    errors.LastAdministrator: HTTPStatus.CONFLICT,
    errors.InvalidPerson: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownPerson: HTTPStatus.NOT_FOUND,
    errors.WiderRoles: HTTPStatus.FORBIDDEN,
    errors.LastCoordinator: HTTPStatus.CONFLICT,
    errors.InvalidOpenData: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownOpenData: HTTPStatus.NOT_FOUND,
    errors.FiguresNotOpen: HTTPStatus.CONFLICT,
    errors.InvalidCursor: HTTPStatus.BAD_REQUEST,
    errors.OutdatedCursor: HTTPStatus.GONE,
    errors.FeedNotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.InvalidWebhook: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownWebhook: HTTPStatus.NOT_FOUND,
    errors.UnknownAgreementPeriod: HTTPStatus.NOT_FOUND,
    errors.UnknownAnnex: HTTPStatus.NOT_FOUND,
    errors.InvalidStep: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.StepNotPossible: HTTPStatus.CONFLICT,
    errors.FiguresNotSettled: HTTPStatus.CONFLICT,
    AgreementInUse: HTTPStatus.CONFLICT,
}


def status_of(condition: type[DomainError]) -> HTTPStatus:
    """Return the HTTP status of a condition."""
    return condition.status if issubclass(condition, RequestError) else STATUS[condition]


def type_of(condition: type[DomainError]) -> str:
    """Return the stable URI that tells a client which condition it met."""
    return TYPE_PREFIX + condition.slug()


def title_of(condition: type[DomainError], language: Language = Language.EN) -> str:
    """Return the condition in plain words: `Invalid period`, or `Ogiltig period`, for InvalidPeriod."""
    return title(condition.slug(), language)


def problems_of(*conditions: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route for the conditions that are its own."""
    responses: dict[int | str, dict[str, Any]] = {}
    for condition in conditions:
        add_problem(responses, condition)
    return responses


def add_problem(responses: dict[int | str, dict[str, Any]], condition: type[DomainError]) -> None:
    """Add a condition to the `responses` of an operation, as an example of the problem that it is answered by."""
    status = status_of(condition)
    response = responses.setdefault(status.value, {"description": f"{status.phrase}."})
    content = response.setdefault("content", {}).setdefault(MEDIA_TYPE, {})
    content["schema"] = {"$ref": f"{SCHEMAS}Problem"}
    examples: dict[str, Any] = content.setdefault("examples", {})
    examples[condition.slug()] = {"summary": (condition.__doc__ or "").partition("\n")[0], "value": _example(condition)}


def _example(condition: type[DomainError]) -> dict[str, Any]:
    return {
        "type": type_of(condition),
        "title": title_of(condition),
        "status": status_of(condition).value,
        "detail": (condition.__doc__ or "").partition("\n")[0],
        "instance": UUID(int=0).urn,
        "violations": [],
    }


def answer(error: DomainError, language: Language, cause: str = "") -> Response:
    """Return the problem as a response. Its `instance` is new for each occurrence, and found again in the log.

    There it is one line, with what caused it where that is not for the client.
    """
    condition = type(error)
    instance = note(error, cause)
    status = status_of(condition)
    violations = errors.listed(error.violations, MOST_VIOLATIONS)
    body = {
        "type": type_of(condition),
        "title": title_of(condition, language),
        "status": status.value,
        "detail": in_swedish(error.detail) if language is Language.SV else error.detail,
        "instance": instance,
        "violations": labelled(language, refusals_in(language, map(_entry, violations))),
    }
    headers = {"Vary": "Accept-Language", **(error.headers if isinstance(error, RequestError) else {})}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    return Response(orjson.dumps(body), status.value, {**headers, "Content-Language": language.value}, MEDIA_TYPE)


def note(error: DomainError, cause: str = "") -> str:
    """Log a refusal, count it where it is a limit's, and return the instance by which it is found in the log."""
    condition = type(error)
    instance = f"urn:uuid:{uuid4()}"
    status = status_of(condition)
    if status in LIMITED:
        REFUSED.labels(condition.slug()).inc()
    logger.log(
        logging.ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.DEBUG,
        "%s %s %s%s",
        status.value,
        condition.slug(),
        instance,
        cause and f" ({cause})",
    )
    return instance


def _entry(violation: Violation) -> dict[str, str]:
    """Return a violation as it is listed, with the Swedish remedy only where it brings one."""
    return {name: text for name, text in asdict(violation).items() if text is not None}


def install(app: FastAPI) -> None:
    """Make the app answer every error as a problem."""

    @app.exception_handler(DomainError)
    async def domain_error(request: Request, error: DomainError) -> Response:
        return answer(error, language_of_refusals(request.headers))

    @app.exception_handler(RequestValidationError)
    async def validation_error(request: Request, error: RequestValidationError) -> Response:
        return answer(refusal_of_validation(error.errors()), language_of_refusals(request.headers))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        return answer(_of_http(error, app.state.methods.of(request.url.path)), language_of_refusals(request.headers))

    @app.exception_handler(ClientDisconnect)
    async def disconnected(request: Request, _error: ClientDisconnect) -> Response:
        closed = MalformedBody("The connection was closed before the body had arrived whole.")
        return answer(closed, language_of_refusals(request.headers))

    app.add_middleware(ServerErrorMiddleware, handler=_fault)


async def _fault(request: Request, _error: Exception) -> Response:
    detail = "Something went wrong on our side. Try again; if the problem persists, contact us and quote `instance`."
    return answer(InternalError(detail), language_of_refusals(request.headers))


def _of_http(error: HTTPException, methods: Iterable[str]) -> RequestError:
    """Translate what the framework itself raises; `methods` are those of the address, of which it knows one route's."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return UnknownPath("Nothing is found at this address. The specification names every path.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed("This method is not taken; see the Allow header.", (), {"Allow": ", ".join(methods)})
    return MalformedBody("The request could not be read.")


def refusal_of_validation(found: Sequence[ErrorDetails]) -> RequestError:
    """Return what is wrong with the path, else the body, else the query; only what is listed is put in words."""
    faults: dict[str, list[ErrorDetails]] = {"path": [], "body": [], "query": []}
    for error in found:
        faults.get(str(error["loc"][0]), faults["query"]).append(error)
    place = next((place for place, listed in faults.items() if listed), "query")
    chosen = faults[place]
    violations = [violation_of(error, error["loc"][1:]) for error in chosen[:MOST_VIOLATIONS]]
    if len(chosen) > MOST_VIOLATIONS:
        violations[-1] = errors.not_listed(len(chosen) - MOST_VIOLATIONS + 1)
    if place == "path":
        return UnknownPath("Nothing can be found at this address.", violations)
    if place == "body":
        return InvalidBody("The body is not of the form that the specification gives.", violations)
    return InvalidQuery("A query parameter or header has a value that it cannot have.", violations)
