"""What strangers put into the head of a request takes no time: trials C1 and its siblings."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

import pytest

from shared.db.keys import KeyScope
from tests.abuse.conftest import LIMITS, WithNeighbours
from tests.abuse.service import Service
from tests.abuse.sockets import connect, connected, exchange, received, request, status_of

ROOM = LIMITS.head_bytes - 600
MOST_SECONDS = 0.25

# Heads that were slow to read, or are slow to read by an expression that backs up: as large as a head may be.
EVIL: Mapping[str, str] = {
    "Accept-Encoding": "gzip" + " " * ROOM + "x",
    "Accept": ("text/html;q=" + "1" * 50 + ",") * 200,
    "Accept-Language": "sv" + "-a" * (ROOM // 2) + "!",
    "Prefer": "odata.maxpagesize" + " " * ROOM + "x",
    "If-Match": '"' + '-gzip"' * (ROOM // 6),
    "If-None-Match": "W/" * (ROOM // 2),
    "Traceparent": " " * ROOM + "00-",
    "Tracestate": "a=b" + " " * ROOM + "x",
    "Baggage": "a=b" + " " * ROOM + "x",
    "Authorization": "Bearer" + " " * ROOM + "x",
    "Content-Type": 'application/json;a="' + '\\"' * (ROOM // 2),
    "Content-Encoding": "identity" + "," * ROOM,
    "Range": "bytes=" + "0-," * (ROOM // 3),
    "Forwarded": ";" + " " * (ROOM // 2) + "host=" + "a" * (ROOM // 2 - 10),
    "X-Forwarded-For": "127.0.0.1," * (ROOM // 10),
    "Cookie": ("a" * 20 + "=;") * (ROOM // 22),
    "Origin": "http://" + "a." * (ROOM // 2 - 10),
    "OData-MaxVersion": "4" * ROOM,
    "Expect": "100-continue" + " " * ROOM,
    "Upgrade": "websocket" + " " * ROOM,
    "Connection": "upgrade" + "," * ROOM,
}
PATHS = ("/health/live", "/samverkan/v1/areas", "/samverkan/v1/indicator-values?limit=1", "/samverkan/odata/v1/Areas")


@pytest.mark.parametrize("name", EVIL)
def test_a_field_that_is_as_long_as_may_be_takes_no_time(name: str, service: Service) -> None:
    """trials C1: seconds for one field, in which nothing else was answered."""
    for path in PATHS:
        key = {"Authorization": f"Bearer {service.keys[KeyScope.READ]}"} if name != "Authorization" else {}
        started_at = time.process_time(), _cpu_of(service)
        answer = exchange(service, request(path, {**key, name: EVIL[name], "Connection": "close"} | {name: EVIL[name]}))
        assert status_of(answer) is not None, f"{name} at {path}"
        assert status_of(answer) in {200, 400, 401, 404, 406, 412}, f"{name} at {path}: {answer[:80]!r}"
        assert _cpu_of(service) - started_at[1] < MOST_SECONDS, f"{name} at {path}"


def test_a_field_of_40_000_blanks_is_refused_while_others_are_answered(
    service: Service, neighbours: WithNeighbours
) -> None:
    """trials C1: `gzip`, 40 000 blanks and `x`."""
    with neighbours(service) as report:
        for _ in range(10):
            answer = exchange(service, request(headers={"Accept-Encoding": "gzip" + " " * 40_000 + "x"}))
            assert status_of(answer) == 431
            problem = json.loads(answer.partition(b"\r\n\r\n")[2])
            assert problem["type"].endswith("/head-too-large")
    report.assert_unharmed()


def test_a_head_of_20_mb_is_refused_before_it_has_come(service: Service, neighbours: WithNeighbours) -> None:
    """trials C1: a header of 20 MB was accepted."""
    with neighbours(service) as report:
        for head in (
            b"GET /health/live HTTP/1.1\r\nX: " + b"a" * 20_000_000,
            b"GET /health/live HTTP/1.1\r\n" + b"".join(b"X%d: a\r\n" % number for number in range(1_000_000)),
            b"\r\n" * 5_000_000,
            b"GET /" + b"a" * 20_000_000,
            b"A" * 20_000_000,
        ):
            assert status_of(exchange(service, head)) in {400, 414, 431, None}
    report.assert_unharmed(mib=400)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("/health/live?" + "a" * LIMITS.target_bytes), 414),
        (request("/health/live?" + "a" * (LIMITS.target_bytes // 2)), 400),
        (request(headers={"X": "a" * LIMITS.head_bytes}), 431),
        (request(headers={"X": "a" * (LIMITS.head_bytes - 100)}), 200),
        (request(headers={f"X{number}": "a" for number in range(LIMITS.head_fields)}), 431),
        (request(headers={f"X{number}": "a" for number in range(LIMITS.head_fields - 1)}), 200),
        (b"no HTTP at all\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ],
)
def test_a_head_is_bounded_in_bytes_fields_and_address(sent: bytes, status: int, service: Service) -> None:
    """trials C1: the first thing that is looked at is the size."""
    assert status_of(exchange(service, sent)) == status


def test_requests_sent_ahead_are_answered_in_order_and_bounded(service: Service, neighbours: WithNeighbours) -> None:
    """trials C1: a hundred thousand requests in one go."""
    few = exchange(service, request() * 5 + request(headers={"Connection": "close"}))
    assert few.startswith(b"HTTP/1.1 200")
    with neighbours(service) as report, connected(service) as connection:
        connection.sendall(request() * 2000)
        received(connection)
    report.assert_unharmed()


def test_what_follows_a_body_in_pieces_is_no_header(service: Service) -> None:
    """trials C1: a credential behind the body was not there when the request was judged, and framing has an end."""
    head = request("/samverkan/v1/areas", {"Transfer-Encoding": "chunked"})
    trailer = f"Authorization: Bearer {service.keys[KeyScope.READ]}\r\n\r\n".encode()
    assert status_of(exchange(service, head + b"0\r\n" + trailer)) == 401
    with connect(service) as connection:
        connection.sendall(head.replace(b"GET", b"POST") + b"1;" + b"a" * 100_000)
        assert status_of(received(connection)) in {400, 401, 405, 431}


def _cpu_of(service: Service) -> float:
    times = service.process.cpu_times()
    used: float = times.user + times.system
    return used
