"""One trace through all that takes part in a request (W3C Trace Context): accepted, answered with, and logged."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from random import getrandbits

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"traceparent"
NO_TRACE = "-"

# Version, trace, parent and flags. A later version may have more behind these four; version ff is none.
_TRACEPARENT = re.compile(rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")

_current: ContextVar[str] = ContextVar("trace", default=NO_TRACE)


class Traced:
    """ASGI middleware that gives every request a place in the client's trace, or in one of its own.

    The answer's `traceparent` has the trace of the request's, and our own part of it as the parent. One that breaks
    the form is left aside, as the standard wants it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its trace known to the log, and tell it in the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace, flags = _trace_of(scope) or (b"%032x" % (getrandbits(128) or 1), b"00")
        ours = b"00-%s-%016x-%s" % (trace, getrandbits(64) or 1, flags)

        async def telling_trace(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((HEADER, ours))
            await send(message)

        token = _current.set(trace.decode())
        try:
            await self._app(scope, receive, telling_trace)
        finally:
            _current.reset(token)


def _trace_of(scope: Scope) -> tuple[bytes, bytes] | None:
    """Return the trace and the flags that the request names; None unless it names one, in the standard's form."""
    named = [value for name, value in scope["headers"] if name == HEADER]
    parts = _TRACEPARENT.fullmatch(named[0].strip()) if len(named) == 1 else None
    if parts is None or (parts[1] == b"00" and parts[4]):
        return None
    return parts[2], b"01" if int(parts[3], 16) & 1 else b"00"


class TraceInLog(logging.Filter):
    """Gives each line of the log the trace of the request that it was written for, as `%(trace)s`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the trace to the record, and let it pass."""
        record.trace = _current.get()
        return True
