"""Bodies of JSON: read up to a limit, parsed by a parser that knows no NaN, and bounded before anything walks them.

What is large is parsed and searched in a thread, one body at a time: others are answered meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain

import orjson
from fastapi import Request

from services.api.http.json_names import names_given_twice
from services.api.http.media_types import media_type_of
from services.api.http.problems import BodyTooLarge, InvalidBody, MalformedBody, UnsupportedMediaType
from services.api.http.text_guard import without_personal_data
from services.api.http.threads import JSON_THREAD
from shared.domain.errors import Violation
from shared.intake.violations import redacted

# Which charsets a body of JSON may name, and what Python calls them. JSON is UTF-8, and most senders name nothing.
CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1"), "latin-1"),
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
LARGEST_BODY = 1024 * 1024
DEEPEST_BODY = 12
MOST_ENTRIES = 2000
"""Of one list or object."""
LONGEST_TEXT = 32_768
"""Longer than any field may be, and short enough to be searched at once."""
# A body beyond this is parsed and searched aside.
SMALL = 8 * 1024
# Some programs put it before UTF-8; JSON has none (RFC 8259), and readers may pass over it.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class JsonRequest(Request):
    """A request whose body has been read and parsed."""

    content: object = None

    async def json(self) -> object:
        """Return the body as it was parsed."""
        return self.content


async def with_json(request: Request, resource: str, most_values: int) -> Request:
    """Return the request with its body read, parsed and checked; one without a body is left to the framework."""
    body = await read_up_to(request, LARGEST_BODY)
    if body is None:
        raise BodyTooLarge(f"The body is larger than {LARGEST_BODY} bytes. Send much at once to /activity-imports.")
    checked = JsonRequest(request.scope, request.receive)
    checked._body = body  # noqa: SLF001  the framework's own place for a body already read
    if body:
        read = partial(_read, request, body, resource, most_values)
        checked.content = read() if len(body) <= SMALL else await JSON_THREAD.run(read)
    return checked


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


def _read(request: Request, body: bytes, resource: str, most_values: int) -> object:
    content = _parse(_in_utf8(request, body), most_values)
    return without_personal_data(content, request.path_params, resource)


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


def _parse(body: bytes, most_values: int) -> object:
    # A text may hold as many commas again; but what has far more is not parsed to find out.
    if body.count(b",") > 4 * most_values:
        raise _too_many(most_values)
    body = body.removeprefix(BYTE_ORDER_MARK)
    try:
        content: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedBody(f"The body is not valid JSON in UTF-8: it cannot be read past {where}.") from error
    _bound(content, most_values)
    twice = names_given_twice(body.decode(), content)
    if twice:
        raise InvalidBody("The body names a field twice.", twice)
    if b"\\u0000" in body:  # JSON has no other way to write it
        violations = list(_with_nul(content, ""))
        if violations:
            raise InvalidBody("The body holds characters that cannot be kept.", violations)
    return content


def _bound(content: object, most_values: int) -> None:
    """Refuse a body that is too deep, or holds too much, a level at a time: a body is not followed into its depth."""
    level: list[object] = [content]
    values = depth = 0
    while level:
        depth += 1
        entries = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        if entries and depth > DEEPEST_BODY:
            raise MalformedBody(f"The body is nested more than {DEEPEST_BODY} levels deep.")
        if any(len(one) > MOST_ENTRIES for one in entries):
            raise BodyTooLarge(f"A list or an object has more than {MOST_ENTRIES} entries.")
        level = [*chain.from_iterable(entries)]
        values += len(level)
        if values > most_values:
            raise _too_many(most_values)
        if any(isinstance(one, str) and len(one) > LONGEST_TEXT for one in level):
            raise BodyTooLarge(f"A text has more than {LONGEST_TEXT} characters.")


def _too_many(most_values: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body holds more than {most_values} values. Send much at once to /activity-imports.")


def _with_nul(value: object, field: str) -> Iterator[Violation]:
    """Yield what no field of any body may hold; numbers that are none, the parser has refused."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _with_nul(name, field)
            yield from _with_nul(inner, f"{field}.{name}" if field else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _with_nul(inner, f"{field}[{index}]")
    elif isinstance(value, str) and "\0" in value:
        yield Violation(redacted(field), "holds a NUL character", "Leave the character out.")
