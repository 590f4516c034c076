"""What every request must pass before its route sees it: known query parameters, and a body that is sound JSON.

A body is read whole here, up to a limit, and parsed by a parser that knows no NaN. Routes that stream declare no body.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import cache, cached_property
from typing import Any, TypeVar, get_origin

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from services.api.http import deprecation
from services.api.http.media_types import media_type_of
from services.api.http.problems import (
    BodyTooLarge,
    InvalidBody,
    InvalidQuery,
    MalformedBody,
    UnknownPath,
    UnsupportedMediaType,
)
from services.api.http.text_guard import without_personal_data
from shared.domain.contact_details import contact_policy
from shared.domain.errors import Violation
from shared.intake.violations import redacted

M = TypeVar("M", bound=BaseModel)

# Which charsets a body of JSON may name, and what Python calls them. JSON is UTF-8, and most senders name nothing.
CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1"), "latin-1"),
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}

BASE = "/samverkan/v1"
LARGEST_BODY = 1024 * 1024
DEEPEST_BODY = 12
# Some programs put it before UTF-8; JSON has none (RFC 8259), and readers may pass over it.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class JsonRequest(Request):
    """A request whose body has been read and parsed."""

    content: object = None

    async def json(self) -> object:
        """Return the body as it was parsed."""
        return self.content


class CheckedRoute(APIRoute):
    """A route that sees only requests that have passed the checks; its answers tell what of it is deprecated."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:  # noqa: ANN401  as declared
        super().__init__(path, endpoint, **declared)
        self.deprecated = self.deprecated or deprecation.of_endpoint(endpoint) is not None

    @cached_property
    def as_head(self) -> CheckedRoute:
        """The route that answers HEAD; of all apps the same, since to make all of them takes a tenth of a second."""
        return CheckedRoute(
            self.path,
            self.endpoint,
            methods=["HEAD"],
            dependencies=self.dependencies,
            response_model=self.response_model,
            openapi_extra=self.openapi_extra,
            name=self.name,
            include_in_schema=False,
        )

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler behind the checks."""
        handle = super().get_route_handler()
        documented = (self.openapi_extra or {}).get("parameters", [])
        known = frozenset([*_query_names(self.dependant), *(parameter["name"] for parameter in documented)])
        takes_json = self.body_field is not None
        resource = self.path.removeprefix(f"{BASE}/").partition("/")[0]
        notices = deprecation.notices(self.endpoint, self.response_model)

        async def checked(request: Request) -> Response:
            _refuse_nul_in_path(request)
            if request.scope["query_string"]:
                _check_query(request, known)
            policy = contact_policy.set(request.app.state.resources.settings.contact_details)
            try:
                response = await handle(await _with_json(request, resource) if takes_json else request)
            finally:
                contact_policy.reset(policy)
            response.raw_headers += notices
            return response

        return checked


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def query_parameters(model: type[BaseModel]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads its query by `read_query`."""
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "description": schema.pop("description"), "schema": schema}
            for name, schema in model.model_json_schema()["properties"].items()
        ]
    }


def read_query(request: Request, model: type[M]) -> M:
    """Return the query as a model.

    For the route that is asked most: the framework's own way, a parameter at a time, takes longer than all the rest
    of a small answer.

    Raises:
        RequestValidationError: as the framework would.

    """
    sent: dict[str, object] = {}
    lists = _lists_of(model)
    for name, value in request.query_params.multi_items():
        if name in lists:
            sent.setdefault(name, []).append(value)  # type: ignore[attr-defined]  # a list of its own
        else:
            sent[name] = value
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise RequestValidationError(
            [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors()]
        ) from error


def read_body(content: object, model: type[M]) -> M:
    """Return a body as a model, where the framework has left it as it was sent.

    Raises:
        RequestValidationError: as the framework would.

    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from error


@cache
def _lists_of(model: type[BaseModel]) -> frozenset[str]:
    fields = model.model_fields.items()
    return frozenset(field.alias or name for name, field in fields if get_origin(field.annotation) is list)


def router(noun: str) -> APIRouter:
    """Return the router of one resource, named by its plural noun."""
    return APIRouter(prefix=f"{BASE}/{noun}", tags=[noun], route_class=CheckedRoute)


def refuse_other_code(addressed: str, sent: str | None) -> None:
    """Raise InvalidBody if a body names another code than the address that it is sent to."""
    if sent not in {None, addressed}:
        remedy = "Leave it out, or send the body to the address of its own code."
        raise InvalidBody("The body belongs to another address.", [Violation("code", "is not the address's", remedy)])


def _refuse_nul_in_path(request: Request) -> None:
    if "\0" in request.scope["path"]:
        raise UnknownPath("Nothing is found at this address.")


def _check_query(request: Request, known: frozenset[str]) -> None:
    taken = f"Known here: {', '.join(sorted(known))}." if known else "This address takes none."
    violations = []
    for name, value in request.query_params.multi_items():
        if name not in known:
            violations.append(Violation(redacted(name), "is not a known query parameter", taken))
        elif "\0" in value:
            violations.append(Violation(name, "holds a NUL character", "Leave it out."))
    if violations:
        raise InvalidQuery("A query parameter is unknown, or cannot have this value.", violations)


async def _with_json(request: Request, resource: str) -> Request:
    """Return the request with its body read, parsed and checked; one without a body is left to the framework."""
    body = await _read(request)
    checked = JsonRequest(request.scope, request.receive)
    checked._body = body  # noqa: SLF001  the framework's own place for a body already read
    if body:
        checked.content = without_personal_data(_parse(_in_utf8(request, body)), request.path_params, resource)
    return checked


async def _read(request: Request) -> bytes:
    body = await read_up_to(request, LARGEST_BODY)
    if body is None:
        raise BodyTooLarge(f"The body is larger than {LARGEST_BODY} bytes. Send much at once to /activity-imports.")
    return body


async def read_up_to(request: Request, most: int) -> bytes | None:
    """Return the body of a request; None if it has more than `most` bytes, of which the rest is not read."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _in_utf8(request: Request, body: bytes) -> bytes:
    """Return a body of JSON as the parser takes it: in UTF-8, whichever charset its sender names."""
    sent = media_type_of(request.headers.get("content-type", ""))
    if sent.name != "application/json":
        raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
    named = sent.parameters.get("charset", "utf-8").lower()
    charset = CHARSETS.get(named.replace("_", "-"))
    if charset is None:
        raise UnsupportedMediaType(f"Send JSON in UTF-8. Its charset may also be one of {', '.join(sorted(CHARSETS))}.")
    if charset == "utf-8":
        return body
    try:
        return body.decode(charset).encode()
    except UnicodeError as error:
        raise MalformedBody("The body is not in the charset that its Content-Type names.") from error


def _parse(body: bytes) -> object:
    try:
        content: object = orjson.loads(body.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedBody(f"The body is not valid JSON in UTF-8: it cannot be read past {where}.") from error
    violations = list(_unsound(content, "", 1))
    if violations:
        raise InvalidBody("The body holds characters that cannot be kept.", violations)
    return content


def _unsound(value: object, field: str, depth: int) -> Iterator[Violation]:
    """Yield what no field of any body may hold; numbers that are none, the parser has refused."""
    if depth > DEEPEST_BODY:
        raise MalformedBody(f"The body is nested more than {DEEPEST_BODY} levels deep.")
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _unsound(name, field, depth)
            yield from _unsound(inner, f"{field}.{name}" if field else name, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unsound(inner, f"{field}[{index}]", depth + 1)
    elif isinstance(value, str) and "\0" in value:
        yield Violation(redacted(field), "holds a NUL character", "Leave the character out.")
