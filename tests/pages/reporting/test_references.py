"""A follow-up names the walk that it follows: one of the municipality's own, by its place and day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.api.http.routing import BASE
from tests.pages.filling import open_form
from tests.pages.people import words_of

if TYPE_CHECKING:
    import httpx

FORM, FIELD = "/rapportera/safety-walk", "attributes.followsUp"


async def walk(anna: httpx.AsyncClient, **fields: str) -> str:
    """Report a walk, and return where its receipt is."""
    answer = await (await open_form(anna, FORM)).send(
        {"place": "Karlslund", "participants.residents": "3", "start": "2016-04-12", **fields}
    )
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


async def test_a_follow_up_chooses_among_earlier_walks(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    assert FIELD not in (await open_form(anna, FORM)).fields
    address = await walk(anna)
    await walk(anna, start="2016-05-12", place="Norra torget")
    await walk(anna, start="2016-06-12", status="planned")
    form = await open_form(anna, FORM)
    page = (await anna.get(FORM)).text.replace("\N{NO-BREAK SPACE}", " ")
    assert re.findall(r"Trygghetsvandring, [^<]*", page) == [
        "Trygghetsvandring, Norra torget, 12 maj 2016",
        "Trygghetsvandring, Karlslund, 12 april 2016",
    ]
    stored = (await client.get(f"{BASE}/activities/{address.rpartition('/')[2]}")).json()
    assert form.choices[FIELD][2] == stored["externalId"]
    follow_up = await walk(anna, start="2016-09-12", **{FIELD: stored["externalId"]})
    said = words_of(await anna.get(follow_up.replace("rapporterat", "mina-rapporter")))
    assert "Följer upp vandringen Trygghetsvandring, Karlslund, 12 april 2016" in said.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    again = await open_form(anna, follow_up.replace("rapporterat", "mina-rapporter") + "/ratta")
    assert again[FIELD] == stored["externalId"]
    assert len(again.choices[FIELD]) == 3  # none, and the two that it is not itself


async def test_a_follow_up_has_no_list_of_its_own(anna: httpx.AsyncClient) -> None:
    await walk(anna)
    form = await open_form(anna, FORM)
    answer = await form.send(
        {
            "place": "Karlslund",
            "participants.residents": "3",
            "start": "2016-09-12",
            FIELD: form.choices[FIELD][1],
            "attributes.actionItems": ["Lampa"],
        }
    )
    assert answer.status_code == 422
    assert "Uppdatera listan på den vandring som följs upp." in words_of(answer)
