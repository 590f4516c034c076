"""Clients who hold connections, ask without end or try keys: trials C3 and its siblings."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from itertools import islice

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, text
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.api.http.rate_limits import RateLimited
from services.api.http.routing import BASE
from shared.db.keys import PREFIX, KeyScope
from shared.limits import Limits
from shared.settings import Settings
from tests.abuse.conftest import LIMITS, ServiceWith, WithNeighbours
from tests.abuse.service import Service, on_this_machine
from tests.abuse.sockets import connect, connected, exchange, received, request, seconds_until_closed, status_of
from tests.benchmarks.servers import free_address
from tests.conftest import BASE_URL, create_app

HALF_A_HEAD = b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-"
NARROW = Limits(
    connections=60,
    connections_per_address=30,
    key_requests_per_minute=600,
    stranger_requests_per_minute=50,
    head_seconds=5,
)


@pytest.fixture(scope="module")
def narrow_service(service_with: ServiceWith) -> Iterator[Service]:
    with service_with(NARROW) as service:
        yield service


def test_half_sent_requests_end_and_hinder_nobody(service: Service, neighbours: WithNeighbours) -> None:
    """trials C3: half-sent requests never ended, and 1 100 of them reset every new connection."""
    with neighbours(service) as report, ExitStack() as stack:
        half = [stack.enter_context(connect(service, 60 + number % 8)) for number in range(1100)]
        for connection in half:
            with suppress(OSError):  # the oldest of an address make room
                connection.sendall(HALF_A_HEAD)
        answers = Counter(status_of(received(connection)) for connection in half[-100:])
    report.assert_unharmed(mib=400)
    assert answers.keys() <= {408, None}
    assert answers[408] > 50


def test_a_head_has_its_time(service: Service) -> None:
    """trials C3: also what has sent nothing, and what drips."""
    begun_at = time.monotonic()
    with ExitStack() as stack:
        for sent in (b"", HALF_A_HEAD, b"\r\n", b"G"):
            connection = stack.enter_context(connect(service))
            connection.sendall(sent)
            stack.callback(seconds_until_closed, connection, 10)
        dripping = stack.enter_context(connect(service))
        with suppress(OSError):
            while time.monotonic() < begun_at + 10:
                dripping.sendall(b"a")
                time.sleep(0.1)
    assert time.monotonic() - begun_at < LIMITS.head_seconds + 5


def test_a_body_must_keep_coming(service: Service, neighbours: WithNeighbours) -> None:
    """trials C3: a body that stops, and one that trickles."""
    headers = {**service.headers(KeyScope.REPORT), "Content-Type": "application/json", "Content-Length": "1000"}
    head = request(f"{BASE}/activities", headers, "POST")
    with neighbours(service) as report:
        with connected(service) as connection:
            connection.sendall(head + b"{")
            assert status_of(received(connection)) == 408
        with connected(service) as connection:
            connection.sendall(head + b"{")
            begun_at = time.monotonic()
            with suppress(OSError):
                while time.monotonic() < begun_at + 10:
                    connection.sendall(b" ")
                    time.sleep(0.1)
            assert time.monotonic() - begun_at < LIMITS.body_piece_seconds + 3
    report.assert_unharmed()


def test_there_is_room_for_others_when_all_places_are_taken(
    narrow_service: Service, neighbours: WithNeighbours
) -> None:
    """trials C3: connections are counted, in all and by address."""
    with neighbours(narrow_service) as report, ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(connect(narrow_service, 60 + number % 4))
            with suppress(OSError):
                connection.sendall(HALF_A_HEAD)
        time.sleep(0.3)
        assert narrow_service.open_sockets() < NARROW.connections + 30
        for last in (20, 21, 22):
            assert status_of(exchange(narrow_service, request(), last)) == 200
    report.assert_unharmed()


def test_who_asks_without_end_waits_and_the_others_do_not(narrow_service: Service, neighbours: WithNeighbours) -> None:
    """trials C3: there was no rate limit."""
    with neighbours(narrow_service) as report, narrow_service.client(KeyScope.ADMINISTER) as client:
        answer = client.get("/roles")
        assert answer.headers["ratelimit-policy"] == f'"key";q={NARROW.key_requests_per_minute};w=60'
        for _ in range(2 * NARROW.key_requests_per_minute):
            answer = client.get("/nowhere")
            if answer.status_code == 429:
                break
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert answer.headers["ratelimit"].startswith('"key";r=0;t=')
    assert answer.json()["type"].endswith("/too-many-requests")
    report.assert_unharmed()


def test_who_tries_keys_is_stopped_by_address(narrow_service: Service, neighbours: WithNeighbours) -> None:
    """trials C3: unknown keys cost a query each."""
    statuses: Counter[int | None] = Counter()
    with neighbours(narrow_service) as report:
        for number in range(2 * NARROW.stranger_requests_per_minute + 20):
            headers = {"Authorization": f"Bearer {PREFIX}{number:043}", "Connection": "close"}
            statuses[status_of(exchange(narrow_service, request(f"{BASE}/roles", headers), 77))] += 1
        known = exchange(narrow_service, request(f"{BASE}/roles", narrow_service.headers()), 77)
    report.assert_unharmed()
    assert statuses.keys() == {401, 429}
    assert statuses[401] <= 2 * NARROW.stranger_requests_per_minute, "of two minutes at most"
    assert status_of(known) == 200, "a key in force counts by itself, whoever shares its address"


def test_one_client_cannot_hold_all_places(service: Service, neighbours: WithNeighbours) -> None:
    """trials C3: one key with many connections, each with a request that takes long."""
    path, headers, more = f"{BASE}/indicator-values", service.headers(KeyScope.ADMINISTER), 20
    with neighbours(service) as report, create_engine(service.database_url, poolclass=NullPool).connect() as holder:
        holder.execute(text("LOCK TABLE indicator_value IN ACCESS EXCLUSIVE MODE"))
        asked = _at_once(service, path, headers, LIMITS.requests_per_client + more, more, holder.rollback)
        answers = asyncio.run(asked)
    report.assert_unharmed()
    refused = [answer for answer in answers if answer.status_code == 429]
    # On a busy machine the last of them may come when the first have been answered.
    assert more // 2 < len(refused) <= more
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert httpx.get(f"{service.url}{path}", headers=headers).status_code == 200


async def test_an_address_without_a_key_has_its_share_too(app: FastAPI) -> None:
    """trials C3: and whoever asks from another address is answered meanwhile."""
    may_end, resources = asyncio.Event(), app.state.resources

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await may_end.wait()
        await Response()(scope, receive, send)

    limited = RateLimited(
        slow, resources.rate_limits, resources.keys, resources.sessions, takes_passwords=False, most_at_once=3
    )

    def client(address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(limited, client=(address, 1)), base_url=BASE_URL)

    async with client("203.0.113.7") as one, client("203.0.113.8") as other:
        first = [asyncio.create_task(one.get("/")) for _ in range(3)]
        await asyncio.sleep(0.1)
        assert (await one.get("/")).status_code == 429
        others = asyncio.create_task(other.get("/"))
        may_end.set()
        assert {answer.status_code for answer in await asyncio.gather(*first, others)} == {200}
        assert (await one.get("/")).status_code == 200, "what has been answered counts no more"


async def _at_once(
    service: Service, path: str, headers: Mapping[str, str], number: int, refused: int, release: Callable[[], None]
) -> list[httpx.Response]:
    """Return the answers to so many requests; those that are held are released when so many are answered."""
    transport = httpx.AsyncHTTPTransport(local_address=on_this_machine(66), limits=httpx.Limits(max_connections=number))
    async with httpx.AsyncClient(transport=transport, base_url=service.url, headers=headers, timeout=30) as client:
        await client.get(f"{BASE}/roles")  # the key is known from now on
        asked = [asyncio.create_task(client.get(path)) for _ in range(number)]
        for answer in islice(asyncio.as_completed(asked), refused):
            await answer
        release()
        return await asyncio.gather(*asked)


async def test_an_unknown_key_is_asked_for_once_and_other_texts_never(app: FastAPI) -> None:
    """trials C3: they cost no query on the pool of those who write."""
    pool = app.state.resources.keys._pool
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE_URL}{BASE}") as client:
        before = pool.get_stats().get("requests_num", 0)
        for key in [PREFIX + "a" * 43] * 20 + [PREFIX, "a", "a" * 10_000, PREFIX + "å" * 43] * 5:
            headers = {b"Authorization": f"Bearer {key}".encode()}
            assert (await client.get("/roles", headers=headers)).status_code == 401
        assert pool.get_stats().get("requests_num", 0) - before <= 2


@asynccontextmanager
async def _silent_redis() -> AsyncIterator[str]:
    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("is_silent", [True, False])
async def test_nobody_waits_for_a_redis_that_is_away(
    is_silent: bool,
    settings: Settings,
    api_keys: Mapping[KeyScope, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """trials C3: limits fail open, with one line in the log."""
    caplog.set_level(logging.WARNING, logger="services.api.http.rate_limits")
    async with _silent_redis() as silent:
        url = silent if is_silent else f"redis://127.0.0.1:{free_address().port}"
        app = create_app(settings.model_copy(update={"redis_url": url, "limits": Limits(key_requests_per_minute=5)}))
        headers = {"Authorization": f"Bearer {api_keys[KeyScope.READ]}"}
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=f"{BASE_URL}{BASE}", headers=headers) as client,
        ):
            begun_at = time.monotonic()
            assert [(await client.get("/roles")).status_code for _ in range(20)] == [200] * 20
            assert time.monotonic() - begun_at < 5
    lines = [record for record in caplog.records if record.name == "services.api.http.rate_limits"]
    assert len(lines) == 1
