"""Answers as JSON made straight from plain rows: a resource and its revision, or a page of a list, with their links."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import Depends, Header, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.api.http.media_types import parameters_of
from services.api.http.problems import MissingPrecondition, PageOutOfRange
from services.api.http.routing import BASE
from shared.domain.errors import StaleRevision

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 1000
LARGEST_PAGE = 1_000_000_000

# Characters that a query has as they were sent; all else is percent-encoded.
_SAFE_IN_QUERY = "=&%+-._~!$'()*,;:@/?"

_TAG_LENGTH = 24
_ASKED_AGAIN = ((b"cache-control", b"private, no-cache"), (b"vary", b"Accept, Authorization"))

# What gateways that compress add to an ETag: a content coding, after one of these marks.
_CODINGS, _CODING_MARKS = ("gzip", "br", "zstd", "deflate"), ("--", "-", ";", "+", ":")

_IN_HOST_NAMES = frozenset(string.ascii_letters + string.digits + ".-")

IfMatch = Annotated[str | None, Header(description='The ETag that the change builds on, such as "3".')]


class Answer(Response):
    """A JSON answer; strings, numbers, dates, UUIDs and fragments of JSON are encoded without further ado."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return the content as JSON."""
        return orjson.dumps(content)


def root_url(request: Request) -> str:
    """Return where the client reaches the API: what a gateway says in Forwarded (RFC 7239), else the setting."""
    configured: str = request.app.state.resources.settings.public_url
    forwarded = request.headers.get("forwarded")
    if forwarded is None:
        return configured
    nearest_client = parameters_of(forwarded.partition(",")[0])
    host, scheme = nearest_client.get("host", ""), nearest_client.get("proto", "").lower()
    if not _is_host(host):
        return configured
    return f"{scheme if scheme in {'http', 'https'} else configured.partition(':')[0]}://{host}"


def _is_host(text: str) -> bool:
    name, colon, port = text.partition(":")
    has_port = port.isascii() and port.isdigit() and len(port) <= len("65535")
    return bool(name) and _IN_HOST_NAMES.issuperset(name) and (has_port or not colon)


def link(url: str, relation: str) -> dict[str, str]:
    """Return a link description object."""
    return {"href": url, "rel": relation, "method": "GET"}


def resource(
    request: Request,
    path: str,
    content: Mapping[str, Any],
    *,
    created: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with one resource, whose own address is `path` below the API's root; one just created says so."""
    url = f"{root_url(request)}{BASE}/{path}"
    location = {"Location": url} if created else {}
    return Answer(
        {"_links": {"self": link(url, "self")}, **content}, 201 if created else 200, {**location, **(headers or {})}
    )


def with_etag(request: Request, response: Response, caching: Iterable[tuple[bytes, bytes]] = _ASKED_AGAIN) -> Response:
    """Add an ETag of the content, or answer 304 when the client has the same already.

    It is a weak one: it is the same however the content is compressed. Unless `caching` says something else, a cache
    asks again each time, since a figure may change at any moment; only the client's own may keep what was answered to
    its key.
    """
    # Processors have instructions for this digest: it takes half as long as those that are quick without.
    tag = hashlib.sha256(response.body).hexdigest()[:_TAG_LENGTH]
    if names_tag(",".join(request.headers.getlist("if-none-match")), tag):
        response = Response(status_code=304)
    response.raw_headers += ((b"etag", f'W/"{tag}"'.encode()), *caching)
    return response


def etag(revision: int) -> str:
    """Return a revision as an ETag."""
    return f'"{revision}"'


def names_tag(header: str, tag: str) -> bool:
    """Tell whether If-Match or If-None-Match names an ETag, given without its quotes, or any by a star.

    Whatever compresses an answer makes its ETag a weak one, or another by a suffix, here or in a gateway: `"3-gzip"`
    (Apache), `"3--gzip"` (Jetty), `"3;gzip"`. It is of the same content still. Our tags hold neither comma nor quote.
    """
    return header.strip() == "*" or any(_without_coding(one) == tag for one in header.split(","))


def _without_coding(tag: str) -> str | None:
    """Return what is inside an ETag's quotes, without the content coding that a gateway has added to it."""
    opaque = tag.strip().removeprefix("W/")
    if len(opaque) < len('""') or not (opaque.startswith('"') and opaque.endswith('"')):
        return None
    opaque = opaque[1:-1]
    for coding in _CODINGS:
        whole = opaque.removesuffix(coding)
        if whole != opaque:
            return next((whole[: -len(mark)] for mark in _CODING_MARKS if whole.endswith(mark)), opaque)
    return opaque


def refuse_stale(if_match: str | None, revision: int) -> None:
    """Refuse a change that does not build on the stored revision.

    Raises:
        MissingPrecondition: it does not say what it builds on.
        StaleRevision: it builds on another revision.

    """
    if if_match is None:
        raise MissingPrecondition("Send the ETag that was read in the header If-Match, so that no change is lost.")
    if not names_tag(if_match, str(revision)):
        raise StaleRevision("It has changed since this ETag was read. Read it again, then change it.")


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a list that a client asks for; `number` counts from 1."""

    number: int
    limit: int

    @property
    def offset(self) -> int:
        """How many entries come before the page."""
        return (self.number - 1) * self.limit

    def check(self, total: int) -> None:
        """Raise PageOutOfRange if a list of `total` entries has no such page; the first one may be empty."""
        pages = self.pages_of(total)
        if self.number > max(pages, 1):
            raise PageOutOfRange(f"The list has {pages} pages of {self.limit}; they are counted from 1.")

    def pages_of(self, total: int) -> int:
        """Return how many pages a list of `total` entries has."""
        return -(-total // self.limit)


PageNumber = Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Which page, from 1.")]
PageLimit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT, description="How many entries a page has.")]


async def wanted_page(
    page: Annotated[PageNumber, Query()] = 1, limit: Annotated[PageLimit, Query()] = DEFAULT_LIMIT
) -> Page:
    """Return the page that the query asks for."""
    return Page(page, limit)


Paging = Annotated[Page, Depends(wanted_page)]


_NOTHING: Mapping[str, object] = {}


def page_answer(
    request: Request,
    page: Page,
    total: int,
    noun: str,
    entries: Sequence[object],
    of_list: Mapping[str, object] = _NOTHING,
) -> Answer:
    """Answer with one page of a list of `total` entries; `of_list` is what is said of the list as a whole.

    Raises:
        PageOutOfRange: there is no such page.
    """
    page.check(total)
    meta = {
        "count": len(entries),
        "page": page.number,
        "limit": page.limit,
        "totalRecords": total,
        "totalPages": page.pages_of(total),
    }
    links = _links(request, page, page.pages_of(total))
    return Answer({"_meta": meta, "_links": links, **of_list, noun: entries})


def slice_answer(
    request: Request, page: Page, noun: str, everything: Sequence[object], of_list: Mapping[str, object] = _NOTHING
) -> Answer:
    """Answer with one page of a list that is in memory as a whole."""
    entries = everything[page.offset : page.offset + page.limit]
    return page_answer(request, page, len(everything), noun, entries, of_list)


def link_header(request: Request, page: Page, total: int) -> str:
    """Return the links of a page as a header (RFC 8288), for a form of the list that has no room for them inside."""
    links = _links(request, page, page.pages_of(total)).values()
    return ", ".join(f'<{link["href"]}>; rel="{link["rel"]}"' for link in links)


def parts_of_query(request: Request) -> list[str]:
    """Return the parts of a query between its ampersands as they were sent; what no address may hold is encoded."""
    return [part for part in quote(request.scope["query_string"], safe=_SAFE_IN_QUERY).split("&") if part]


def _links(request: Request, page: Page, last: int) -> dict[str, dict[str, str]]:
    sent = parts_of_query(request)
    query = "".join(f"{part}&" for part in sent if part.partition("=")[0] not in {"page", "limit"})
    address = f"{root_url(request)}{quote(request.scope['path'])}?{query}page="
    numbers = {"self": page.number, "first": 1, "prev": page.number - 1, "next": page.number + 1, "last": max(last, 1)}
    return {
        relation: link(f"{address}{number}&limit={page.limit}", relation)
        for relation, number in numbers.items()
        if 1 <= number <= max(last, 1)
    }
