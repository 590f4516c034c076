"""`$batch`: several requests in one, as multipart or as JSON, each answered as it would be alone, one after the other.

Nothing is written by the feed, so that there are no change sets. Every part is asked with the credential of the whole.
What is read of a part here is only where it goes and what it carries; `parts_of` bounds how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import orjson

from services.api.http.media_types import MediaType, media_type_of
from services.api.odata.errors import InvalidRequest, UnsupportedMediaType

LARGEST_BODY = 256 * 1024
MOST_PARTS = 100
# Of one part: what its address and its headers may have together.
LARGEST_HEAD = 32 * 1024
MULTIPART, JSON = "multipart/mixed", "application/json"

_LONGEST_BOUNDARY = 70


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A request inside a batch: `url` as it was sent, header names in lower case.

    `unsupported` is a noun phrase for what the service does not do, where the part asks for such a thing.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    id: str | None = None
    depends_on: tuple[str, ...] = ()
    unsupported: str | None = None

    @property
    def head_size(self) -> int:
        """How many characters its address and its headers have."""
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers.items())


def parts_of(content_type: str, body: bytes) -> tuple[str, list[BatchRequest]]:
    """Return the form in which a batch was sent, MULTIPART or JSON, and its requests.

    Raises:
        UnsupportedMediaType: it is sent in another form.
        InvalidRequest: it cannot be read, or has too many parts.
    """
    sent = media_type_of(content_type)
    if sent.name == MULTIPART:
        parts = _of_multipart(body, _boundary(sent))
    elif sent.name == JSON:
        parts = _of_json(body)
    else:
        raise UnsupportedMediaType(f"A batch is sent as {MULTIPART} or as {JSON}.", target="Content-Type")
    if len(parts) > MOST_PARTS:
        raise _wrong(f"it has more than {MOST_PARTS} requests")
    if any(part.head_size > LARGEST_HEAD for part in parts):
        raise _wrong(f"the address and the headers of a request have more than {LARGEST_HEAD} characters")
    return sent.name, parts


def _boundary(sent: MediaType) -> bytes:
    boundary = sent.parameters.get("boundary", "")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise _wrong(f"Content-Type has no boundary of 1 to {_LONGEST_BOUNDARY} characters")
    return boundary.encode()


def _of_multipart(body: bytes, boundary: bytes) -> list[BatchRequest]:
    _, *pieces = (b"\n" + body).split(b"\n--" + boundary, MOST_PARTS + 2)
    parts: list[BatchRequest] = []
    for piece in pieces:
        line, _, below = piece.partition(b"\n")
        if line.strip() == b"--":
            return parts
        headers, content = _headers_and_rest(below)
        parts.append(_of_http(headers, content))
    raise _wrong(f"the boundary at its end is missing, or it has more than {MOST_PARTS} requests")


def _of_http(around: Mapping[str, str], content: bytes) -> BatchRequest:
    """Return the request in a part of type application/http; `around` are the part's own headers."""
    kind = media_type_of(around.get("content-type", "")).name
    content_id = around.get("content-id")
    if kind == MULTIPART:
        return BatchRequest("POST", "", id=content_id, unsupported="change sets: the feed is for reading only")
    if kind != "application/http":
        raise _wrong("a part is not of the type application/http")
    line, _, rest = content.lstrip(b"\r\n").partition(b"\n")
    method, _, target = line.decode("utf-8", "replace").strip().partition(" ")
    url, _, version = target.rpartition(" ")
    if not url or not version.startswith("HTTP/"):
        raise _wrong("a part does not begin with a request line, such as GET Areas HTTP/1.1")
    headers, body = _headers_and_rest(rest)
    return BatchRequest(method.upper(), url.strip(), headers, body.rstrip(b"\r\n"), content_id)


def _headers_and_rest(content: bytes) -> tuple[dict[str, str], bytes]:
    """Return the headers above the first empty line, and what is below it."""
    headers = {}
    lines = BytesIO(content)
    while text := lines.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers, lines.read()


def _of_json(body: bytes) -> list[BatchRequest]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _wrong("it is not JSON in UTF-8") from None
    requests = content.get("requests") if isinstance(content, dict) else None
    if not isinstance(requests, list) or len(requests) > MOST_PARTS:
        raise _wrong(f'it has no list "requests" of at most {MOST_PARTS}')
    parts = [_of_object(request) for request in requests]
    if len({part.id for part in parts}) < len(parts):
        raise _wrong('two requests have one "id"')
    return parts


def _of_object(request: object) -> BatchRequest:
    if not isinstance(request, dict):
        raise _wrong("a request is no object")
    texts = [request.get(name) for name in ("id", "method", "url")]
    headers, before = request.get("headers") or {}, request.get("dependsOn") or []
    body = request.get("body", "")
    if not all(isinstance(text, str) and text for text in texts):
        raise _wrong('a request lacks "id", "method" or "url"')
    if not (isinstance(headers, dict) and _are_texts(headers.values()) and isinstance(before, list)):
        raise _wrong('the "headers" of a request are no object of texts, or "dependsOn" is no list')
    if not _are_texts(before):
        raise _wrong('"dependsOn" holds what is no id')
    unsupported = next((name for name in ("atomicityGroup", "if") if name in request), None)
    return BatchRequest(
        str(texts[1]).upper(),
        str(texts[2]),
        {name.lower(): value for name, value in headers.items()},
        body.encode() if isinstance(body, str) else orjson.dumps(body),
        texts[0],
        tuple(before),
        f'"{unsupported}" in a batch' if unsupported else None,
    )


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What a part is answered with; header names as they are sent."""

    id: str | None
    status: int
    phrase: str
    headers: Sequence[tuple[str, str]]
    body: bytes


def multipart_piece(answer: BatchAnswer, boundary: str) -> bytes:
    """Return a part of an answer in multipart."""
    lines = [f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {answer.id}"] if answer.id is not None else []
    lines += ["", f"HTTP/1.1 {answer.status} {answer.phrase}", *(f"{name}: {value}" for name, value in answer.headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body + b"\r\n"


def json_piece(answer: BatchAnswer) -> bytes:
    """Return a member of the list `responses`; text that is no JSON becomes a string."""
    headers = {name.lower(): value for name, value in answer.headers}
    content: dict[str, object] = {"id": answer.id, "status": answer.status, "headers": headers}
    if answer.body:
        is_json = media_type_of(headers.get("content-type", "")).name == JSON
        content["body"] = orjson.Fragment(answer.body) if is_json else answer.body.decode()
    return orjson.dumps(content)


def _wrong(what: str) -> InvalidRequest:
    return InvalidRequest(f"The batch cannot be read: {what}.", code="InvalidBatch")
