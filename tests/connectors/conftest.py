"""A real GeoReport server on 127.0.0.1 that answers as the test sets it up, in order, and records what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.sources import polling
from services.indicators.sources.polling import Poller
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.fetching import Fetcher
from shared.connectors.open311 import windows
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.settings import Settings

TODAY = date(2016, 12, 1)
END = datetime(2016, 4, 30, tzinfo=UTC)
HERE = (ip_network("127.0.0.1/32"),)
Request = dict[str, Any]


@dataclass
class GeoReport:
    """What the server knows, and how it behaves: the misbehaviours come first, one for each request."""

    address: str = ""
    requests: list[Request] = field(default_factory=list)
    misbehaves: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    pages: bool = True
    most: int = 1000
    # The status of a page after the last; 200 is an empty one.
    missing_page: int = 200
    answers: Callable[[dict[str, str]], list[Request]] | None = None

    def found(self, asked: dict[str, str]) -> list[Request]:
        """Return what is asked for: the span's requests, a page of them if it has pages."""
        if self.answers:
            return self.answers(asked)
        first, last = (datetime.fromisoformat(asked[name]) for name in ("start_date", "end_date"))
        codes = asked["service_code"].split(",")
        within = [
            request
            for request in self.requests
            if first <= datetime.fromisoformat(request["requested_datetime"]).astimezone(UTC) <= last
            and request["service_code"] in codes
        ]
        size = min(int(asked["page_size"]), self.most) if self.pages else self.most
        start = (int(asked["page"]) - 1) * size if self.pages else 0
        return within[start : start + size]


def request(number: int, day: str = "2016-03-24", **fields: Any) -> Request:
    """Return a service request with all that a server may send."""
    return {
        "service_request_id": f"r-{number}",
        "status": "open",
        "status_notes": None,
        "service_name": "Klotter",
        "service_code": "klotter",
        "description": "Anna Andersson 0701234567 såg vem det var",
        "requested_datetime": f"{day}T08:00:00+01:00",
        "updated_datetime": f"{day}T08:00:00+01:00",
        "address": "Storgatan 1, Landskrona",
        "address_id": "a-1",
        "zipcode": "261 31",
        "lat": 55.87,
        "long": 12.83,
        "media_url": "https://pictures.example.se/1.jpg",
    } | fields


@pytest.fixture
def server() -> Iterator[GeoReport]:
    geo_report = GeoReport()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            geo_report.asked.append({name: values[0] for name, values in parse_qs(parts.query).items()})
            geo_report.asked_at.append(time.monotonic())
            if geo_report.misbehaves:
                geo_report.misbehaves.pop(0)(self)
            elif parts.path == "/v2/requests.json":
                found = geo_report.found(geo_report.asked[-1])
                is_after_the_last = not found and geo_report.asked[-1]["page"] != "1"
                answer(self, geo_report.missing_page if is_after_the_last else 200, json.dumps(found))
            else:
                answer(self, 404, "{}")

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    geo_report.address = f"http://127.0.0.1:{running.server_port}/v2"
    yield geo_report
    running.shutdown()
    thread.join()
    running.server_close()


def answer(handler: BaseHTTPRequestHandler, status: int, body: str, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body.encode())))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body.encode())


def fails(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: answer(handler, status, "{}", **headers)


def says(body: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: answer(handler, 200, body)


def is_cut(handler: BaseHTTPRequestHandler) -> None:
    """Promise more than is sent, and hang up."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'[{"service_request_id"')
    handler.close_connection = True


def is_slow(seconds: float) -> Callable[[BaseHTTPRequestHandler], None]:
    """Send a byte now and then, so that no single read takes long."""

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                handler.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.02)
        handler.close_connection = True

    return trickle


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(HERE, seconds=20.0)


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let retries follow at once."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


def source(server: GeoReport, **fields: Any) -> dict[str, Any]:
    return {
        "url": server.address,
        "agreement": "landskrona-2015-2016",
        "services": {"klotter": {"type": "graffiti-cleanup", "annex": 4, "attributes": {"contentKind": "ordinary"}}},
        "areas": {"byZipcode": {"26131": "1282-karlslund"}, "otherwise": "1282"},
        "cancelledNotes": ["dubblett"],
        "since": "2016-03-01",
    } | fields


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:
    return landskrona_database


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(
        database_url=database_url, redis_url=redis_url, public_url="http://testserver.example", trusted_networks=HERE
    )


@pytest.fixture
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no run read on from 2016 until today, a month at a time."""
    monkeypatch.setattr(polling, "windows", lambda first, _: windows(first, END))


@pytest.fixture
def poller(engine: AsyncEngine) -> Poller:
    return Poller(engine, Fetcher(HERE, seconds=10.0), CatalogueInForce(shipped_catalogue()), lambda: TODAY)
