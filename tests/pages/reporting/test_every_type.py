"""The form of every activity type, a municipality's own too, is short, and takes whatever its definition allows."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any

from services.api.http.routing import BASE
from services.api.pages.reporting.fields import MOST_IN_SIGHT
from shared.catalogue.loader import shipped_catalogue
from tests.extent import amount, sample_of
from tests.pages.filling import FilledForm, open_form
from tests.pages.people import words_of

if TYPE_CHECKING:
    import httpx

TYPES = shipped_catalogue().activity_types
WORDS = {"sv": "Antal", "en": "Number"}
YES_NO = {"yes": {"sv": "ja", "en": "yes"}, "no": {"sv": "nej", "en": "no"}}
COLOURS = dict.fromkeys(("red", "green", "blue", "yellow", "white"), WORDS)
OWN: dict[str, Any] = {
    "area": "1282",
    "name": {"sv": "Lampkontroll", "en": "Lamp check"},
    "description": WORDS,
    "moments": ["reported", "start", "end", "completed", "policeReported"],
    "participantGroups": ["residents", "police", "municipality"],
    "participantsRequired": True,
    "attributes": {
        **{f"asked{n}": {"kind": "choice", "name": WORDS, "values": YES_NO, "required": True} for n in range(5)},
        "colour": {"kind": "choice", "name": WORDS, "values": COLOURS},
        "broken": {"kind": "number", "name": WORDS, "required": True},
        "took": {"kind": "hours", "name": WORDS},
        "list": {"kind": "items", "name": WORDS},
    },
    "takesCost": True,
    "takesCount": True,
}
DAY = "2016-05-03"
PLACES = {
    (): ["Karlslund", "Norra torget", "Lindängsskolan"],
    ("school",): ["Lindängsskolan", "Ekhagsgymnasiet"],
    ("gym",): ["Kraftkällan", "Ankarets gym"],
    ("police-office",): ["Poliskontoret i norr"],
    ("collaboration-area",): ["Samverkansområde norr"],
}


async def test_the_form_of_every_type_is_filled_in_from_its_definition_and_stored(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    (await client.put(f"{BASE}/activity-types/lamp-check", json=OWN)).raise_for_status()
    definitions = {code: one.model_dump(by_alias=True) for code, one in TYPES.items()} | {"lamp-check": OWN}
    for seed in range(amount(1, 10)):
        for code, definition in sample_of([*definitions.items()], 2):
            form = await open_form(anna, f"/rapportera/{code}")
            assert len(form.in_sight) <= MOST_IN_SIGHT, (code, form.in_sight)
            filled = _filled(form, definition, Random(f"{seed}{code}"))
            answer = await form.send(filled)
            assert answer.status_code == 303, (code, filled, words_of(answer))
            address = answer.headers["location"]
            stored = (await client.get(f"{BASE}/activities/{address.rpartition('/')[2]}")).json()
            assert _said(filled, definition) == {name: stored[name] for name in _said(filled, definition)}, code
            await _looks_right(anna, address.replace("rapporterat", "mina-rapporter"), filled)


async def _looks_right(anna: httpx.AsyncClient, address: str, filled: dict[str, str | list[str]]) -> None:
    """See that a stored report is filled in again as it was, and is read without a code."""
    again = await open_form(anna, f"{address}/ratta")
    for name, value in filled.items():
        written = [value] if isinstance(value, str) else value
        assert [one for one in again.fields[name] if one] == [one for one in written if one], name
    words = words_of(await anna.get(address))
    assert not re.search(r"attributes|participants|\byes\b|\bno\b|performed|None", words), words
    answer = await again.send()
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert "rättade" not in words_of(await anna.get(address))


def _filled(form: FilledForm, definition: dict[str, Any], random: Random) -> dict[str, str | list[str]]:
    """Fill in all that a form has, with anything that its definition allows."""
    filled: dict[str, str | list[str]] = {"place": random.choice(PLACES[tuple(definition.get("placeKinds", ()))])}
    for name in form.fields.keys() | form.choices.keys():
        whole, _, part = name.partition(".")
        kind = definition["attributes"].get(part, {}).get("kind") if whole == "attributes" else ""
        if name in {*definition["moments"]}:
            filled[name] = DAY
        elif name.endswith("-time"):
            filled[name] = "18:00"
        elif kind == "choice" or name == "annex":
            filled[name] = random.choice([one for one in form.choices[name] if one])
        elif kind == "items" and not part.endswith(".done"):
            filled[name] = ["Trasig lampa", "Buske"]
        elif kind in {"number", "hours"}:
            filled[name] = str(random.randint(1, 500))
        elif whole == "participants":
            filled[name] = str(random.randint(0, 40))
    numbers = {"cost": "1250,50", "count": "3", "note": "Allt gick bra."}
    return filled | {name: value for name, value in numbers.items() if name in form.fields}


def _said(filled: dict[str, str | list[str]], definition: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be stored of what was filled in."""
    attributes: dict[str, Any] = {
        name.partition(".")[2]: value if isinstance(value, str) else [{"item": one, "state": "open"} for one in value]
        for name, value in filled.items()
        if name.startswith("attributes.")
    }
    people = {name.partition(".")[2]: int(str(one)) for name, one in filled.items() if name.startswith("participants.")}
    moments = {name: "2016-05-03T16:00:00Z" if f"{name}-time" in filled else DAY for name in definition["moments"]}
    said = {"status": "performed", "source": "form", "attributes": attributes, "participants": people, **moments}
    return said | {"note": "Allt gick bra."} | ({"cost": 1250.5} if "cost" in filled else {})
