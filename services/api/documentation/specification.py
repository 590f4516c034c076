"""The OpenAPI document as the national REST profile wants it, made from the routes and their models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api.http.problems import (
    SCHEMAS,
    AddressTooLong,
    BodyTooLarge,
    HeadTooLarge,
    InternalError,
    InvalidBody,
    InvalidQuery,
    InvalidSentBy,
    InvalidToken,
    MalformedBody,
    MissingCredentials,
    MissingScope,
    NotReady,
    OutsideAreas,
    PageOutOfRange,
    RequestTimeout,
    TooManyRequests,
    UnknownPath,
    UnsupportedMediaType,
    add_problem,
)
from services.api.http.routing import BASE
from services.api.http.schemas import Problem
from shared.domain.errors import DomainError
from shared.domain.fields import Document
from shared.domain.sent_by import EXAMPLE, HEADER

Json = dict[str, Any]

# What tells a client how often it may ask (draft-ietf-httpapi-ratelimit-headers).
_RATE_LIMITS: Json = {
    "Retry-After": {
        "description": "Seconds until requests are answered again.",
        "schema": {"type": "integer"},
        "example": 17,
    },
    "RateLimit": {
        "description": "Requests that are left (`r`), and seconds until there are more (`t`); in every answer.",
        "schema": {"type": "string"},
        "example": '"key";r=0;t=17',
    },
    "RateLimit-Policy": {
        "description": "How many requests (`q`) there may be in so many seconds (`w`); in every answer.",
        "schema": {"type": "string"},
        "example": '"key";q=12000;w=60',
    },
}
_SENT_BY: Json = {
    "name": HEADER.lower(),
    "in": "header",
    "required": False,
    "description": "Vem som står bakom anropet, för granskningsloggen; delarna i valfri ordning. / "
    "Who is behind the request, for the audit trail; its parts in either order.",
    "schema": {"type": "string"},
    "example": EXAMPLE,
}
_WHOLE_SETS = ("getIndicatorValueFile", "listChanges")
# What is sent as a key is, beside it, where the operator names issuers.
_TOKEN_SCHEME: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": (
        "En åtkomsttoken (OAuth 2.0) från en utfärdare som driften har angett. / "
        "An access token (OAuth 2.0) of an issuer that the operator has named."
    ),
}
EXAMPLES = {"date": "2016-03-24", "date-time": "2016-03-30T08:00:00Z"}


def document_of(app: FastAPI) -> Json:
    """Return the document of an app."""
    settings = app.state.resources.settings
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        contact=app.contact,
        license_info=app.license_info,
        terms_of_service=app.terms_of_service,
        servers=[{"url": f"{settings.public_url}{BASE}", "description": "Tjänsten / The service"}],
    )
    document["paths"] = {path.removeprefix(BASE): item for path, item in document["paths"].items()}
    schemas = document["components"]["schemas"]
    for framework_schema in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_schema, None)
    schemas |= _schemas_of_problems()
    for model in _models(Document):
        if "examples" in schemas.get(model.__name__, {}):
            # The framework drops every null from what it makes, from examples too.
            schemas[model.__name__]["examples"] = model.model_json_schema()["examples"]
    for method, operation in _operations(document):
        _document_sender(method, operation)
        _document_problems(operation)
        _give_examples(operation, schemas)
        _require_preconditions(operation)
    if settings.token_issuers is not None:
        _add_tokens(document)
    document["components"]["schemas"] = schemas = _used(schemas, document["paths"])
    for schema in schemas.values():
        _give_date_examples(schema)
    return document


def _models(above: type[Document]) -> Iterator[type[Document]]:
    for model in above.__subclasses__():
        yield model
        yield from _models(model)


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for item in document["paths"].values():
        yield from item.items()


def _document_sender(method: str, operation: Json) -> None:
    """Tell of the header by which the audit trail knows who is behind a key: of what writes, and of whole sets."""
    if method != "get" or operation["operationId"] in _WHOLE_SETS:
        operation.setdefault("parameters", []).append(_SENT_BY)


def _schemas_of_problems() -> Json:
    schema = Problem.model_json_schema(ref_template=SCHEMAS + "{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _document_problems(operation: Json) -> None:
    """Add the answers that follow from the operation's form; the framework's own validation error is none of ours."""
    responses: dict[int | str, Json] = {
        int(status): response
        for status, response in operation["responses"].items()
        if f"{SCHEMAS}HTTPValidationError" not in str(response)
    }
    for condition in _conditions(operation):
        add_problem(responses, condition)
    responses[HTTPStatus.TOO_MANY_REQUESTS]["headers"] = _RATE_LIMITS
    operation["responses"] = {str(status): responses[status] for status in sorted(responses, key=int)}


def _conditions(operation: Json) -> Iterator[type[DomainError]]:
    parameters = operation.get("parameters", [])
    yield from (InvalidQuery, AddressTooLong, TooManyRequests, HeadTooLarge, InternalError)
    if "security" in operation:
        yield from (MissingCredentials, MissingScope, OutsideAreas, NotReady)
    if any(parameter["in"] == "path" for parameter in parameters):
        yield UnknownPath
    if _SENT_BY in parameters:
        yield InvalidSentBy
    if any(parameter["name"] == "page" for parameter in parameters):
        yield PageOutOfRange
    if "requestBody" in operation:
        yield from (MalformedBody, RequestTimeout, BodyTooLarge, UnsupportedMediaType, InvalidBody)


def _add_tokens(document: Json) -> None:
    """Say that an access token serves wherever a key does."""
    document["components"]["securitySchemes"]["token"] = _TOKEN_SCHEME
    for _, operation in _operations(document):
        if "security" in operation:
            operation["security"] = [*operation["security"], {"token": []}]
            response = operation["responses"][str(MissingCredentials.status.value)]
            add_problem({MissingCredentials.status.value: response}, InvalidToken)


def _give_examples(operation: Json, schemas: Mapping[str, Json]) -> None:
    """Show each body's example at the body itself; the models hold them."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for media in (media for body in bodies for media in body.get("content", {}).values()):
        name = media.get("schema", {}).get("$ref", "").removeprefix(SCHEMAS)
        if "example" in media:
            media["examples"] = {"example": {"value": media.pop("example")}}
        elif "examples" not in media and "examples" in schemas.get(name, {}):
            media["examples"] = {"example": {"value": schemas[name]["examples"][0]}}


def _require_preconditions(operation: Json) -> None:
    """Say that If-Match is required where a change without it is refused: the framework would refuse it otherwise."""
    if "428" not in operation["responses"]:
        return
    for parameter in operation.get("parameters", []):
        if parameter["name"].lower() == "if-match":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "example": '"3"'}


def _used(schemas: Mapping[str, Json], paths: Json) -> Json:
    """Return the schemas that operations refer to, and those that these refer to in turn."""
    found: Json = {}
    waiting = _references(paths)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = schemas[name]
            waiting |= _references(schemas[name])
    return {name: found[name] for name in schemas if name in found}


def _references(content: object) -> set[str]:
    """Return the names of the schemas that a part of the document refers to, by `$ref` or by a discriminator."""
    if isinstance(content, dict):
        return {name for value in content.values() for name in _references(value)}
    if isinstance(content, list):
        return {name for value in content for name in _references(value)}
    is_reference = isinstance(content, str) and content.startswith(SCHEMAS)
    return {str(content).removeprefix(SCHEMAS)} if is_reference else set()


def _give_date_examples(schema: Json) -> None:
    """Give each date and time a single `example`, which the profile asks for in addition to JSON Schema's list."""
    for field in schema.get("properties", {}).values():
        for form in (field, *field.get("anyOf", [])):
            if form.get("format") in EXAMPLES:
                field.setdefault("example", EXAMPLES[form["format"]])
