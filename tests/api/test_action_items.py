"""The action list of a safety walk: what is sent is what is stored, over JSON and CSV."""

from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE

pytestmark = pytest.mark.begins_with("landskrona")
ACTIVITIES, IMPORTS = f"{BASE}/activities", f"{BASE}/activity-imports"
ITEMS = [{"item": "Trasig lampa: entrén", "state": "done"}, {"item": "Klippt häck", "state": "open"}]
CELL = "done: Trasig lampa: entrén | open: Klippt häck"


def with_items(walk: dict[str, Any], items: object) -> dict[str, Any]:
    return walk | {"attributes": {"actionItems": items}}


async def stored_attributes(client: httpx.AsyncClient, external_id: str = "walk-1") -> dict[str, Any]:
    page = (await client.get(ACTIVITIES, params={"externalId": external_id})).json()
    return page["activities"][0]["attributes"]


async def send_csv(client: httpx.AsyncClient, walk: dict[str, Any], header: str, *cells: str) -> dict[str, Any]:
    constants = ["source", "type", "agreement", "annex", "area", "status", "start"]
    head = ["externalId", *constants, "participants.residents", header]
    rows = [
        [f"csv-{number}", *(str(walk[name]) for name in constants), "21", cell] for number, cell in enumerate(cells)
    ]
    content = "\n".join(";".join(row) for row in [head, *rows])
    mapping = {
        "format": {"delimiter": ";"},
        "columns": {name: {"column": name} for name in head},
    }
    (await client.put(f"{BASE}/import-mappings/walks", json=mapping)).raise_for_status()
    headers = {"Content-Type": "text/csv"}
    response = await client.post(IMPORTS, params={"mapping": "walks"}, content=content.encode(), headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_list_is_kept_as_it_was_sent_and_its_items_change_with_the_walk(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    (await client.post(ACTIVITIES, json=with_items(walk, ITEMS))).raise_for_status()
    assert await stored_attributes(client) == {"actionItems": ITEMS}
    done = [item | {"state": "done"} for item in ITEMS]
    (await client.post(ACTIVITIES, json=with_items(walk, done))).raise_for_status()
    assert await stored_attributes(client) == {"actionItems": done}


async def test_a_list_in_a_csv_cell_is_the_same_list(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    report = await send_csv(client, walk, "attributes.actionItems", CELL, "")
    assert (report["created"], report["remarks"]) == (2, [])
    assert await stored_attributes(client, "csv-0") == {"actionItems": ITEMS}
    assert await stored_attributes(client, "csv-1") == {}


@pytest.mark.parametrize(
    ("cell", "field"),
    [
        ("Trasig lampa", "attributes.actionItems"),
        ("done: Trasig lampa |", "attributes.actionItems"),
        ("done: Trasig lampa | fixed: Klippt häck", "attributes.actionItems[1].state"),
        ("done: ", "attributes.actionItems[0].item"),
        ("done: Ring 850709-9805", "attributes.actionItems[0].item"),
    ],
)
async def test_a_cell_that_is_no_list_is_refused_with_its_form(
    client: httpx.AsyncClient, walk: dict[str, Any], cell: str, field: str
) -> None:
    report = await send_csv(client, walk, "attributes.actionItems", cell)
    assert [remark["field"] for remark in report["remarks"]] == [field]
    assert report["remarks"][0]["remedy"]
    assert "850709" not in str(report)


async def test_a_follow_up_has_no_list_of_its_own(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    attributes = {"followsUp": "walk-1", "actionItems": ITEMS}
    response = await client.post(ACTIVITIES, json=walk | {"externalId": "walk-2", "attributes": attributes})
    assert response.status_code == 422
    (fault,) = response.json()["violations"]
    assert fault["field"] == "attributes.actionItems"
    assert (
        fault["remedy"]
        == "A follow-up walk has no action list of its own. Update the list of the walk that it follows up."
    )
