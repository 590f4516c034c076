"""`trials B13`: HEAD on every GET, Allow with every method, and pages of other origins that may ask by all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from services.api.app import create_app
from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from tests.contract import specification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fastapi import FastAPI

    from shared.db.keys import KeyScope
    from shared.settings import Settings

PAGE = "https://intranet.example.se"
PLAIN = {"Accept-Encoding": "identity"}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


UNDOCUMENTED = (
    f"{BASE}/openapi.json",
    f"{BASE}/openapi.yaml",
    f"{BASE}/docs",
    "/health/live",
    "/health/ready",
)
EXAMPLES = {"areaCode": "1282", "indicatorCode": "workshops", "roleCode": "contact-officer"}


def addresses() -> Iterator[tuple[str, set[str]]]:
    """Yield each address of the service with the methods that its specification has there."""
    for path, item in specification()["paths"].items():
        filled = re.sub(r"\{(\w+)\}", lambda name: EXAMPLES.get(name[1], "00000000-0000-0000-0000-000000000000"), path)
        yield f"{BASE}{filled}", {method.upper() for method in item}
    yield from ((path, {"GET"}) for path in UNDOCUMENTED)


async def test_head_is_answered_as_get_without_a_body(client: httpx.AsyncClient) -> None:
    changing = {"date", "traceparent", "etag", "content-length", "ratelimit", "ratelimit-policy"}
    for address, methods in addresses():
        if "GET" not in methods:
            continue
        head, got = [await client.request(method, address, headers=PLAIN) for method in ("HEAD", "GET")]
        assert (head.status_code, head.content) == (got.status_code, b""), address
        same = head.headers.keys() - changing
        assert {name: head.headers[name] for name in same} == {name: got.headers[name] for name in same}, address
        assert head.headers.keys() >= got.headers.keys() - {"content-length"}


async def test_head_of_a_file_makes_no_file(reader: httpx.AsyncClient) -> None:
    for form in ("csv", "xlsx", "parquet"):
        head = await reader.head(f"{BASE}/indicator-value-files?format={form}")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-disposition"].endswith(f'.{form}"')
    assert (await reader.head(f"{BASE}/indicator-value-files?format=none")).status_code == 400


async def test_allow_lists_every_method_of_an_address(client: httpx.AsyncClient) -> None:
    for address, methods in addresses():
        answer = await client.request("PROPFIND", address)
        expected = methods | {"HEAD"} if "GET" in methods else methods
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == expected, address
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            other = await client.request(method, address)
            assert (other.status_code, other.headers["allow"]) == (405, answer.headers["allow"]), address


async def test_a_stranger_is_not_answered_to_head_either(stranger: httpx.AsyncClient) -> None:
    for path in ("areas", "indicator-values", "indicator-value-files"):
        assert (await stranger.head(f"{BASE}/{path}")).status_code == 401


@pytest.fixture
async def crossing(settings: Settings) -> FastAPI:
    return create_app(settings.model_copy(update={"cors_origins": (PAGE,)}))


# What clients of OData send with a batch, besides what every page may.
ODATA_HEADERS = (
    "authorization,content-type,mime-version,odata-maxversion,odata-version,x-csrf-token,"
    "sap-cancel-on-close,x-sap-security-session"
)


async def test_a_page_may_ask_by_every_method_that_an_address_takes(
    crossing: FastAPI, api_keys: Mapping[KeyScope, str]
) -> None:
    asked = [(address, method) for address, methods in addresses() for method in (*methods, "HEAD")]
    asked += [(f"{ROOT}/$batch", "POST"), (f"{ROOT}/Areas", "GET"), (f"{ROOT}/", "HEAD")]
    async with (
        crossing.router.lifespan_context(crossing),
        httpx.AsyncClient(transport=httpx.ASGITransport(crossing), base_url=PAGE) as page,
    ):
        for address, method in asked:
            wanted = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": ODATA_HEADERS}
            answer = await page.options(address, headers={"Origin": PAGE, **wanted})
            assert answer.status_code == 200, (address, method)
            assert method in answer.headers["access-control-allow-methods"].split(", ")
