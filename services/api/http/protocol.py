"""The server's HTTP protocol, with bounds on what a client sends before any of our code sees it.

Uvicorn's own parser takes a head of any size, for as long as its client likes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from services.api.http.connections import counted_address
from services.api.http.problems import (
    AddressTooLong,
    BodyTooLarge,
    HeadTooLarge,
    MalformedRequest,
    RequestError,
    RequestTimeout,
    TooManyConnections,
    TooManyRequests,
    answer,
)
from shared.domain.wording import Language

if TYPE_CHECKING:
    from services.api.http.connections import Connections

# What is still read of a body that is refused, so that its client can read why.
MOST_DISCARDED = 1024 * 1024
SECONDS_TO_READ_A_REFUSAL = 1.0
# Requests that a client sends ahead, before it has read the answer to the first.
MOST_AHEAD = 16
# A name, a colon, a blank, a value, and the end of a line.
_AROUND_FIELD = len(": \r\n")


class _Refused(Exception):
    """Ends the parsing of a request."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose heads are bounded in size, fields and time, and whose bodies must keep coming."""

    def __init__(self, connections: Connections, **given: Any) -> None:  # noqa: ANN401  as the library gives it
        super().__init__(**given)
        self._connections = connections
        self._limits = connections.limits
        self.peer = ""
        self._is_admitted = False
        self._refusal: type[RequestError] | None = None
        self._in_head, self._in_body = True, False
        # How many heads have been read, and how much of the next one has come.
        self._heads = self._head_bytes = 0
        self._field_bytes = self._framing_bytes = self._discarded_bytes = 0
        self._body: list[bytes] = []
        self._got_body = False
        # When the connection is given up: for want of a head, or of the next piece of a body.
        self._deadline: float | None = None
        self._stalled_since: float | None = None

    @property
    def is_waiting(self) -> bool:
        """No request of it is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library
        """Take part, or be turned away where there is no room."""
        super().connection_made(transport)
        self.peer = counted_address(self.client[0] if self.client else "")
        self._is_admitted = self._connections.admit(self)
        self._deadline = time.monotonic() + self._limits.head_seconds
        if not self._is_admitted:
            self._refuse(TooManyConnections)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self._connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has come, unless the client has been refused: then it is only waited for to read why."""
        if self._refusal is not None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if not self._in_head:
            self._feed(data)
            return
        if not self._head_bytes:
            self._deadline = time.monotonic() + self._limits.head_seconds
        room, heads = self._limits.head_bytes - self._head_bytes, self._heads
        self._head_bytes += len(data)
        self._feed(data[:room])
        if len(data) > room and self._refusal is None:
            if heads == self._heads:
                self._refuse(HeadTooLarge)
            else:
                self._feed(data[room:])

    def _feed(self, data: bytes) -> None:
        was_in_body, self._got_body = self._in_body, False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(self._refusal or MalformedRequest)
            return
        except httptools.HttpParserUpgrade:
            pass  # there is nothing to change to: it is answered as it is
        self._pass_body_on()
        if was_in_body and self._in_body:
            self._extend_deadline(len(data))
            self._bound_framing(len(data))

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._field_bytes = self._framing_bytes = self._discarded_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        super().on_url(url)
        if len(self.url) > self._limits.target_bytes:
            self._stop(AddressTooLong)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head. One that follows a body is dropped: the request has been judged without it."""
        self._field_bytes += len(name) + len(value) + _AROUND_FIELD
        if len(self.headers) >= self._limits.head_fields or self._field_bytes > self._limits.head_bytes:
            self._stop(HeadTooLarge)
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer the request, or put it in line."""
        if len(self.pipeline) >= MOST_AHEAD:
            self._stop(TooManyRequests)
        self._in_head, self._in_body = False, True
        self._heads += 1
        self._deadline = time.monotonic() + self._limits.body_piece_seconds
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body; pieces that come together are passed on together."""
        self._got_body = True
        if not self.cycle.response_complete:
            self._body.append(body)
            return
        self._discarded_bytes += len(body)
        if self._discarded_bytes > MOST_DISCARDED:
            self._stop(BodyTooLarge)

    def on_message_complete(self) -> None:
        """End the body."""
        self._pass_body_on()
        self._in_head, self._in_body, self._head_bytes = True, False, 0
        self._deadline = None
        super().on_message_complete()

    def _pass_body_on(self) -> None:
        if self._body:
            whole = b"".join(self._body)
            self._body.clear()
            super().on_body(whole)

    def _stop(self, refusal: type[RequestError]) -> None:
        self._refusal = refusal
        raise _Refused

    # Deadlines.

    def look(self, now: float, seconds: float) -> None:
        """End what has waited too long: for its client to send, or to read."""
        if self._stalled_since is not None and now > self._stalled_since + self._limits.answer_piece_seconds:
            self.transport.abort()
        if self._deadline is None:
            return
        if self._waits_for_us():
            self._deadline += seconds
        elif now > self._deadline:
            is_nothing_begun = self.is_waiting and (self._in_body or not self._head_bytes)
            if self._refusal is not None or is_nothing_begun:
                self.transport.close()
            else:
                self._refuse(RequestTimeout)

    def unsent_bytes(self) -> int:
        """Return how much has been answered that its client has not read."""
        return self.transport.get_write_buffer_size()

    def make_room(self) -> None:
        """Close at once."""
        self.transport.abort()

    def _waits_for_us(self) -> bool:
        """Tell whether the client cannot go on: we do not read, or have not said that it may send its body."""
        return self.flow.read_paused or (self._in_body and self.cycle.waiting_for_100_continue)

    def _extend_deadline(self, sent: int) -> None:
        """Let each byte of a body buy its time, up to the longest pause: a trickle ends however often it drips."""
        assert self._deadline is not None  # noqa: S101  (set when the head ended)
        bought = self._deadline + sent / self._limits.body_bytes_per_second
        self._deadline = min(bought, time.monotonic() + self._limits.body_piece_seconds)

    def _bound_framing(self, sent: int) -> None:
        """Refuse a body in pieces that is all framing and no content."""
        self._framing_bytes = 0 if self._got_body else self._framing_bytes + sent
        if self._framing_bytes > self._limits.head_bytes:
            self._refuse(HeadTooLarge)

    def pause_writing(self) -> None:
        """Note since when the client has not read."""
        self._stalled_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client has read."""
        self._stalled_since = None
        super().resume_writing()

    # Refusals.

    def _refuse(self, refusal: type[RequestError]) -> None:
        """Say why, if no answer has begun, and close once the client has had time to read it."""
        self._refusal = refusal
        is_answered = self.cycle is not None and (self.cycle.response_started or bool(self.pipeline))
        if not self.is_waiting:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if is_answered and (self._in_body or not self.is_waiting):
            self.transport.abort()
            return
        self.transport.write(_answer(refusal, self.server_state.default_headers))
        if self._is_admitted:
            self._deadline = time.monotonic() + SECONDS_TO_READ_A_REFUSAL
        else:
            self.transport.close()


def _answer(refusal: type[RequestError], headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    response = answer(_refusals()[refusal], Language.EN)
    fields = (*headers, *response.raw_headers, (b"connection", b"close"))
    lines = b"".join(b"%b: %b\r\n" % field for field in fields)
    return STATUS_LINE[response.status_code] + lines + b"\r\n" + bytes(response.body)


def _refusals() -> Mapping[type[RequestError], RequestError]:
    """Return why a connection is refused; in English, since its languages have not been read."""
    again = {"Retry-After": "5"}
    return {
        type(refusal): refusal
        for refusal in (
            MalformedRequest("What was sent is not HTTP/1.1."),
            RequestTimeout("The request did not arrive whole in time. Send it again."),
            BodyTooLarge("The body goes on though it has been refused."),
            AddressTooLong("The address is too long. Narrow the query; the OData feed takes it as a body, by /$query."),
            HeadTooLarge("The address and the header fields are too many or too large. Send fewer."),
            TooManyRequests("Too many requests were sent ahead. Wait for the answers.", (), again),
            TooManyConnections("Too many connections are open. Close some, or try again in a while.", (), again),
        )
    }
