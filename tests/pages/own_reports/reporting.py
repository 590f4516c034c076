"""Reporting by the form, as people do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.api.http.routing import BASE
from tests.pages.filling import open_form
from tests.pages.people import words_of

if TYPE_CHECKING:
    import httpx

LIST = "/mina-rapporter"
WALK = {
    "place": "Karlslund",
    "start": "2016-04-12",
    "participants.residents": "21",
    "participants.police": "2",
    "note": "Vandringen började vid torget.",
}


async def report(client: httpx.AsyncClient, type_code: str = "safety-walk", **fields: str) -> str:
    """Report something by the form, and return where it is read."""
    form = await open_form(client, f"/rapportera/{type_code}")
    answer = await form.send({**(WALK if type_code == "safety-walk" else {}), **fields})
    assert answer.status_code == 303, words_of(answer)
    return f"{LIST}/{answer.headers['location'].rpartition('/')[2]}"


async def stored_at(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """Return a report as the API shows it."""
    answer = await client.get(f"{BASE}/activities/{address.rpartition('/')[2]}")
    assert answer.status_code == 200, answer.text
    stored: dict[str, Any] = answer.json()
    return stored
