"""A report is found again, read in words, corrected and taken back by whom it concerns, and by nobody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from shared.audit.sealing import seal
from tests.pages.filling import FilledForm, open_form
from tests.pages.own_reports.reporting import LIST, report, stored_at
from tests.pages.people import send, words_of

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine


async def test_the_list_has_own_reports_the_latest_first(anna: httpx.AsyncClient, bo: httpx.AsyncClient) -> None:
    assert "Du har inte rapporterat något än." in words_of(await anna.get(LIST))
    await report(anna)
    await report(anna, start="2016-04-13", status="planned")
    await report(bo, start="2016-04-14")
    words = words_of(await anna.get(LIST))
    first, second = words.index("13 april"), words.index("12 april")
    assert first < second
    assert "14 april" not in words
    assert "Har det blivit av?" in words
    assert "Genomförd · Räknas" in words


async def test_a_report_says_in_words_what_was_filled_in(anna: httpx.AsyncClient) -> None:
    address = await report(anna)
    words = words_of(await anna.get(address))
    for said in ("Trygghetsvandring", "Karlslund", "12 april 2016", "boende 21", "poliser 2", "började vid torget"):
        assert said.casefold() in words.replace("\N{NO-BREAK SPACE}", " ").casefold()
    assert "Du rapporterade." in words
    assert not re.search(r"safety-walk|participants|performed|1282-", words)


async def test_a_correction_is_stored_and_told_in_words(
    anna: httpx.AsyncClient, client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    address = await report(anna)
    form = await open_form(anna, f"{address}/ratta")
    assert (form["place"], form["participants.residents"]) == ("Karlslund", "21")
    assert (await form.send({"participants.residents": "23", "place": "Norra torget"})).status_code == 303
    words = words_of(await anna.get(address))
    assert "Du rättade." in words
    assert "21 → 23" in words
    assert "Plats: Karlslund → Norra torget" in words
    async with engine.begin() as connection:
        assert await seal(connection)
    assert words_of(await anna.get(address)) == words, "a sealed entry says the same, without what is null"
    stored = await stored_at(client, address)
    assert (stored["area"], stored["participants"]["residents"], stored["source"]) == ("1282-norra-torget", 23, "form")


async def test_an_area_is_called_by_its_english_name_on_an_english_page(
    anna: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    address = await report(anna)
    form = await open_form(anna, f"{address}/ratta")
    assert (await form.send({"place": "Norra torget"})).status_code == 303
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE area SET name_en = 'North Square' WHERE code = '1282-norra-torget'"))
    receipt = address.replace("mina-rapporter", "rapporterat")
    for language, name, other in (("sv", "Norra torget", "North Square"), ("en", "North Square", "Norra torget")):
        await send(anna, "/sprak", {"language": language, "till": LIST})
        for page in (address, receipt, LIST, f"{LIST}?plats=north"):
            words = words_of(await anna.get(page))
            assert name in words, page
            assert other not in words.replace("?plats=north", ""), page


async def test_others_reports_are_not_there(anna: httpx.AsyncClient, bo: httpx.AsyncClient) -> None:
    address = await report(anna)
    missing = f"{LIST}/00000000-0000-7000-8000-000000000000"
    for below in ("", "/ratta", "/ta-bort"):
        others, none = await bo.get(address + below), await bo.get(missing + below)
        assert (others.status_code, words_of(others)) == (404, words_of(none))
    receipt = address.replace("mina-rapporter", "rapporterat")
    assert (await anna.get(receipt)).status_code == 200
    assert (await bo.get(receipt)).status_code == 404
    assert (await bo.get(f"/rapportera/safety-walk?som={address.rpartition('/')[2]}")).status_code == 404
    form = await open_form(anna, f"{address}/ratta")
    sent = await bo.post(f"{address}/ratta", data=form.fields, headers={"Origin": "https://testserver.example"})
    assert sent.status_code == 403  # the form was made for another
    own = await open_form(bo, "/mina-uppgifter")
    form.fields["form-token"] = own.fields["form-token"]
    for below in ("/ratta", "/ta-bort"):
        sent = await bo.post(address + below, data=form.fields, headers={"Origin": "https://testserver.example"})
        assert sent.status_code == 404
    assert (await anna.get(address)).status_code == 200


async def test_an_annex_owner_and_a_coordinator_see_and_correct_more(
    anna: httpx.AsyncClient,
    annex_owner: httpx.AsyncClient,
    coordinator: httpx.AsyncClient,
    client: httpx.AsyncClient,
    walk: dict[str, Any],
    cleanup: dict[str, Any],
) -> None:
    own = await report(anna)
    (await client.post(f"{BASE}/activities", json=walk)).raise_for_status()
    imported = (await client.post(f"{BASE}/activities", json=cleanup)).json()
    of_annex = words_of(await annex_owner.get(f"{LIST}?visa=bilagans"))
    assert of_annex.count("Trygghetsvandring, Karlslund") == 2
    assert "Klottersanering, " not in words_of(await annex_owner.get(f"{LIST}?visa=alla"))
    assert (await annex_owner.get(f"{LIST}/{imported['id']}")).status_code == 404
    assert "Klottersanering, Norra torget" in words_of(await coordinator.get(f"{LIST}?visa=alla"))
    assert "Du har inte rapporterat något än." in words_of(await coordinator.get(LIST))
    assert "Någon annan rapporterade." in words_of(await coordinator.get(own))
    form = await open_form(coordinator, f"{LIST}/{imported['id']}/ratta")
    assert (await form.send({"cost": "1 300,50"})).status_code == 303
    stored = await stored_at(client, f"{LIST}/{imported['id']}")
    assert stored["cost"] == 1300.5
    same = ("source", "externalId", "annex", "reported", "start", "completed", "attributes")
    assert {name: stored[name] for name in same} == {name: cleanup[name] for name in same}
    assert (await open_form(annex_owner, f"{own}/ratta"))["place"] == "Karlslund"
    assert f'href="{LIST}?visa=' not in (await anna.get(f"{LIST}?visa=alla")).text


async def test_the_list_is_filtered_by_its_address(anna: httpx.AsyncClient) -> None:
    await report(anna)
    await report(anna, place="Norra torget", start="2016-05-02", status="cancelled")
    await report(anna, "foot-patrol", place="Karlslund", start="2016-06-03")
    for asked, expected in (
        ("typ=foot-patrol", ["3 juni"]),
        ("plats=karls", ["3 juni", "12 april"]),
        ("plats=landskrona", ["3 juni", "2 maj", "12 april"]),
        ("status=cancelled", ["2 maj"]),
        ("fran=2016-05-01&till=2016-05-31", ["2 maj"]),
        ("typ=foot-patrol&status=planned", []),
        ("typ=%00&plats=%00&sida=x&visa=alla&status=x", ["3 juni", "2 maj", "12 april"]),
    ):
        answer = await anna.get(f"{LIST}?{asked}")
        words = words_of(answer).replace("\N{NO-BREAK SPACE}", " ")
        assert re.findall(r"(\d+ \w+) 2016", words) == expected, asked
        assert ("Inga rapporter stämmer" in words) == (not expected)
    unreadable = await anna.get(f"{LIST}?fran=i+g%C3%A5r")
    assert "Skriv dagen som år, månad och dag" in words_of(unreadable)


async def test_there_are_25_on_a_page(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    for day in range(1, 28):
        await report(anna, start=f"2016-03-{day:02}")
    first, second = await anna.get(LIST), await anna.get(f"{LIST}?sida=2")
    assert first.text.count("Karlslund</a>") == 25
    assert second.text.count("Karlslund</a>") == 2
    assert 'rel="next"' in first.text
    assert 'rel="prev"' in second.text
    assert "Det finns inga äldre rapporter." in words_of(await anna.get(f"{LIST}?sida=3"))


async def test_what_is_taken_back_is_gone(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    address = await report(anna)
    form = await open_form(anna, f"{address}/ta-bort")
    answer = await form.send()
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}?borttagen=ja")
    assert "Rapporten är borttagen." in words_of(await anna.get(f"{LIST}?borttagen=ja"))
    again = await form.send()
    assert (again.status_code, "redan vara borttagen" in words_of(again)) == (404, True)
    for below in ("", "/ratta", "/ta-bort"):
        assert (await anna.get(address + below)).status_code == 404
    assert (await client.get(f"{BASE}/activities")).json()["_meta"]["totalRecords"] == 0


async def test_what_has_changed_is_looked_at_before_it_is_taken_back(anna: httpx.AsyncClient) -> None:
    address = await report(anna)
    removal = await open_form(anna, f"{address}/ta-bort")
    assert (await (await open_form(anna, f"{address}/ratta")).send({"note": "Mer"})).status_code == 303
    answer = await removal.send()
    assert (answer.status_code, "har ändrats" in words_of(answer)) == (409, True)
    assert (await FilledForm(anna, answer).send()).status_code == 303
    assert (await anna.get(address)).status_code == 404


async def test_a_double_tap_corrects_once(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    address = await report(anna)
    form = await open_form(anna, f"{address}/ratta")
    for _ in range(2):
        answer = await form.send({"note": "Rättad"})
        assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert (await stored_at(client, address))["revision"] == 2


@pytest.mark.parametrize("role", ["own", "coordinator"])
async def test_the_later_of_two_sees_both_and_chooses(
    role: str, anna: httpx.AsyncClient, coordinator: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    address = await report(anna)
    other = anna if role == "own" else coordinator
    first, second = await open_form(anna, f"{address}/ratta"), await open_form(other, f"{address}/ratta")
    assert (await first.send({"participants.residents": "30", "note": "Annas"})).status_code == 303
    answer = await second.send({"participants.residents": "40", "note": "Bos", "participants.police": "3"})
    words = words_of(answer)
    assert answer.status_code == 409
    for said in ("Sparat nu: 30", "Ditt: 40", "Sparat nu: Annas", "Ditt: Bos", "Sparat nu: 2", "Ditt: 3"):
        assert said in words
    assert "boende 21" not in words.casefold()
    choice = FilledForm(other, answer)
    assert (await choice.send({"take.note": "stored"})).status_code == 303
    stored = await stored_at(client, address)
    assert (stored["note"], stored["participants"]) == ("Annas", {"residents": 40, "police": 3})
    # The same page sent once more is a correction of what has changed since; with nothing else in it, none.
    assert (await choice.send({"take.note": "stored"})).status_code == 303
    answer = await choice.send({"take.note": "stored", "whole": "mine"})
    assert answer.status_code == 409
    assert (await FilledForm(other, answer).send({"whole": "mine"})).status_code == 303
    assert (await stored_at(client, address))["note"] == "Bos"
