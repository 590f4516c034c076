"""Answers compressed by gzip for clients that take it."""

from __future__ import annotations

import re

from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Less is sent in one packet either way.
SMALLEST = 1400
# 700 KB of figures take 3 ms and leave 20 KB; level 9 takes ten times as long to leave a quarter less.
LEVEL = 4
# What is compressed as it stands.
COMPRESSED_ALREADY = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)

_GZIP = re.compile(rb"(?:^|[,\s])gzip\s*(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))(?:;|,|$)")
_VARY = (b"vary", b"Accept-Encoding")


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

        async def telling_variants(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                if (b"content-encoding", b"gzip") in headers:
                    headers[:] = [(name, _weak(value) if name == b"etag" else value) for name, value in headers]
                else:
                    headers.append(_VARY)
            await send(message)

        await (self._gzip if _takes_gzip(scope) else self._app)(scope, receive, telling_variants)


def _takes_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and _GZIP.search(value) for name, value in scope["headers"])


def _weak(tag: bytes) -> bytes:
    return tag if tag.startswith(b"W/") else b"W/" + tag
