"""Requests whose options or parts come in a body: `/$query` and `$batch`, each asked as the request that it stands for.

A part of a batch is asked when the one before it has been sent: no more than one answer is held at a time.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import quote, unquote_to_bytes, urlsplit
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message

from services.api.http.json_bodies import read_up_to
from services.api.http.media_types import media_type_of
from services.api.odata import errors
from services.api.odata.batch import (
    JSON,
    LARGEST_BODY,
    MULTIPART,
    BatchAnswer,
    BatchRequest,
    json_piece,
    multipart_piece,
    parts_of,
)
from services.api.odata.errors import (
    BodyTooLarge,
    Busy,
    FailedDependency,
    FeedError,
    InvalidRequest,
    Unsupported,
    UnsupportedMediaType,
)
from services.api.odata.formats import VERSION

Answer: TypeAlias = Callable[[Request], Awaitable[Response]]

QUERY_SEGMENT = b"/$query"
LARGEST_QUERY = 128 * 1024
# After so long no further part is begun.
LONGEST_SECONDS = 60.0

_QUERY_TYPES = {"text/plain", "application/x-www-form-urlencoded"}
# What the whole says of its sender holds for every part; all else a part says for itself.
_INHERITED = ("authorization", "forwarded", "host")
# All of ASCII that can be seen: what a client has percent-encoded stays so, and what it has not, becomes so.
_AS_SENT = "".join(map(chr, range(0x21, 0x7F)))


async def with_options_of_body(request: Request) -> Request:
    """Return the GET that a POST to `/$query` stands for: the options of its body come after those of its address.

    Raises:
        UnsupportedMediaType: the options are sent as something else than text.
        BodyTooLarge: there are too many.
    """
    if media_type_of(request.headers.get("content-type", "")).name not in _QUERY_TYPES:
        raise UnsupportedMediaType("Options are sent as text/plain, written as in an address.", target="Content-Type")
    body = await _body(request, LARGEST_QUERY)
    options = [request.scope["query_string"], quote(body.strip(), safe=_AS_SENT).encode()]
    raw_path = request.scope["raw_path"].partition(b"?")[0].removesuffix(QUERY_SEGMENT)
    path = request.scope["path"].removesuffix(QUERY_SEGMENT.decode())
    query_string = b"&".join(option for option in options if option)
    return Request({**request.scope, "method": "GET", "path": path, "raw_path": raw_path, "query_string": query_string})


async def answer_batch(request: Request, root: str, answer: Answer) -> Response:
    """Answer a batch in the form in which it was sent; `root` is the path of the feed.

    Raises:
        FeedError: the batch as such cannot be read.
    """
    body = await _body(request, LARGEST_BODY)
    form, parts = parts_of(request.headers.get("content-type", ""), body)
    answers = _answers(request, root, parts, answer)
    if form == JSON:
        return StreamingResponse(_as_json(answers), media_type=JSON)
    boundary = f"batch_{uuid4()}"
    return StreamingResponse(_as_multipart(answers, boundary), media_type=f"{MULTIPART}; boundary={boundary}")


async def _body(request: Request, most: int) -> bytes:
    body = await read_up_to(request, most)
    if body is None:
        raise BodyTooLarge(f"The body is larger than {most} bytes.")
    return body


async def _answers(whole: Request, root: str, parts: list[BatchRequest], answer: Answer) -> AsyncIterator[BatchAnswer]:
    """Yield the answers in order; after a fault no more, unless the client wants the others nevertheless."""
    goes_on = _goes_on(whole)
    stops_at = time.monotonic() + LONGEST_SECONDS
    references = {f"${part.id}" for part in parts}
    succeeded: set[str | None] = set()
    for part in parts:
        try:
            if part.url.partition("/")[0] in references:
                raise Unsupported("This service does not support references from one request of a batch to another.")
            if not succeeded.issuperset(part.depends_on):
                raise FailedDependency("A request that this one depends on has failed, or does not come before it.")
            if time.monotonic() > stops_at:
                raise Busy("The batch has taken too long. Send the rest again.", headers={"Retry-After": "1"})
            response = await answer(_request_of(part, whole, root))
        except FeedError as error:
            response = errors.answer(error)
        yield await _part_answer(part, response)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            succeeded.add(part.id)
        elif not goes_on:
            return


def _goes_on(request: Request) -> bool:
    preferences = ",".join(request.headers.getlist("prefer")).lower().replace(" ", "").replace("odata.", "")
    return not {"continue-on-error", "continue-on-error=true"}.isdisjoint(preferences.split(","))


def _request_of(part: BatchRequest, whole: Request, root: str) -> Request:
    """Return a part as a request of its own.

    Raises:
        Unsupported, InvalidRequest: it asks for what no part can have.
    """
    if part.unsupported is not None:
        raise Unsupported(f"This service does not support {part.unsupported}.")
    credential = whole.headers.get("authorization")
    if part.headers.get("authorization", credential) != credential:
        raise InvalidRequest("The credential of the batch is that of each request in it: leave Authorization out.")
    raw_path, query_string = _address(part.url, root)
    if raw_path.startswith(f"{root}/$batch".encode()):
        raise InvalidRequest("There is no batch inside a batch.", code="InvalidBatch")
    headers = {**part.headers, **{name: whole.headers[name] for name in _INHERITED if name in whole.headers}}
    headers.pop("content-length", None)
    scope = {
        **whole.scope,
        "method": part.method,
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query_string,
        "headers": [(name.encode("latin-1", "replace"), _latin(value)) for name, value in headers.items()],
    }
    scope.pop("state", None)

    async def receive() -> Message:
        return {"type": "http.request", "body": part.body, "more_body": False}

    return Request(scope, receive)


def _latin(value: str) -> bytes:
    return value.encode("latin-1", "replace")


def _address(url: str, root: str) -> tuple[bytes, bytes]:
    """Return path and query of a URL that is absolute, begins at the host, or counts from the feed's root."""
    sent = quote(url, safe=_AS_SENT)
    path, _, query = sent.partition("?")
    if "://" in path:
        path = urlsplit(path).path
    elif not path.startswith("/"):
        path = f"{root}/{path}"
    if path != root and not path.startswith(f"{root}/"):
        raise InvalidRequest("A request of a batch is one to this feed.", code="InvalidBatch")
    return path.encode(), query.partition("#")[0].encode()


async def _part_answer(part: BatchRequest, response: Response) -> BatchAnswer:
    if isinstance(response, StreamingResponse):
        pieces = [piece if isinstance(piece, bytes) else str(piece).encode() async for piece in response.body_iterator]
        body = b"".join(pieces)
    else:
        body = bytes(response.body)
    status = HTTPStatus(response.status_code)
    response.headers.setdefault("OData-Version", VERSION)
    headers = [(name.title(), value) for name, value in response.headers.items() if name != "content-length"]
    return BatchAnswer(part.id, status.value, status.phrase, headers, b"" if part.method == "HEAD" else body)


async def _as_multipart(answers: AsyncIterator[BatchAnswer], boundary: str) -> AsyncIterator[bytes]:
    async for answer in answers:
        yield multipart_piece(answer, boundary)
    yield f"--{boundary}--\r\n".encode()


async def _as_json(answers: AsyncIterator[BatchAnswer]) -> AsyncIterator[bytes]:
    separator = b'{"responses":['
    async for answer in answers:
        yield separator + json_piece(answer)
        separator = b","
    yield b"]}" if separator == b"," else separator + b"]}"
