"""An administrator makes a key, replaces it and ends it; it is shown once, and works just so long."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from services.api.http.routing import BASE
from tests.pages.people import SITE, send, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

pytestmark = [pytest.mark.long]
NEW = "/drift/nycklar/ny"
_KEY = re.compile(r"<code>(smv_[\w-]{43})</code>")
_CLIENT = re.compile(r'href="(/drift/nycklar/[0-9a-f-]{36})"')


def form(**fields: str) -> dict[str, str | list[str]]:
    return {"name": "Stratsys", "scope": "read", "area": "Landskrona", **fields}


async def works(app: FastAPI, key: str) -> bool:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        answer = await client.get(f"{BASE}/areas?limit=1", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


async def test_a_key_is_made_replaced_and_ended(app: FastAPI, karin: httpx.AsyncClient) -> None:
    made = await send(karin, NEW, form(**{"last-day": "2070-12-31"}))
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store"), words_of(made)
    [key], [address] = _KEY.findall(made.text), _CLIENT.findall(made.text)
    assert await works(app, key)
    listed = words_of(await karin.get("/drift/nycklar"))
    assert "Stratsys Läsa (Landskrona) Användes senast:" in listed
    assert "Sista dag: 2070-12-31" in listed
    for page in ("/drift/nycklar", address, f"{address}/avsluta"):
        assert key not in (await karin.get(page)).text
    replaced = await send(karin, f"{address}/byt", {"overlap": "now"})
    [other] = _KEY.findall(replaced.text)
    assert await works(app, other)
    assert (await send(karin, f"{address}/avsluta", {})).headers["location"] == "/drift/nycklar"
    assert "En nyckel som inte gäller längre" in words_of(await karin.get("/drift/nycklar"))
    assert "Avslutades den" in words_of(await karin.get(address))
    refused = await send(karin, f"{address}/byt", {"overlap": "day"})
    assert (refused.status_code, "Nyckeln gäller inte" in words_of(refused)) == (409, True)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (form(name=""), "Skriv vilket system som ska använda nyckeln."),
        (form(name="Anna 19900101-9802"), "Texten ser ut att innehålla ett personnummer."),
        (form(scope=""), "Välj vad systemet ska få göra."),
        (form(scope="rule"), "Välj vad systemet ska få göra."),
        (form(area="Höganäs"), "Inget område som du samordnar heter så."),
        (form(area="Karl"), "Flera områden kan stämma."),
        (form(**{"last-day": "2016-01-01"}), "Dagen har redan varit."),
        (form(**{"last-day": "2016-02-30"}), "Skriv dagen som år, månad och dag"),
        (form(**{"last-day": "9999-12-31"}), "Skriv dagen som år, månad och dag"),
    ],
)
async def test_what_is_wrong_is_said_and_no_key_is_made(
    karin: httpx.AsyncClient, execute: Callable[..., int], fields: dict[str, str | list[str]], fault: str
) -> None:
    before = execute("SELECT FROM api_key")
    answer = await send(karin, NEW, fields)
    assert answer.status_code == 422
    assert fault in words_of(answer)
    assert f'value="{fields["area"]}"' in answer.text
    assert execute("SELECT FROM api_key") == before


async def test_the_last_day_is_a_whole_one_here(karin: httpx.AsyncClient, execute: Callable[..., int]) -> None:
    await send(karin, NEW, form(name="Sommar", **{"last-day": "2070-06-30"}))
    assert execute("SELECT FROM api_key WHERE name = 'Sommar' AND expires_at = '2070-06-30T22:00Z'") == 1
    assert (
        execute(
            "SELECT FROM api_key JOIN area ON area_id = owner_area_id WHERE code = '1282' AND api_key.name = 'Sommar'"
        )
        == 1
    )
