"""What every request passes on its way in, and every answer on its way out: ASGI middleware."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from fastapi import FastAPI
from opentelemetry import trace
from prometheus_client import Histogram
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.http import problems
from services.api.http.languages import language_of_refusals
from services.api.http.media_types import accepted_types
from services.api.http.methods import Methods
from services.api.http.problems import CrossOriginRefused
from services.api.http.tracing import TRACEPARENT, unfollowed_span
from shared.files.media_types import PARQUET, XLSX

UNKNOWN_ROUTE = "unknown"
# What is read by programs alone.
_OF_PROGRAMS = ("/samverkan/", "/health/")
# The fields of a trace, and how long each may be.
_OF_TRACES = {TRACEPARENT: 512, b"tracestate": 512, b"baggage": 4096}

# Less is sent in one packet either way.
SMALLEST = 1400
# 700 KB of figures take 3 ms and leave 20 KB; level 9 takes ten times as long to leave a quarter less.
LEVEL = 4
# Media types that are compressed already.
COMPRESSED_ALREADY = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    PARQUET,
    XLSX,
)

_VARY = (b"vary", b"Accept-Encoding")

# The key travels in a header that a page's script sets; a browser sends neither cookies nor passwords of its own.
# The last two lines are what clients of OData send: OpenUI5, and Microsoft's and Apache's libraries.
ASKED_WITH = (
    *("Authorization", "If-Match", "If-None-Match", "Prefer", "Traceparent", "Tracestate", "X-Sent-By"),
    *("OData-Version", "OData-MaxVersion", "MIME-Version", "X-CSRF-Token", "X-Requested-With"),
    *("SAP-ContextId-Accept", "SAP-Cancel-On-Close", "X-SAP-Security-Session"),
)
READABLE = (
    *("Content-Disposition", "Deprecation", "ETag", "Link", "Location", "OData-Version", "Preference-Applied"),
    *("RateLimit", "RateLimit-Policy", "Retry-After", "Sunset", "Traceparent"),
)
SECONDS_REMEMBERED = 600


class TracedApp(FastAPI):
    """An app that takes a trace from a request that names one, and no more than one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. A field that may occur once and occurs twice is not valid (RFC 9110, 5.3)."""
        if scope["type"] == "http":
            traces = [(name, value) for name, value in scope["headers"] if name in _OF_TRACES]
            if traces and not _are_sound(traces):
                scope = {**scope, "headers": [field for field in scope["headers"] if field[0] not in _OF_TRACES]}
        await super().__call__(scope, receive, send)


def _are_sound(traces: Sequence[tuple[bytes, bytes]]) -> bool:
    """Tell whether a trace is named once, and all is as short as others may expect; the library would log the rest."""
    sizes = Counter[bytes]()
    for name, value in traces:
        sizes[name] += len(value) + 1
    is_named_once = sum(name == TRACEPARENT for name, _ in traces) <= 1
    return is_named_once and all(size <= _OF_TRACES[name] for name, size in sizes.items())


class TraceInAnswer:
    """ASGI middleware that tells the request's trace, and our own part of it as the parent, in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add `traceparent` to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        span = trace.get_current_span()
        if not span.get_span_context().is_valid:
            span = unfollowed_span()
        current = span.get_span_context()
        ours = b"00-%032x-%016x-%02x" % (current.trace_id, current.span_id, current.trace_flags)

        async def with_trace(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((TRACEPARENT, ours))
            await send(message)

        with trace.use_span(span):
            await self._app(scope, receive, with_trace)


class Compressed:
    """ASGI middleware around the framework's own: small answers pass it by, and ETags tell what is true.

    A strong ETag promises the very bytes, which are others when they are compressed: it is then sent as a weak one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, SMALLEST, LEVEL, exclude_content_types=COMPRESSED_ALREADY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and compress its answer if the client takes that and it is worth it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_vary(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                if (b"content-encoding", b"gzip") in headers:
                    headers[:] = [(name, _weak(value) if name == b"etag" else value) for name, value in headers]
                else:
                    headers.append(_VARY)
            await send(message)

        await (self._gzip if _takes_gzip(scope) else self._app)(scope, receive, send_with_vary)


def _takes_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and _names_gzip(value.decode("latin-1")) for name, value in scope["headers"])


# What a program asks for is the same each time.
@lru_cache(maxsize=256)
def _names_gzip(header: str) -> bool:
    return any(one.name == "gzip" and one.quality > 0 for one in accepted_types(header))


def _weak(tag: bytes) -> bytes:
    return tag if tag.startswith(b"W/") else b"W/" + tag


_REFUSED = "Requests from this origin are not allowed; the operator decides which origins are."


class CrossOrigin(CORSMiddleware):
    """The framework's middleware, set up for this API; what it refuses is answered as a problem."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...], methods: Methods) -> None:
        # It is made when the first request comes: every route is known by then.
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=methods.all(),
            allow_headers=ASKED_WITH,
            expose_headers=READABLE,
            max_age=SECONDS_REMEMBERED,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer what a browser asks beforehand; a key is neither sent nor needed then."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == 200:  # noqa: PLR2004  OK
            return answer
        allowed = {
            name: answer.headers[name] for name in ("vary", "access-control-allow-origin") if name in answer.headers
        }
        refusal = CrossOriginRefused(_REFUSED, (), allowed)
        return problems.answer(refusal, language_of_refusals(request_headers))


class ProblemPages:
    """ASGI middleware: where a browser would be shown a problem, it is shown the page that is made of it.

    So it is at an address that there is none of, for too many requests, and for a fault of ours; not at the API's own
    addresses, where it is read by programs, also in a browser.
    """

    def __init__(self, app: ASGIApp, page_of: Callable[[Request, Message, bytes], Response]) -> None:
        self._app = app
        self._page_of = page_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer with a page where it is answered by a problem."""
        if scope["type"] != "http" or not _shows_pages(scope):
            await self._app(scope, receive, send)
            return
        begun: Message | None = None
        content = bytearray()

        async def send_page(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and _is_problem(message):
                begun = message
            elif begun is None:
                await send(message)
            else:
                content.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._page_of(Request(scope), begun, bytes(content))(scope, receive, send)

        await self._app(scope, receive, send_page)


def _shows_pages(scope: Scope) -> bool:
    if scope["path"].startswith(_OF_PROGRAMS):
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _is_problem(message: Message) -> bool:
    return (b"content-type", problems.MEDIA_TYPE.encode()) in message["headers"]


class RequestMetrics:
    """ASGI middleware that measures every request, by its route and not by its address."""

    def __init__(self, app: ASGIApp, seconds: Histogram) -> None:
        self._app = app
        # Of each method, route and status there is one: the library's own way to it takes longer than to measure.
        self._of = cache(seconds.labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how long its answer took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started_at = time.perf_counter()

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            route = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
            # An unknown method is any text: it must not make a metric of its own.
            method = scope["method"] if route != UNKNOWN_ROUTE else UNKNOWN_ROUTE
            self._of(method, route, status).observe(time.perf_counter() - started_at)
