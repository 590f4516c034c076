"""Keys: every address asks for one unless it is meant for all, and each scope allows what it says."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http import auth
from services.api.open_data.addresses import OPEN_DATA
from services.api.pages.due.routes import one_click
from services.api.pages.routing import PageRoute
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope

URL = "/samverkan/v1/activity-types"
PUBLIC = {
    "/samverkan/v1",
    "/samverkan/v1/api-info",
    "/samverkan/v1/openapi.json",
    "/samverkan/v1/openapi.yaml",
    "/samverkan/v1/docs",
    "/samverkan/v1/docs/page.js",
    "/samverkan/v1/docs/swagger-ui-bundle.js",
    "/samverkan/v1/docs/swagger-ui.css",
    "/health/live",
    "/health/ready",
}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
def issue(database_url: str) -> Callable[..., str]:
    """Return what issues a key."""

    def issued(*scopes: KeyScope, expires_at: datetime | None = None) -> str:
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            key = keys.create(connection, "test", scopes, [COUNTRY])
            connection.execute(
                text(
                    "UPDATE api_key SET expires_at = :at FROM api_key_hash AS made "
                    "WHERE made.key_id = api_key.key_id AND key_hash = :hash"
                ),
                {"at": expires_at, "hash": keys.hash_of(key)},
            )
            return key

    return issued


def _all_routes(routes: Iterable[object]) -> list[APIRoute]:
    found = []
    for route in routes:
        found += [route] if isinstance(route, APIRoute) else _all_routes(_included(route))
    return found


def _included(route: object) -> Iterable[object]:
    router = getattr(route, "original_router", None)
    return router.routes if router is not None else []


async def test_every_address_asks_for_a_key_unless_it_is_public(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    # Pages ask who is signed in: tests/tenancy has their rules. A mail program has a signed link instead.
    routes = [route for route in _all_routes(app.routes) if not isinstance(route, PageRoute)]
    # Open data are for everybody, where a municipality has any: tests/open_data.
    routes = [route for route in routes if route not in one_click.routes and not route.path.startswith(OPEN_DATA)]
    assert {route.path for route in routes} > PUBLIC
    for route in routes:
        path = route.path
        for parameter in route.param_convertors:
            path = path.replace(f"{{{parameter}}}", "1282")
        for method in route.methods or ():
            answer = await stranger.request(method, path)
            if route.path in PUBLIC:
                assert answer.status_code == 200, route.path
            else:
                assert answer.status_code == 401, f"{method} {route.path}"
                assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer smv_wrong", "Basic dXNlcjpwYXNz", "smv_wrong", "Bearer \x00", "Bearer å"],
)
async def test_what_is_no_key_in_force_is_refused(stranger: httpx.AsyncClient, header: str) -> None:
    answer = await stranger.get(URL, headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


async def test_a_key_in_the_address_is_no_key(stranger: httpx.AsyncClient, api_keys: Mapping[KeyScope, str]) -> None:
    answer = await stranger.get(URL, params={"key": api_keys[KeyScope.READ]})
    assert answer.status_code in {400, 401}
    assert api_keys[KeyScope.READ] not in answer.text


async def test_a_scope_includes_the_ones_below_it(
    client: httpx.AsyncClient, reporter: httpx.AsyncClient, reader: httpx.AsyncClient
) -> None:
    for holder, status in ((client, 422), (reporter, 403), (reader, 403)):
        assert (await holder.get(URL)).status_code == 200
        assert (await holder.put("/samverkan/v1/areas/1282-park", json={})).status_code == status


async def test_a_missing_scope_is_named(reader: httpx.AsyncClient) -> None:
    answer = await reader.put("/samverkan/v1/areas/1282-park", json={})
    assert "administer" in answer.json()["detail"]
    assert "administer" in answer.headers["www-authenticate"]


async def test_an_expired_key_is_refused(stranger: httpx.AsyncClient, issue: Callable[..., str]) -> None:
    past, future = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 1))
    for expires_at, status in ((past, 401), (future, 200)):
        key = issue(KeyScope.READ, expires_at=expires_at)
        answer = await stranger.get(URL, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == status


async def test_a_revoked_key_works_no_longer_than_it_is_remembered(
    stranger: httpx.AsyncClient, issue: Callable[..., str], engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Authorization": f"Bearer {issue(KeyScope.READ)}"}
    assert (await stranger.get(URL, headers=headers)).status_code == 200
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE api_key SET revoked_at = now() WHERE name = 'test'"))
    assert (await stranger.get(URL, headers=headers)).status_code == 200
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment + auth.SECONDS_CACHED)
    assert (await stranger.get(URL, headers=headers)).status_code == 401
