"""A trace goes through the API: accepted, answered with, logged, and exported where the environment says so."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.api.http.routing import BASE
from services.api.http.tracing import TraceInLog
from shared.settings import Settings
from tests.conftest import served

if TYPE_CHECKING:
    from collections.abc import Iterator

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def parts_of(answer: httpx.Response) -> tuple[str, str, int]:
    parts = re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-(0[0-3])", answer.headers["traceparent"])
    assert parts is not None, answer.headers["traceparent"]
    # Of the flags, the one for being recorded; the other says that the trace's id is random.
    return parts[1], parts[2], int(parts[3], 16) & 1


@pytest.mark.parametrize(
    ("sent", "is_recorded"),
    [
        (f"00-{TRACE}-{PARENT}-01", 1),
        (f"00-{TRACE}-{PARENT}-00", 0),
        (f"00-{TRACE}-{PARENT}-03", 1),
        (f"cc-{TRACE}-{PARENT}-01-what-comes-later", 1),
        (f"cc-{TRACE}-{PARENT}-00", 0),
    ],
)
async def test_a_clients_trace_goes_on_with_our_part_as_parent(
    stranger: httpx.AsyncClient, sent: str, is_recorded: int
) -> None:
    trace, parent, ours = parts_of(await stranger.get(f"{BASE}/api-info", headers={"traceparent": sent}))
    assert (trace, ours) == (TRACE, is_recorded)
    assert parent not in {PARENT, "0" * 16}


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}0-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01.",
    ],
)
async def test_a_trace_that_breaks_the_form_is_left_aside(stranger: httpx.AsyncClient, sent: str) -> None:
    trace, _, is_recorded = parts_of(await stranger.get(f"{BASE}/api-info", headers={"traceparent": sent}))
    assert (trace.lower() != TRACE, is_recorded) == (True, 0)


async def test_two_traces_at_once_are_none(stranger: httpx.AsyncClient) -> None:
    sent = [("traceparent", f"00-{TRACE}-{PARENT}-01"), ("traceparent", f"00-{TRACE}-{PARENT}-00")]
    assert parts_of(await stranger.get(f"{BASE}/api-info", headers=sent))[0] != TRACE


async def test_every_request_without_a_trace_begins_its_own(stranger: httpx.AsyncClient) -> None:
    assert len({parts_of(await stranger.get(f"{BASE}/api-info"))[0] for _ in range(3)}) == 3


async def test_the_log_tells_the_trace(stranger: httpx.AsyncClient) -> None:
    log, written = logging.getLogger("services.api.http.problems"), logging.Handler()
    records: list[logging.LogRecord] = []
    written.addFilter(TraceInLog())
    written.emit = records.append  # type: ignore[assignment, method-assign]  # a handler that keeps what it is given
    log.addHandler(written)
    log.setLevel(logging.DEBUG)
    try:
        await stranger.get(f"{BASE}/areas", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        log.debug("outside of every request")
    finally:
        log.removeHandler(written)
        log.setLevel(logging.NOTSET)
    assert [vars(record)["trace"] for record in records] == [TRACE, "-"]


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Run what takes spans in over OTLP; yield its address, and the paths and bodies that it was sent."""
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", taken
    running.shutdown()
    thread.join()
    running.server_close()


def ask(address: str) -> httpx.Response:
    return httpx.get(f"{address}{BASE}/api-info", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})


def test_spans_go_where_the_environment_says(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (address, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        with served(settings) as api:
            answer = ask(api)
    assert {path for path, _ in taken} == {"/v1/traces"}
    (resource,) = ExportTraceServiceRequest.FromString(taken[0][1]).resource_spans
    (span,) = resource.scope_spans[0].spans
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.span_id.hex() == parts_of(answer)[1]
    assert span.name == f"GET {BASE}/api-info"
    attributes = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert attributes["service.name"] == "samverkan-api"


def test_no_span_leaves_unless_the_environment_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (address, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
        with served(settings) as api:
            assert parts_of(ask(api))[0] == TRACE
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
        with served(settings) as api:
            assert parts_of(ask(api))[0] == TRACE
    assert taken == []


def test_a_service_that_is_told_to_make_no_spans_answers_all_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with served(settings) as api:
        assert httpx.get(f"{api}{BASE}/api-info").is_success
