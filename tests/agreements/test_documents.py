"""Eleven documents of other municipalities, in the project's own words: put, fed with made-up facts, and judged.

Each file of `documents` tells what its document asks to be followed up (`asks`), by which indicator, target or
commitment that is expressed, or why it cannot be; what is put through the public API; and the figures and judgements
that were worked out by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from shared.catalogue.loader import shipped_catalogue
from shared.facts.series import put_series
from tests.landskrona.loading import settle

DOCUMENTS = {
    file.stem: yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    for file in sorted(Path(__file__).with_name("documents").glob("*.yaml"))
}
MOST_LACKING = 0.05
KEY = ("indicator", "slice", "area", "period")


def test_nearly_all_that_they_ask_can_be_expressed() -> None:
    """generality: what is not is listed with its reason, at most 5 %."""
    asked = [ask for document in DOCUMENTS.values() for ask in document["asks"]]
    assert all(ask.keys() == {"what", "by"} or ask.keys() == {"what", "lacking"} for ask in asked)
    lacking = [ask for ask in asked if "lacking" in ask]
    assert len(DOCUMENTS) == 11
    assert len(lacking) / len(asked) <= MOST_LACKING, lacking


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_is_followed_up_as_worked_out_by_hand(
    name: str, client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    document = DOCUMENTS[name]
    as_of = date.fromisoformat(document["asOf"])
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), as_of)
    await _put(client, document)
    await settle(engine, as_of)
    found = [await _figure(client, expected) for expected in document["expected"]]
    assert found == document["expected"]
    for expected in document.get("topLists", []):
        assert await _top_list(client, expected) == expected["areas"]
    promises = document.get("promises", {})
    assert {code: await _promise(client, document, code) for code in promises} == promises


async def _put(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    """Put what the document needs, itself, and its facts."""
    for noun in ("areas", "roles", "activity-types", "indicators"):
        for entry in document.get(noun, []):
            content = {key: value for key, value in entry.items() if key != "code"}
            await _sent(client, "PUT", f"{noun}/{entry['code']}", content)
    agreement = document["agreement"]
    await _sent(client, "PUT", f"agreements/{agreement['code']}", agreement)
    for area, roles in document.get("areaRoles", {}).items():
        await _sent(client, "PUT", f"areas/{area}/roles", {"roles": roles})
    for number, activity in enumerate(document.get("activities", [])):
        content = {"source": "test", "externalId": f"a-{number}", "status": "performed"} | activity
        await _sent(client, "POST", "activities", {"agreement": agreement["code"]} | content)
    for observation in document.get("observations", []):
        await _sent(client, "POST", "observations", {"source": "test", "finality": "final"} | observation)


async def _sent(client: httpx.AsyncClient, method: str, path: str, content: dict[str, Any]) -> None:
    answer = await client.request(method, f"{BASE}/{path}", json=content)
    assert answer.is_success, f"{path}: {answer.text}"


async def _figure(client: httpx.AsyncClient, expected: dict[str, Any]) -> dict[str, Any]:
    """Return the figure that is expected as it is served, with as much of it as is expected."""
    asked: dict[str, str] = {
        name: expected[name] for name in ("indicator", "slice", "area", "period") if name in expected
    }
    rows = (await client.get(f"{BASE}/indicator-values", params=asked)).json()["indicatorValues"]
    if not rows:
        return {**expected, "value": "no row"}
    served = {
        "value": rows[0]["value"],
        "status": rows[0]["status"],
        "judged": [target["judgement"] for target in rows[0]["targets"]],
    }
    return {name: served.get(name, value) for name, value in expected.items()}


async def _top_list(client: httpx.AsyncClient, asked: dict[str, Any]) -> list[str]:
    """Return the places with the highest values, highest first."""
    query = {name: asked[name] for name in ("indicator", "within", "period")}
    answer = await client.get(f"{BASE}/indicator-values", params={**query, "sort": "-value"})
    assert (await client.get(f"{BASE}/indicator-values", params={"within": "nowhere"})).status_code == 400
    return [value["areaCode"] for value in answer.json()["indicatorValues"]]


async def _promise(client: httpx.AsyncClient, document: dict[str, Any], code: str) -> list[bool]:
    """Return in which of its areas a commitment is fulfilled, in the order of their codes."""
    answer = await client.get(f"{BASE}/agreements/{document['agreement']['code']}/commitments/{code}")
    return [progress["fulfilled"] for progress in answer.json()["progress"]]
