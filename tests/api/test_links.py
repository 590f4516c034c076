"""Every kind of link that the service gives, followed over Landskrona's year; and what is answered by itself: JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE
from tests.api.exchanges import Exchange, Exchanges, read_at
from tests.conftest import BASE_URL
from tests.contract import specification

pytestmark = pytest.mark.begins_with("year")
# Of the relations that IANA registers, those whose meaning ours have.
REGISTERED = {"self", "first", "prev", "next", "last"}
# What has no name there: the kind of resource that a figure is made of or linked to, or that a report consists of.
OWN = {"activities", "places", "commitments", "observations", "notes", "remarks"}


async def test_every_link_has_its_method_and_json_is_the_default(
    client: httpx.AsyncClient,
) -> None:
    """One walk for both: a linter warns of AME.01, AME.02 and ARQ.01: files, pictures and CSV are no JSON."""
    followed: set[tuple[str, str]] = set()
    asked_for_all = 0
    async for exchange in Exchanges(client).run():
        asked_for_all += await _is_json_by_itself(client, exchange)
        waiting = [exchange.answer]
        while waiting:
            answer = waiting.pop()
            assert answer.is_success, answer.url
            for relation, link in links_in(answer):
                assert set(link) == {"href", "rel", "method"}
                assert link["href"].startswith(f"{BASE_URL}{BASE}/")
                assert (link["rel"], link["method"]) == (relation, "GET")
                kind = (read_at(answer.url.path), relation)
                if kind not in followed:
                    followed.add(kind)
                    waiting.append(await client.get(link["href"]))
    assert {relation for _, relation in followed} == REGISTERED | OWN
    assert asked_for_all > 20


async def _is_json_by_itself(client: httpx.AsyncClient, exchange: Exchange) -> bool:
    """Ask for what was read in JSON as who takes all, and see that it is JSON again; tell whether it was read so."""
    documented = exchange.operation.spec["responses"][str(exchange.status)].get("content", {})
    if exchange.operation.method != "GET" or "application/json" not in documented:
        return False
    answer = await client.get(exchange.answer.url, headers={"Accept": "*/*"})
    assert answer.headers["content-type"] == "application/json", answer.url
    return True


def test_every_link_is_documented() -> None:
    schemas = specification()["components"]["schemas"]
    kinds = {name: schema for name, schema in schemas.items() if name.endswith("Links")}
    assert {relation for schema in kinds.values() for relation in schema["properties"]} == REGISTERED | OWN
    for name, schema in kinds.items():
        assert schema["description"], name
        for relation, link in schema["properties"].items():
            assert link.get("description"), f"{name}.{relation}"


async def test_links_follow_the_gateway(reader: httpx.AsyncClient) -> None:
    forwarded = {"Forwarded": 'for=192.0.2.1;proto=https;host="api.kommun.se", for=10.0.0.1'}
    answer = await reader.get(f"{BASE}/areas?kind=county", headers=forwarded)
    assert answer.json()["_links"]["self"]["href"] == (f"https://api.kommun.se{BASE}/areas?kind=county&page=1&limit=20")
    answer = await reader.get(f"{BASE}/areas/1282", headers={"Forwarded": "host=evil.se/path;proto=gopher"})
    assert answer.json()["_links"]["self"]["href"] == f"http://testserver.example{BASE}/areas/1282"


async def test_links_keep_the_parameters_encoded(reader: httpx.AsyncClient) -> None:
    answer = await reader.get(f"{BASE}/areas?kind=municipality&parent=12&limit=5&page=2")
    for link in answer.json()["_links"].values():
        assert "kind=municipality&parent=12" in link["href"]
        assert link["method"] == "GET"


def links_in(answer: httpx.Response) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every link in an answer, with the name that it has there."""
    if answer.headers.get("content-type") == "application/json":
        body: dict[str, Any] = answer.json()
        yield from body["_links"].items()
