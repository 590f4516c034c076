"""What is common to every answer: compression, streams and other origins."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.responses import Response, StreamingResponse

from services.api.app import create_app
from services.api.http.middleware import COMPRESSED_ALREADY, SMALLEST, Compressed
from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from shared.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

INTRANET = "https://intranet.example.se"
GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


def client_of(app: Any, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://testserver.example", headers=headers)


@pytest.fixture
async def crossing(settings: Settings, api_keys: Mapping[KeyScope, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of a service that pages of the intranet may read, as a browser there asks it."""
    app = create_app(settings.model_copy(update={"cors_origins": (INTRANET, "http://127.0.0.1:8080")}))

    @app.get(f"{BASE}/broken")
    async def broken() -> None:
        raise RuntimeError

    async with app.router.lifespan_context(app):
        yield client_of(app, Authorization=f"Bearer {api_keys[KeyScope.READ]}", Origin=INTRANET)


# Compression.


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml", "/areas?limit=100"])
async def test_large_answers_of_every_kind_are_compressed_for_who_takes_it(
    reader: httpx.AsyncClient, path: str
) -> None:
    packed = await reader.get(f"{BASE}{path}", headers=GZIP)
    plain = await reader.get(f"{BASE}{path}", headers=PLAIN)
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.content == plain.content
    assert "content-encoding" not in plain.headers
    for answer in (packed, plain):
        assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("accepted", ["gzip;q=0", "gzip; q=0.000, br", "br", "identity", "xgzipped", ""])
async def test_who_takes_no_gzip_gets_none(reader: httpx.AsyncClient, accepted: str) -> None:
    answer = await reader.get(f"{BASE}/areas?limit=100", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["br, gzip", "gzip;q=0.5, identity;q=0", "deflate,gzip ; q=1"])
async def test_gzip_may_be_one_of_several(reader: httpx.AsyncClient, accepted: str) -> None:
    answer = await reader.get(f"{BASE}/areas?limit=100", headers={"Accept-Encoding": accepted})
    assert answer.headers["content-encoding"] == "gzip"


async def test_a_small_answer_is_sent_as_it_is(reader: httpx.AsyncClient) -> None:
    answer = await reader.get(f"{BASE}/api-info", headers=GZIP)
    assert len(answer.content) < SMALLEST
    assert "content-encoding" not in answer.headers


async def test_a_tag_of_compressed_bytes_is_weak_and_still_names_its_revision(reporter: httpx.AsyncClient) -> None:
    note = {"indicator": "workshops", "area": "1282", "period": "2016-03", "text": "Snö hela månaden. " * 150}
    made = await reporter.post(f"{BASE}/notes", json=note, headers=GZIP)
    assert made.status_code == 201, made.text
    plain = await reporter.get(made.headers["location"], headers=PLAIN)
    packed = await reporter.get(made.headers["location"], headers=GZIP)
    assert (plain.headers["etag"], packed.headers["etag"]) == ('"1"', 'W/"1"')
    changed = await reporter.put(
        made.headers["location"], json=note | {"text": "Snö."}, headers={"If-Match": packed.headers["etag"]}
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    late = await reporter.put(
        made.headers["location"], json=note | {"text": "Is."}, headers={"If-Match": packed.headers["etag"]}
    )
    assert late.status_code == 412


async def test_a_stream_is_compressed_piece_by_piece() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(3):
                yield b"%d," % number * 1000

        await StreamingResponse(pieces(), media_type="text/csv")(scope, receive, send)

    sent = [message async for message in answered(Compressed(app), b"gzip")]
    assert dict(sent[0]["headers"])[b"content-encoding"] == b"gzip"
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    unpacked = [unpack.decompress(message["body"]) for message in sent[1:4]]
    assert unpacked == [b"%d," % number * 1000 for number in range(3)]


@pytest.mark.parametrize("media_type", COMPRESSED_ALREADY[-2:])
async def test_what_is_compressed_already_is_left_as_it_is(media_type: str) -> None:
    content = b"0" * 10_000

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Response(content, media_type=media_type)(scope, receive, send)

    start, body, *_ = [message async for message in answered(Compressed(app), b"gzip")]
    assert (b"content-encoding", b"gzip") not in start["headers"]
    assert body["body"] == content


async def answered(app: Any, accepted: bytes) -> AsyncIterator[dict[str, Any]]:
    """Yield what an ASGI app sends."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nothing more comes")

    headers = [(b"accept-encoding", accepted)]
    await app({"type": "http", "method": "GET", "path": "/", "headers": headers, "asgi": {}}, receive, send)
    for message in sent:
        yield message


# Other origins.


def preflight(method: str = "GET", headers: str = "authorization", origin: str = INTRANET) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_a_browser_may_ask_beforehand_without_a_key(crossing: httpx.AsyncClient, method: str) -> None:
    del crossing.headers["Authorization"]
    headers = preflight(method, "authorization,if-match,traceparent,content-type")
    answer = await crossing.request("OPTIONS", f"{BASE}/indicator-values", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == INTRANET
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert "Authorization" in answer.headers["access-control-allow-headers"].split(", ")
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "headers",
    [
        preflight(origin="https://other.example.se"),
        preflight(origin=f"{INTRANET}.evil.example"),
        preflight(origin=INTRANET.replace("https", "http")),
        preflight(origin="null"),
        preflight("TRACE"),
        preflight(headers="cookie"),
    ],
)
async def test_what_no_page_may_is_refused_as_a_problem(crossing: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await crossing.request("OPTIONS", f"{BASE}/indicator-values", headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("/cross-origin-refused")
    if headers["Origin"] != INTRANET:
        assert "access-control-allow-origin" not in answer.headers


async def test_a_page_of_the_intranet_may_read_the_answer_and_its_headers(crossing: httpx.AsyncClient) -> None:
    answer = await crossing.get(f"{BASE}/indicator-values")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == INTRANET
    readable = set(answer.headers["access-control-expose-headers"].split(", "))
    assert {"ETag", "Location", "Link", "Traceparent", "Deprecation", "Sunset"} <= readable
    same = await crossing.get(f"{BASE}/indicator-values", headers={"If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.headers["access-control-allow-origin"]) == (304, INTRANET)


@pytest.mark.parametrize(
    ("path", "key", "status"), [("/indicator-values", "wrong", 401), ("/nothing", None, 404), ("/broken", None, 500)]
)
async def test_a_page_may_read_what_went_wrong_too(
    crossing: httpx.AsyncClient, path: str, key: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = await crossing.get(f"{BASE}{path}", headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, INTRANET)
    assert answer.json()["status"] == status
    assert "traceparent" in answer.headers


@pytest.mark.parametrize("headers", [{"Origin": "https://other.example.se"}, {"Origin": ""}])
async def test_a_page_elsewhere_may_read_nothing(crossing: httpx.AsyncClient, headers: dict[str, Any]) -> None:
    answer = await crossing.get(f"{BASE}/indicator-values", headers=headers)
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


async def test_nobody_is_asked_for_cookies(crossing: httpx.AsyncClient) -> None:
    answers = [
        await crossing.get(f"{BASE}/indicator-values"),
        await crossing.request("OPTIONS", f"{BASE}/indicator-values", headers=preflight()),
    ]
    for answer in answers:
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["access-control-allow-origin"] != "*"


async def test_no_other_origin_is_known_unless_it_is_named(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.request("OPTIONS", f"{BASE}/indicator-values", headers=preflight())
    assert answer.status_code == 405
    assert not any(name.startswith("access-control") for name in answer.headers)


# What is on its way out.
