"""The feed over a star of its own, and a client that holds every answer to OData's form."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from fastapi import FastAPI

from services.api.odata.routes import ROOT
from shared.db.keys import KeyScope
from tests.api.odata.star import put_activity, put_star
from tests.conftest import BASE_URL

Rows = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def star(landskrona_database: Callable[[], str]) -> str:
    """Return the URL of a database that tests only read: Landskrona's agreement, a walk, and figures for 2016."""
    url = landskrona_database()
    put_star(url)
    put_activity(url)
    return url


@pytest.fixture
async def feed(app: FastAPI, api_keys: Mapping[KeyScope, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that may read; addresses count from the feed's root."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=f"{BASE_URL}{ROOT}/",
        headers={"Authorization": f"Bearer {api_keys[KeyScope.READ]}"},
        event_hooks={"response": [keeps_form]},
    ) as client:
        yield client


def asked(address: str, **options: object) -> str:
    """Return an address with query options; a blank is no plus in OData."""
    return f"{address}?{urlencode({f'${name}': value for name, value in options.items()}, quote_via=quote)}"


async def one(feed: httpx.AsyncClient, address: str, **headers: str) -> dict[str, Any]:
    """Return what an address answers, which must be well."""
    answer = await feed.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def keeps_form(response: httpx.Response) -> None:
    """Check what is the same for every answer: one version header, errors in OData's own form, no 5xx but 501."""
    assert response.headers.get_list("odata-version") == ["4.0"]
    assert response.status_code < 500 or response.status_code == 501
    if response.is_error and response.request.method != "HEAD":
        await response.aread()
        assert response.headers["content-type"].startswith("application/json")
        (error,) = response.json().values()
        assert error.keys() - {"target"} == {"code", "message"}
        assert error["code"]
        assert error["message"].endswith(".")


@pytest.fixture
def rows(feed: httpx.AsyncClient) -> Rows:
    """Return what reads all rows of an address, page by page."""

    async def read(address: str, page_size: int | None = None, **options: object) -> list[dict[str, Any]]:
        headers = {"Prefer": f"odata.maxpagesize={page_size}"} if page_size else {}
        answer = await feed.get(asked(address, **options), headers=headers)
        assert answer.status_code == 200, answer.text
        found = answer.json()["value"]
        while "@odata.nextLink" in answer.json():
            answer = await feed.get(answer.json()["@odata.nextLink"], headers=headers)
            assert answer.status_code == 200, answer.text
            assert answer.json()["value"]
            found += answer.json()["value"]
        return found

    return read
