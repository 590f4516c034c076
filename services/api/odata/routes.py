"""`/samverkan/odata/v4`: the figures for Power BI, as OData 4.0. Its specification is its own `$metadata`.

It is separate from the API of the national profile, and not in that one's specification: addresses, paging and errors
are OData's. So it is an application of its own inside the app, which answers every path below its root.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

import orjson
import psycopg
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.api.http.dependencies import Resources, resources_of
from services.api.http.problems import InvalidSentBy
from services.api.http.reads import record_read
from services.api.http.responses import root_url
from services.api.http.slots import NoSlot
from services.api.http.threads import QUERY_THREAD
from services.api.odata import errors
from services.api.odata.auth import admit
from services.api.odata.batch_answers import QUERY_SEGMENT, answer_batch, with_options_of_body
from services.api.odata.errors import Busy, FeedError, InternalError, InvalidRequest, MethodNotAllowed, Refusal
from services.api.odata.executor import FeedReader, RowPage, read, sort_columns
from services.api.odata.formats import VERSION, JsonFormat, refuse_old_client, refuse_other_format, wanted_form
from services.api.odata.metadata import metadata, service_document
from services.api.odata.options import Query, parse_options, query_pairs
from services.api.odata.paging import DEFAULT_SIZE, PagePosition, next_link, position_in, preferred_size, skip_token
from services.api.odata.resources import Batch, Collection, Count, Document, Entity, Resource, resource_at
from services.api.odata.sets import MODEL, Feed
from services.api.odata.statement import Statement, select_statement
from shared.db.engine import is_unavailable
from shared.db.signing import SignerInUse

ROOT = "/samverkan/odata/v4"

_READING, _POSTING = "GET, HEAD, OPTIONS", "OPTIONS, POST"
_HEADERS = {"OData-Version": VERSION, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Prefer"}
# What is sent at once: while a page is compressed, other requests get their turn in between.
_CHUNK = 128 * 1024
# A longer query takes more than some milliseconds to read.
_LONGEST_IN_LOOP = 1000

T = TypeVar("T")

logger = logging.getLogger(__name__)


class ODataFeed:
    """The ASGI application of the feed."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever it is, in OData's form."""
        response = await _answered(Request({**scope, "app": self._app}, receive))
        await response(scope, receive, send)


def install(app: FastAPI) -> None:
    """Let the app answer with the feed at its root and everywhere below."""
    feed = ODataFeed(app)
    app.router.routes.append(Route(ROOT, feed))
    app.mount(ROOT, feed)


async def _answered(request: Request) -> Response:
    """Return the answer to a request, or why there is none."""
    try:
        response = await _answer(request)
    except FeedError as error:
        response = errors.answer(error)
    except Refusal as refusal:
        response = errors.answer(errors.of_refusal(refusal))
    except Exception as error:  # noqa: BLE001  whatever it is, it is answered in OData's form
        response = errors.answer(_of_failure(error))
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _of_failure(error: Exception) -> FeedError:
    """Return what is answered for a fault that is not the client's; what PostgreSQL says may repeat what was sent."""
    if is_unavailable(error):
        return Busy("The database cannot be asked at the moment. Try again in a while.", headers={"Retry-After": "5"})
    if isinstance(error, psycopg.Error):
        logger.error("the feed failed: %s %s", type(error).__name__, error.sqlstate)
    else:
        logger.error("the feed failed", exc_info=error)
    return InternalError("Something went wrong on our side. Try again in a while.")


async def _answer(request: Request) -> Response:
    resources = resources_of(request)
    await admit(request, resources)
    path = request.scope["raw_path"].partition(b"?")[0].removeprefix(ROOT.encode())
    takes_options = path.endswith(QUERY_SEGMENT)
    resource = resource_at(path.removesuffix(QUERY_SEGMENT))
    methods = _POSTING if takes_options or resource is Batch.BATCH else _READING
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": methods})
    if request.method not in methods.split(", "):
        raise MethodNotAllowed("The feed is for reading only.", headers={"Allow": methods})
    refuse_old_client(request)
    if resource is Batch.BATCH:
        return await answer_batch(request, ROOT, _answered)
    if takes_options:
        request = await with_options_of_body(request)
    query_string = request.scope["query_string"].decode("latin-1")
    query = await _read(query_string, lambda: parse_options(query_pairs(query_string)))
    return await _respond(request, resources, resource, query)


async def _read(query_string: str, work: Callable[[], T]) -> T:
    """Do what takes as long as a query is long, in a thread unless that is short."""
    return work() if len(query_string) <= _LONGEST_IN_LOOP else await QUERY_THREAD.run(work)


async def _compiled(request: Request, query: Query, feed: Feed) -> Statement:
    query_string = request.scope["query_string"].decode("latin-1")
    return await _read(query_string, lambda: select_statement(query, feed.entity_set, MODEL))


async def _respond(request: Request, resources: Resources, resource: Resource, query: Query) -> Response:
    match resource:
        case Batch.BATCH:
            raise MethodNotAllowed("A batch is posted.", headers={"Allow": _POSTING})
        case Document.METADATA:
            refuse_other_format(query.format)
            return Response(metadata(), media_type="application/xml")
        case Document.SERVICE:
            form = wanted_form(request, query.format)
            return _json(form, service_document(_context(request)))
        case Count():
            return await _count(request, resources, resource, query)
        case Entity():
            return await _row(request, resources, resource, query)
        case Collection():
            return await _rows(request, resources, resource, query)


async def _count(request: Request, resources: Resources, counted: Count, query: Query) -> Response:
    statement = await _compiled(request, query, counted.feed)
    total = await read(resources, lambda reader: reader.count(statement))
    return Response(str(total), media_type="text/plain")


async def _row(request: Request, resources: Resources, entity: Entity, query: Query) -> Response:
    if query != Query(select=query.select, expand=query.expand, format=query.format):
        raise InvalidRequest("A single row takes only $select, $expand and $format.", code="InvalidOption")
    form = wanted_form(request, query.format)
    row = await read(resources, lambda reader: reader.row(entity, query, form))
    if row is None:
        return Response(status_code=204)
    entity_set = entity.feed.entity_set if entity.navigation is None else MODEL.entity_set(entity.navigation.target)
    if form.metadata == "none":
        return Response(row, media_type=form.media_type)
    context = orjson.dumps(f"{_context(request)}#{entity_set.name}{_chosen(query)}/$entity")
    return Response(b'{"@odata.context":' + context + b"," + row[1:], media_type=form.media_type)


async def _rows(request: Request, resources: Resources, collection: Collection, query: Query) -> Response:
    form = wanted_form(request, query.format)
    feed = collection.feed
    query_string = request.scope["query_string"].decode("latin-1")
    statement = await _compiled(request, query, feed)
    identity = _identity(request, feed.entity_set.name)
    signer = await resources.singleton(SignerInUse).of(resources.reading)
    place = None
    if query.skip_token is not None:
        place = position_in(query.skip_token, identity, len(sort_columns(statement, feed)), signer)
    preferred = preferred_size(request)
    size = preferred or (place.size if place else DEFAULT_SIZE)

    async def select(reader: FeedReader) -> tuple[int | None, RowPage]:
        total = place.total if place else await reader.count(statement) if query.count else None
        return total, await reader.page(statement, feed, form, size, place)

    total, page = await read(resources, select)
    context = f"{_context(request)}#{feed.entity_set.name}{_chosen_columns(statement, query)}"
    following = None
    if page.end is not None:
        left = None if statement.top is None else statement.top - size
        following = next_link(request, skip_token(PagePosition(page.end, size, total), identity, signer), left)
        if place is None:
            await _record_download(request, feed.entity_set.name, query_string)
    applied = {} if preferred is None else {"Preference-Applied": f"odata.maxpagesize={preferred}"}
    pieces = _in_slot(resources, request.state.caller.key_id, _pieces(page.rows, form, context, total, following))
    await anext(pieces)
    return _PageResponse(pieces, media_type=form.media_type, headers=applied)


async def _record_download(request: Request, name: str, query_string: str) -> None:
    """Write down that a set is taken out from its first page on."""
    try:
        await record_read(request, f"odata/{name}", query_pairs(query_string))
    except InvalidSentBy as error:
        raise InvalidRequest(error.detail, code=type(error).__name__) from None


class _PageResponse(StreamingResponse):
    """A page that is sent in pieces; its place is free however that ends."""

    body_iterator: AsyncGenerator[bytes]

    async def stream_response(self, send: Send) -> None:
        """Send the pieces, and end what holds the place."""
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


async def _in_slot(resources: Resources, client: str, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield the pieces, after an empty one: a page is in memory until its client has read it, so few are sent at once.

    Raises:
        Busy: many pages are being sent, or many to this client.
    """
    try:
        with resources.feed_answers.taken_by(client):
            yield b""
            async for piece in pieces:
                yield piece
    except NoSlot:
        raise Busy("Many pages are being sent. Ask again in a while.", headers={"Retry-After": "5"}) from None


async def _pieces(
    rows: bytes, form: JsonFormat, context: str, total: int | None, following: str | None
) -> AsyncIterator[bytes]:
    head: dict[str, object] = {} if form.metadata == "none" else {"@odata.context": context}
    if total is not None:
        # Of what IEEE754Compatible makes text, the count is one.
        head["@odata.count"] = str(total) if form.decimals_as_text else total
    yield orjson.dumps(head)[:-1] + (b"," if head else b"") + b'"value":['
    for begin in range(0, len(rows), _CHUNK):
        yield rows[begin : begin + _CHUNK]
    yield b"]" if following is None else b'],"@odata.nextLink":' + orjson.dumps(following)
    yield b"}"


def _identity(request: Request, name: str) -> list[str | None]:
    """Return what decides which rows there are and in which order: a link counts only for the same."""
    pairs = query_pairs(request.scope["query_string"].decode("latin-1"))
    given = {option.removeprefix("$").lower(): value for option, value in pairs}
    return [name, *(given.get(option) for option in ("apply", "filter", "orderby"))]


def _context(request: Request) -> str:
    return f"{root_url(request)}{ROOT}/$metadata"


def _chosen_columns(statement: Statement, query: Query) -> str:
    """Return the part of a context that lists columns, when they are not all and only the set's own."""
    if query.apply is None:
        return _chosen(query)
    names = dict.fromkeys(_listed(column.path) for column in statement.columns)
    return f"({','.join(names)})" if names else ""


def _listed(path: tuple[str, ...]) -> str:
    return path[0] + "".join(f"({name}" for name in path[1:]) + ")" * (len(path) - 1)


def _chosen(query: Query) -> str:
    expanded = [f"{one.navigation}({','.join(one.select)})" for one in query.expand if one.select]
    if query.select is not None:
        names = [*query.select, *(one.navigation for one in query.expand if not one.select)]
        expanded = [*dict.fromkeys(names), *expanded]
    return f"({','.join(expanded)})" if expanded else ""


def _json(form: JsonFormat, content: dict[str, object]) -> Response:
    if form.metadata == "none":
        content = {name: value for name, value in content.items() if name != "@odata.context"}
    return Response(orjson.dumps(content), media_type=form.media_type)
