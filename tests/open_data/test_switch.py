"""Who may have a municipality publish, as whom, and that it is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from shared.db import keys
from shared.db.keys import KeyScope
from tests.open_data.conftest import DISTRICT, PUBLISHER, SWITCH, put

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI
    from sqlalchemy import Connection

pytestmark = pytest.mark.one_app


async def test_nothing_is_published_until_a_municipality_wants_so_and_after_it_wants_no_more(
    rows: Connection, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    put(rows, "graffiti-cleanups")
    dataset = "/oppna-data/1282/graffiti-cleanups.csv"
    never = await stranger.get(dataset)
    assert never.status_code == 404
    assert (await client.get(f"{SWITCH}/1282")).status_code == 404
    created = await client.put(f"{SWITCH}/1282", json=PUBLISHER)
    assert created.status_code == 201
    assert (await client.put(f"{SWITCH}/1282", json=PUBLISHER)).status_code == 200
    assert (await stranger.get(dataset)).status_code == 200
    entry = (await client.get(f"{SWITCH}/1282")).json()
    assert {name: entry[name] for name in PUBLISHER} == PUBLISHER | {"organisationNumber": "2120001140"}
    assert entry["publishedAt"] == created.json()["publishedAt"]
    listed = (await client.get(SWITCH)).json()["openDataCatalogues"]
    assert [one["area"] for one in listed] == ["1282"]
    assert (await client.delete(f"{SWITCH}/1282")).status_code == 204
    assert (await client.delete(f"{SWITCH}/1282")).status_code == 404
    gone = await stranger.get(dataset)
    # As if it had never been there.
    assert (gone.status_code, gone.json()["detail"]) == (404, never.json()["detail"])
    noted = rows.execute(
        text("SELECT operation, address FROM audit_pending WHERE resource = 'open-data-catalogues' ORDER BY 1")
    )
    assert [tuple(one) for one in noted] == [
        ("created", "open-data-catalogues/1282"),
        ("deleted", "open-data-catalogues/1282"),
    ]


@pytest.mark.parametrize(
    ("area", "changes", "fields"),
    [
        ("1282", {"contactEmail": "ingen adress"}, ["contactEmail"]),
        ("1282", {"contactEmail": "öppna@landskrona.example"}, ["contactEmail"]),
        ("1282", {"contactEmail": "a@b.example>\n<http://x"}, ["contactEmail"]),
        ("1282", {"organisationNumber": "16-20001140"}, ["organisationNumber"]),
        ("1282", {"organisationNumber": "2110001140"}, ["organisationNumber"]),
        ("1282", {"publisher": "  "}, ["publisher"]),
        ("1282", {"publisher": "ring 0418-47 00 00"}, ["publisher"]),
        ("1282", {"publisher": "Landskrona\nstad"}, ["publisher"]),
        (DISTRICT, {}, ["areaCode"]),
        ("12", {}, ["areaCode"]),
        ("SE", {"contactEmail": "none"}, ["contactEmail", "areaCode"]),
    ],
)
async def test_what_cannot_be_published_is_refused(
    client: httpx.AsyncClient, area: str, changes: dict[str, Any], fields: list[str]
) -> None:
    answer = await client.put(f"{SWITCH}/{area}", json=PUBLISHER | changes)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["violations"]] == fields


async def test_an_area_that_there_is_none_of_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.put(f"{SWITCH}/9999", json=PUBLISHER)).status_code == 404


async def test_who_administers_decides_for_their_own_municipality_alone(
    rows: Connection, app: FastAPI, client: httpx.AsyncClient, reporter: httpx.AsyncClient
) -> None:
    assert (await reporter.put(f"{SWITCH}/1282", json=PUBLISHER)).status_code == 403
    with rows.engine.begin() as connection:
        coordinator = keys.create(connection, "coordinator", [KeyScope.COORDINATE], ["1282"])
        key = keys.create(connection, "neighbour", [KeyScope.ADMINISTER], ["1284"])
    as_coordinator, as_neighbour = ({"Authorization": f"Bearer {one}"} for one in (coordinator, key))
    assert (await client.put(f"{SWITCH}/1282", json=PUBLISHER, headers=as_coordinator)).status_code == 403
    assert (await client.put(f"{SWITCH}/1282", json=PUBLISHER, headers=as_neighbour)).status_code == 403
    assert (await client.put(f"{SWITCH}/1284", json=PUBLISHER, headers=as_neighbour)).status_code == 201
    assert (await client.put(f"{SWITCH}/1282", json=PUBLISHER)).status_code == 201
    assert (await client.delete(f"{SWITCH}/1282", headers=as_coordinator)).status_code == 403
    assert (await client.delete(f"{SWITCH}/1282", headers=as_neighbour)).status_code == 403
    assert (await client.get(f"{SWITCH}/1282")).status_code == 200
