"""The whole of a municipality stands from its template alone; sent again it changes what was changed, and no more."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

import httpx
import pytest

from services.api.http.routing import BASE
from services.api.pages.setup.layout import SHEETS
from shared.domain.wording import Language
from shared.files.workbook import Workbook
from tests.pages.people import SITE, browser, words_of
from tests.pages.setup import world
from tests.pages.setup.sheets import cells_of, filled
from tests.pages.setup.world import name_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from tests.pages.setup.conftest import Desk, SeatedIn
    from tests.pages.setup.sheets import Rows

pytestmark = [pytest.mark.long]
CREATED = {"Överenskommelse": 1, "Bilagor": 10, "Mål": 8, "Åtaganden": 3, "Platser": 12, "Roller": 8, "Terminer": 2}
_ROW = re.compile(r'<th scope="row">([^<]*)</th>((?:\s*<td class="number">.*</td>)+)')
_NUMBER = re.compile(r"</span>(\d+)</td>")


def changes_on(preview: httpx.Response) -> dict[str, list[int]]:
    """Return how many of each part are new, changed, removed and unchanged."""
    return {part: [*map(int, _NUMBER.findall(cells))] for part, cells in _ROW.findall(preview.text)}


async def _get(client: httpx.AsyncClient, path: str) -> dict[str, object]:
    answer = await client.get(f"{BASE}/{path}")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_a_new_municipality_stands_from_the_template_alone(
    desk_in: SeatedIn, client: httpx.AsyncClient, app: FastAPI
) -> None:
    async with desk_in("1284") as desk:
        assert "Ingenting är inlagt" not in words_of(await desk.client.get(desk.address)), "the first person is there"
        preview = await desk.reviewed(world.whole())
        assert {part: new for part, (new, *_) in changes_on(preview).items()} == {**CREATED, "Personer": 20}
        assert "15 rader är märkta som exempel" in words_of(preview)
        assert (await client.get(f"{BASE}/agreements/hoganas-2026-2027")).status_code == 404, "a preview stores nothing"
        done = await desk.save(preview)
        assert done.status_code == 200, words_of(done)
        links = [*dict.fromkeys(re.findall(r"/logga-in/[\w-]{43}", done.text))]
        assert len(links) == 20
        again = await desk.reviewed(world.whole())
        assert "Allt i filen är redan inlagt" in words_of(again)
        assert {sum(numbers[:3]) for numbers in changes_on(again).values()} == {0}
    agreement = await _get(client, "agreements/hoganas-2026-2027")
    annexes = agreement["annexes"]
    assert [one["number"] for one in annexes] == [*range(1, 11)]  # type: ignore[attr-defined]
    assert annexes[9]["goals"] == ["Ett mål", "Ett till"]  # type: ignore[index]
    assert agreement["areas"] == ["1284"]
    assert (await _get(client, "areas/1284-stora-torget"))["parents"] == [
        {"code": "1284-centrum", "validFrom": None, "validTo": None}
    ]
    assert (await _get(client, "areas/1284-an"))["name"] == "Ån"
    roles = (await _get(client, "areas/1284-norra-skolan/roles"))["roles"]
    assert {one["role"]: one["need"] for one in roles} == {"contact-officer": 1, "contact-officer-school": None}  # type: ignore[attr-defined]
    assert len((await _get(client, "areas/1284/terms"))["terms"]) == 2  # type: ignore[arg-type]
    promise = await _get(client, "agreements/hoganas-2026-2027/commitments/nr-2")
    assert (promise["recurrence"], promise["fulfilledBy"]) == (
        {"every": "month", "from": "2026-01-01", "until": "2027-12-31"},
        "selection",
    )
    async with browser(app) as reporter:
        await reporter.post(links[0], headers={"Origin": SITE}, data={"till": "/"})
        assert "Norra skolan" in words_of(await reporter.get("/mina-uppgifter"))


async def test_sent_again_it_changes_what_was_changed_and_leaves_the_rest(
    desk_in: SeatedIn, client: httpx.AsyncClient
) -> None:
    async with desk_in("1281") as desk:
        await desk.save(await desk.reviewed(world.whole("k1281.example")))
        await _say_by_the_api(client, "lund-2026-2027")
        assert "Allt i filen är redan inlagt" in words_of(await desk.reviewed(world.whole("k1281.example")))
        preview = await desk.reviewed(_changed(world.whole("k1281.example")))
        assert changes_on(preview) == {
            "Överenskommelse": [0, 0, 0, 1],
            "Bilagor": [0, 1, 0, 9],
            "Mål": [0, 1, 1, 6],
            "Åtaganden": [0, 1, 0, 2],
            "Platser": [0, 1, 0, 11],
            "Roller": [0, 1, 0, 7],
            "Terminer": [1, 0, 0, 2],
            "Personer": [1, 0, 0, 21],
        }
        done = await desk.save(preview)
        assert (done.status_code, done.headers["location"]) == (303, f"{desk.address}/klart"), "nobody new is invited"
        owner = {"email": "ny@k1281.example", "role": name_of("personRole", "annex-owner"), "annex": 4, "area": "Nya"}
        preview = await desk.reviewed(
            {"places": [{"name": "Nya", "kind": name_of("placeKind", "school")}], "people": [owner]}
        )
        assert {part: numbers[:3] for part, numbers in changes_on(preview).items() if sum(numbers[:3])} == {
            "Platser": [1, 0, 0],
            "Personer": [1, 0, 0],
        }
    roles = (await _get(client, "areas/1281-norra-skolan/roles"))["roles"]
    assert {one["role"]: one["validTo"] for one in roles} == {  # type: ignore[attr-defined]
        "contact-officer": "2026-08-31",
        "contact-officer-school": None,
    }


async def _say_by_the_api(client: httpx.AsyncClient, agreement: str) -> None:
    """Say what the template has no cells for."""
    address = f"{BASE}/agreements/{agreement}"
    document = (await client.get(address)).json()
    del document["_links"]
    document["rhythms"] = ["quarter"]
    document["annexes"][0]["followUps"] = [{"notedOn": "2026-05-02", "status": "ongoing", "text": "Det går bra."}]
    assert (await client.put(address, json=document)).status_code == 200


def _changed(content: dict[str, Rows]) -> dict[str, Rows]:
    """Return the same with something other on every sheet but the first; what is left out stays, but for a target."""
    content["annexes"][3]["title"] = "Rena platser"
    del content["targets"][1]
    content["targets"][0]["value"] = 90
    content["commitments"] = [{**content["commitments"][0], "wording": "Stadsparken får ljus."}]
    content["places"] = [{"name": "stadsparken", "kind": name_of("placeKind", "park"), "validFrom": date(2020, 1, 1)}]
    content["roles"] = [{**content["roles"][0], "validTo": date(2026, 8, 31)}]
    content["terms"] = [{"name": "Våren 2027", "validFrom": date(2027, 1, 8), "validTo": date(2027, 6, 11)}]
    content["people"] = [
        {"email": "rapport1@k1281.example", "role": name_of("personRole", "reader"), "area": "Centrum"}
    ]
    return content


async def test_own_definitions_are_in_the_lists_and_can_be_used(desk_in: SeatedIn, client: httpx.AsyncClient) -> None:
    own: dict[str, dict[str, object]] = {
        "roles/has-a-guard": {"name": {"sv": "Har en värd", "en": "Has a host"}},
        "activity-types/host-round": {
            "name": {"sv": "Värdrunda", "en": "Host round"},
            "description": {"sv": "En runda.", "en": "A round."},
            "moments": ["start"],
            "placeKinds": ["market-hall"],
        },
        "indicators/host-rounds": {
            "name": {"sv": "Värdrundor", "en": "Host rounds"},
            "definition": {"sv": "Antal rundor.", "en": "Rounds."},
            "numerator": {"sv": "Rundor", "en": "Rounds"},
            "unit": "count",
            "direction": "higher",
            "kind": "count",
            "activityTypes": ["host-round"],
        },
    }
    for path, document in own.items():
        answer = await client.put(f"{BASE}/{path}", json={**document, "area": "1277"})
        assert answer.status_code == 201, answer.text
    async with desk_in("1277") as desk, desk_in("1278") as neighbour:
        preview = await desk.reviewed(
            {
                "agreement": world.agreement(),
                "followed": [{"indicator": "Värdrundor"}],
                "targets": [
                    {"indicator": "Värdrundor", "rule": name_of("rule", "atLeast"), "value": 5, "per": "Varje år"}
                ],
                "places": [{"name": "Hallen", "kind": "Market hall"}],
                "roles": [{"area": "Hallen", "role": "Har en värd", "validFrom": date(2026, 1, 1)}],
                "commitments": [{"number": 1, "promise": "Ja", "wording": "Vi går.", "activityType": "Värdrunda"}],
            }
        )
        assert "Värdrundor: minst 5" in words_of(preview)
        assert (await desk.save(preview)).status_code == 303
        names = _names_in(await desk.template())
        assert {"Värdrundor", "Har en värd", "Värdrunda", "Market hall"} <= names
        assert not {"Värdrundor", "Har en värd", "Värdrunda"} & _names_in(await neighbour.template())


def _names_in(template: bytes) -> set[object]:
    return {cell for _, rows in Workbook(BytesIO(template)).sheets("Listor") for row in rows for cell in row.cells}


async def test_a_template_in_one_language_is_read_in_the_other(desk_in: SeatedIn) -> None:
    async with desk_in("1276") as desk:
        await desk.client.post("/sprak", headers={"Origin": SITE}, data={"language": "en", "till": "/"})
        await _choose(desk, "en")
        english = await desk.template()
        assert [title for title, _ in Workbook(BytesIO(english)).sheets()][:3] == ["Read first", "Agreement", "Annexes"]
        await _choose(desk, "sv")
        target = {
            "indicator": name_of("series", "safety-walks/all", Language.EN),
            "rule": name_of("rule", "atLeast", Language.EN),
            "value": 4,
            "per": name_of("per", "year"),
        }
        content = {"agreement": world.agreement(), "targets": [target]}
        preview = await desk.upload(filled(english, cells_of(content)))
        assert preview.status_code == 200, words_of(preview)
        assert "Trygghetsvandringar: minst 4" in words_of(preview)


async def _choose(desk: Desk, language: str) -> None:
    page = (await desk.client.get("/mina-uppgifter")).text
    token = page.partition('name="form-token" value="')[2].partition('"')[0]
    fields = {"form-token": token, "language": language, "till": "/"}
    answer = await desk.client.post("/sprak", headers={"Origin": SITE}, data=fields)
    assert answer.status_code == 303


async def test_every_sheet_has_its_example_rows_and_no_code(desk_in: SeatedIn) -> None:
    async with desk_in("1275") as desk:
        book = Workbook(BytesIO(await desk.template()))
        sheets = {title: [*rows] for title, rows in book.sheets()}
        assert len(sheets) == len(SHEETS) + 2
        texts = [cell for rows in sheets.values() for row in rows for cell in row.cells if isinstance(cell, str)]
        assert [text for text in texts if re.fullmatch(r"[a-z]+(-[a-z]+)+|[a-z]+[A-Z]\w*", text)] == []
