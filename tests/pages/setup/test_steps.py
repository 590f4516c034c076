"""A set-up step by step on pages: what a form says is added or changed, and all else stays."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from services.api.http.routing import BASE
from tests.pages.filling import FilledForm, open_form
from tests.pages.people import words_of
from tests.pages.setup import world
from tests.pages.setup.world import name_of

if TYPE_CHECKING:
    import httpx

    from tests.pages.setup.conftest import Desk, SeatedIn

pytestmark = [pytest.mark.long]
AGREEMENT = {"title": "Överenskommelse 2026", "validFrom": "2026-01-01", "validTo": "2026-12-31", "parties": "A\nB"}


async def _form(desk: Desk, step: str, named: str = "") -> FilledForm:
    page = await desk.client.get(f"{desk.address}/steg/{step}", params={"vilken": named})
    assert page.status_code == 200
    return FilledForm(desk.client, page)


async def test_an_agreement_an_annex_and_a_place_are_entered_one_at_a_time(
    desk_in: SeatedIn, client: httpx.AsyncClient
) -> None:
    async with desk_in("1266") as desk:
        assert "Lägg in överenskommelsen först." in words_of(await desk.client.get(f"{desk.address}/steg/bilaga"))
        sent = await (await _form(desk, "overenskommelse")).send(AGREEMENT)
        assert "Sparat." in words_of(await desk.client.get(sent.headers["location"]))
        annex = {"number": "4", "title": "Rena platser", "theme": name_of("theme", "attractive-city"), "goals": "X\nY"}
        assert (await (await _form(desk, "bilaga")).send(annex)).status_code == 303
        district = {"name": "Centrum", "kind": name_of("placeKind", "district")}
        park = {"name": "Ängen", "kind": name_of("placeKind", "park"), "parent": "Centrum"}
        for place in (district, park):
            assert (await (await _form(desk, "plats")).send(place)).status_code == 303
        assert (await _form(desk, "plats", "Ängen"))["parent"] == "Centrum"
        again = await _form(desk, "bilaga", "4")
        assert (again["title"], again["goals"]) == ("Rena platser", "X\nY")
        assert (await again.send({"title": "Hela platser"})).status_code == 303
    stored = (await client.get(f"{BASE}/agreements/horby-2026")).json()
    assert (stored["parties"], [one["title"] for one in stored["annexes"]]) == (["A", "B"], ["Hela platser"])
    assert stored["annexes"][0]["validTo"] == "2026-12-31"


async def test_what_a_step_does_not_name_stays(desk_in: SeatedIn, client: httpx.AsyncClient) -> None:
    async with desk_in("1267") as desk:
        content = {name: rows for name, rows in world.whole().items() if name != "people"}
        assert (await desk.save(await desk.reviewed(content))).status_code == 303
        before = (await client.get(f"{BASE}/agreements/hoor-2026-2027")).json()
        assert (await (await _form(desk, "overenskommelse")).send({"title": "Nytt namn"})).status_code == 303
        assert (await (await _form(desk, "bilaga", "10")).send({"title": "Lugna kvällar"})).status_code == 303
        after = (await client.get(f"{BASE}/agreements/hoor-2026-2027")).json()
        before["title"], before["annexes"][9]["title"] = "Nytt namn", "Lugna kvällar"
        assert after == before


async def test_faults_are_at_their_fields_and_a_second_person_is_told(desk_in: SeatedIn) -> None:
    async with desk_in("1270") as desk, desk_in("1270") as other:
        form, late = await _form(desk, "plats"), await _form(other, "plats")
        answer = await form.send({"name": "", "kind": name_of("placeKind", "park"), "validFrom": "i mars"})
        assert answer.status_code == 422
        page = unescape(answer.text)
        assert '<a href="#name">Namn saknas.</a>' in page
        assert '<a href="#validFrom">Det här är inget datum.' in page
        place = {"name": "Ängen", "kind": name_of("placeKind", "park")}
        assert (await FilledForm(desk.client, answer).send({**place, "validFrom": ""})).status_code == 303
        answer = await late.send({**place, "name": "Backen"})
        assert (answer.status_code, "Någon annan har ändrat något" in words_of(answer)) == (409, True)
        assert FilledForm(other.client, answer)["name"] == "Backen"
        assert (await FilledForm(other.client, answer).send()).status_code == 303


async def test_what_a_form_was_opened_with_is_changed_and_not_doubled(
    desk_in: SeatedIn, client: httpx.AsyncClient
) -> None:
    async with desk_in("1272") as desk:
        assert (await (await _form(desk, "overenskommelse")).send(AGREEMENT)).status_code == 303
        annex = {"number": "4", "title": "Rena platser", "theme": name_of("theme", "attractive-city")}
        assert (await (await _form(desk, "bilaga")).send(annex)).status_code == 303
        for name in ("Ängn", "Backen"):
            place = {"name": name, "kind": name_of("placeKind", "park")}
            assert (await (await _form(desk, "plats")).send(place)).status_code == 303
        opened = await _form(desk, "plats", "Ängn")
        taken = await opened.send({"name": "Backen"})
        assert (taken.status_code, "En annan plats heter redan så." in words_of(taken)) == (422, True)
        assert (await FilledForm(desk.client, taken).send({"name": "Ängen"})).status_code == 303
        page = words_of(await desk.client.get(f"{desk.address}/steg/plats"))
        assert ("Ängen" in page, "Ängn" in page) == (True, False)
        other = {"number": "5", "title": "Lugna platser", "theme": name_of("theme", "safety-walks")}
        renumbered = await (await _form(desk, "bilaga", "4")).send({"number": "5"})
        assert renumbered.status_code == 422
        assert "Bilagan har nummer 4 och behåller det." in words_of(renumbered)
        assert (await (await _form(desk, "bilaga")).send(other)).status_code == 303


async def test_targets_commitments_roles_and_terms_are_added_changed_and_ended(
    desk_in: SeatedIn, client: httpx.AsyncClient
) -> None:
    async with desk_in("1273") as desk:
        content = {name: rows for name, rows in world.whole().items() if name != "people"}
        assert (await desk.save(await desk.reviewed(content))).status_code == 303
        address = f"{BASE}/agreements/{(await _agreement_of(client, '1273'))['code']}"
        before = (await client.get(address)).json()

        added = {
            "annex": "4",
            "indicator": name_of("series", "graffiti-cleanups/all"),
            "value": "20",
            "wording": "Nytt.",
        }
        added |= {"rule": name_of("rule", "atMost"), "per": name_of("per", "year"), "area": "Ån"}
        assert (await (await _form(desk, "mal")).send(added)).status_code == 303
        opened = await _opened(desk, "mal", "Klottersaneringar: högst 20")
        assert (opened["annex"], opened["area"], opened["wording"]) == ("4", "Ån", "Nytt.")
        assert (await opened.send({"value": "15", "validTo": "2026-12-31"})).status_code == 303
        after = (await client.get(address)).json()
        assert {**after, "targets": 0} == {**before, "targets": 0}
        new = [one for one in after["targets"] if one not in before["targets"]]
        assert [(one["value"], one["area"][5:], one["validTo"]) for one in new] == [(15, "an", "2026-12-31")]
        assert len(after["targets"]) == len(before["targets"]) + 1

        promised = {"promise": "Ja", "wording": "Ån får en bro.", "annex": "4", "dueOn": "2026-10-31"}
        assert (await (await _form(desk, "atagande")).send(promised)).status_code == 303
        opened = await _opened(desk, "atagande", "Ån får en bro.")
        changed = {"wording": "Ån får två broar.", "status": name_of("status", "done"), "notedOn": "2026-09-01"}
        assert (await opened.send(changed)).status_code == 303
        commitments = (await client.get(f"{address}/commitments")).json()["commitments"]
        assert {one["code"]: one["wording"] for one in commitments}["nr-4"] == "Ån får två broar."
        assert len(commitments) == 4


async def test_a_role_and_a_term_are_added_changed_and_ended(desk_in: SeatedIn, client: httpx.AsyncClient) -> None:
    async with desk_in("1230") as desk:
        content = {"places": world.places(), "roles": world.roles(), "terms": world.terms()}
        assert (await desk.save(await desk.reviewed(content))).status_code == 303
        role = {"area": "Östra skolan", "role": name_of("role", "contact-person"), "validFrom": "2026-02-01"}
        assert (await (await _form(desk, "roll")).send(role)).status_code == 303
        opened = await _opened(desk, "roll", name_of("role", "contact-person"))
        # It was another school's, from another day.
        assert (await opened.send({"area": "Norra skolan", "validFrom": "2026-03-01"})).status_code == 303
        opened = await _opened(desk, "roll", name_of("role", "contact-person"))
        assert (await opened.send({"validTo": "2026-08-31"})).status_code == 303
        assert await _roles(client, "1230-ostra-skolan") == {"contact-officer", "contact-officer-school"}
        roles = (await client.get(f"{BASE}/areas/1230-norra-skolan/roles")).json()["roles"]
        (ended,) = [one for one in roles if one["role"] == "contact-person"]
        assert (ended["validFrom"], ended["validTo"], len(roles)) == ("2026-03-01", "2026-08-31", 3)

        term = {"name": "Våren 2027", "validFrom": "2028-01-10", "validTo": "2028-06-10"}
        assert (await (await _form(desk, "termin")).send(term)).status_code == 303
        opened = await _opened(desk, "termin", "Våren 2027")
        assert (await opened.send({"validFrom": "2027-01-10", "validTo": "2027-06-10"})).status_code == 303
        terms = (await client.get(f"{BASE}/areas/1230/terms")).json()["terms"]
        assert [one["validFrom"] for one in terms] == ["2026-01-08", "2026-08-18", "2027-01-10"]


async def _agreement_of(client: httpx.AsyncClient, area: str) -> dict[str, object]:
    listed = (await client.get(f"{BASE}/agreements", params={"limit": 1000})).json()["agreements"]
    found: dict[str, object] = next(one for one in listed if one["areas"] == [area])
    return found


async def _opened(desk: Desk, step: str, called: str) -> FilledForm:
    """Follow the link of something that is there already."""
    page = (await desk.client.get(f"{desk.address}/steg/{step}")).text
    (link,) = [
        link
        for link, name in re.findall(r'<a href="([^"]*vilken=[^"]*)">([^<]*)</a>', page)
        if called in unescape(name)
    ]
    return await open_form(desk.client, unescape(link))


async def _roles(client: httpx.AsyncClient, code: str) -> set[str]:
    return {one["role"] for one in (await client.get(f"{BASE}/areas/{code}/roles")).json()["roles"]}
