"""What was found when an annex was followed up, in words: put with the agreement, and read."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

URL = "/samverkan/v1/agreements/small"
DAYS = {"validFrom": "2016-01-01", "validTo": "2016-12-31"}
ANNEX = {"number": 1, "theme": "attractive-city", "title": "Staden", "followUp": ["Antal saneringar."], **DAYS}
AGREEMENT: dict[str, Any] = {"title": "Liten", "areas": ["1282"], **DAYS}
FOUND = [
    {"notedOn": "2016-05-02", "status": "ongoing", "text": "Parkerna städas varje vecka."},
    {"notedOn": "2016-02-01", "status": "notStarted", "text": None},
]


async def test_it_comes_back_in_its_order_and_changes_no_figure(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    other = ANNEX | {"number": 2, "theme": "visible-police"}
    assert (await client.put(URL, json=AGREEMENT | {"annexes": [ANNEX, other]})).status_code == 201
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM dirty_mark"))
    answer = await client.put(URL, json=AGREEMENT | {"annexes": [ANNEX | {"followUps": FOUND}, other]})
    assert answer.status_code == 200, answer.text
    annex = (await client.get(f"{URL}/annexes/1")).json()
    assert (annex["followUps"], annex["followUp"]) == (FOUND, ANNEX["followUp"])
    listed = (await client.get(f"{URL}/annexes")).json()["annexes"]
    assert [one["followUps"] for one in listed] == [FOUND, []]
    async with engine.begin() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM dirty_mark"))).scalar_one() == 0


async def test_an_agreement_is_put_whole_so_what_is_left_out_is_gone(client: httpx.AsyncClient) -> None:
    await client.put(URL, json=AGREEMENT | {"annexes": [ANNEX | {"followUps": FOUND}]})
    assert (await client.put(URL, json=AGREEMENT | {"annexes": [ANNEX]})).status_code == 200
    assert (await client.get(f"{URL}/annexes/1")).json()["followUps"] == []
