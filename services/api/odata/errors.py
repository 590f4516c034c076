"""Errors in OData's own form, on every path of the feed; the rest of the API answers RFC 9457 problems.

The compiler raises Refusals, which know the query and nothing of HTTP; all else raises FeedErrors. What a client sent
is never repeated, apart from names of the model and of OData: it may hold a personal identity number.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import ClassVar

import orjson
from starlette.responses import Response

from services.api.http.problems import RequestError

logger = logging.getLogger(__name__)


class Refusal(Exception):
    """A query that gets no rows; `option` is the query option at fault, once it is known."""

    option: str | None = None


class InvalidExpression(Refusal):
    """Something is not allowed where it is; `what` is a clause, `position` counts characters from 0."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(f"at position {position}: {what}")
        self.what = what
        self.position = position


class UnsupportedConstruct(Refusal):
    """OData has it and this service does not; `name` is a noun phrase that names it."""

    def __init__(self, name: str, position: int | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.position = position


class InvalidOption(Refusal):
    """A query option is unknown, is given twice or has a value that it cannot have; `what` is a sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotAdditive(Refusal):
    """What would be added does not add up; `reason` says why in the words of the field, `remedy` what to do instead."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy


@contextmanager
def blaming(option: str) -> Iterator[None]:
    """Tell of every refusal inside which query option is at fault."""
    try:
        yield
    except Refusal as refusal:
        refusal.option = refusal.option or option
        raise


class FeedError(Exception):
    """A request that gets no data; `code` is for machines and stays, `target` names the part of the request."""

    status: ClassVar[HTTPStatus]

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        target: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).__name__
        self.target = target
        self.headers = dict(headers or {})


class InvalidRequest(FeedError):
    """The request asks in a way that has no answer."""

    status = HTTPStatus.BAD_REQUEST


class InvalidPageLink(FeedError):
    """The link to a page is not one that the service has given, or it was given for another query."""

    status = HTTPStatus.BAD_REQUEST


class QueryTooCostly(FeedError):
    """The database was stopped before it was done."""

    status = HTTPStatus.BAD_REQUEST


class MissingCredentials(FeedError):
    """No key was sent, or one that is not in force."""

    status = HTTPStatus.UNAUTHORIZED


class MissingScope(FeedError):
    """The key may not read."""

    status = HTTPStatus.FORBIDDEN


class UnknownResource(FeedError):
    """Nothing is found at this address."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(FeedError):
    """The feed is for reading only."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class NotAcceptable(FeedError):
    """The answer does not come in any of the formats asked for."""

    status = HTTPStatus.NOT_ACCEPTABLE


class BodyTooLarge(FeedError):
    """The body is larger than the feed takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(FeedError):
    """The body is of a media type that is not taken here."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class FailedDependency(FeedError):
    """A request in a batch was to follow one that has failed, or that is not there."""

    status = HTTPStatus.FAILED_DEPENDENCY


class Unsupported(FeedError):
    """OData has it, and this service does not."""

    status = HTTPStatus.NOT_IMPLEMENTED


class Busy(FeedError):
    """All connections to the database are taken."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class InternalError(FeedError):
    """A fault of ours."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


def answer(error: FeedError) -> Response:
    """Return the error as a response."""
    content: dict[str, object] = {"code": error.code, "message": error.message}
    if error.target is not None:
        content["target"] = error.target
    body = orjson.dumps({"error": content})
    return Response(body, error.status.value, error.headers, "application/json;odata.metadata=minimal")


def of_refusal(refusal: Refusal) -> FeedError:
    """Translate why a query is not answered."""
    if isinstance(refusal, UnsupportedConstruct):
        return Unsupported(f"This service does not support {refusal.name}.", target=refusal.option)
    return InvalidRequest(_sentence(refusal), code=type(refusal).__name__, target=refusal.option)


def of_token(error: RequestError) -> FeedError:
    """Translate why an access token is not accepted."""
    kinds = (MissingCredentials, MissingScope, Busy)
    kind = next((kind for kind in kinds if kind.status is error.status), InternalError)
    return kind(error.detail, code=type(error).__name__, headers=error.headers)


def _sentence(refusal: Refusal) -> str:
    if isinstance(refusal, InvalidExpression):
        return f"The expression is wrong {refusal}."
    if isinstance(refusal, InvalidOption | NotAdditive):
        return str(refusal)
    return "The query cannot be answered."
