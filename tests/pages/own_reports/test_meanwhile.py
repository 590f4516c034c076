"""What a form or a receipt is sent to has changed since: nothing is lost, nothing is done twice, and words say why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from services.cli.demo import DATA
from tests.pages.filling import FilledForm, open_form
from tests.pages.own_reports.reporting import LIST, WALK, report
from tests.pages.people import words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

SCRIPT = "<script>alert(1)</script>"
FORM = "/rapportera/safety-walk"
TYPE: dict[str, Any] = {
    "area": "1282",
    "name": {"sv": "Lampkontroll", "en": "Lamp check"},
    "description": {"sv": "Lampor ses över.", "en": "Lamps are looked at."},
    "moments": ["start"],
}


async def count(client: httpx.AsyncClient) -> int:
    """Return how many activities there are."""
    return int((await client.get(f"{BASE}/activities")).json()["_meta"]["totalRecords"])


async def test_a_form_that_is_sent_twice_is_one_report(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    form = await open_form(anna, FORM)
    first, second = await form.send(WALK), await form.send(WALK)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert await count(client) == 1


async def test_a_receipt_that_is_loaded_again_reports_nothing(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    address = await report(anna)
    receipt = address.replace("mina-rapporter", "rapporterat")
    pages = [await anna.get(receipt) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    for offered in (f'{FORM}?som={address.rpartition("/")[2]}"', f'{address}/ratta"', f'{address}/ta-bort"'):
        assert f'href="{offered}' in pages[0].text
    assert await count(client) == 1


async def test_back_and_sent_again_changes_the_one_report(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    form = await open_form(anna, FORM)
    first = await form.send(WALK)
    second = await form.send({**WALK, "participants.residents": "22"})
    assert first.headers["location"] == second.headers["location"]
    assert await count(client) == 1
    address = first.headers["location"].replace("rapporterat", "mina-rapporter")
    assert "21 → 22" in words_of(await anna.get(address))


async def test_what_is_like_another_begins_a_report_of_its_own(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    address = await report(anna)
    form = await open_form(anna, f"{FORM}?som={address.rpartition('/')[2]}")
    assert (form["place"], form["participants.residents"]) == ("Karlslund", "21")
    assert (await form.send({"start": "2016-04-13"})).status_code == 303
    assert await count(client) == 2


async def _end_place(client: httpx.AsyncClient, code: str, last: str) -> None:
    stored = (await client.get(f"{BASE}/areas/{code}")).json()
    area = {name: stored[name] for name in ("kind", "placeKind", "name", "validFrom")} | {"validTo": last}
    parents = [{"code": "1282", "validFrom": stored["validFrom"], "validTo": last}]
    answer = await client.put(f"{BASE}/areas/{code}", json=area | {"parents": parents})
    assert answer.status_code == 200, answer.text


async def test_a_place_that_has_ended_is_said_and_what_was_filled_in_stays(
    anna: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    address = await report(anna)
    new, correction = await open_form(anna, FORM), await open_form(anna, f"{address}/ratta")
    await _end_place(client, "1282-karlslund", "2016-06-30")
    refused = await new.send({**WALK, "start": "2016-08-01"})
    assert refused.status_code == 422
    assert "Platsen finns inte längre." in words_of(refused)
    again = FilledForm(anna, refused)
    assert (again["place"], again["start"], again["note"]) == ("Karlslund", "2016-08-01", WALK["note"])
    # It was there then.
    assert (await again.send({"start": "2016-05-01"})).status_code == 303
    assert (await correction.send({"note": "Rättad"})).status_code == 303
    late = await (await open_form(anna, f"{address}/ratta")).send({"start": "2016-08-01"})
    assert (late.status_code, FilledForm(anna, late)["place"]) == (422, "Karlslund")
    assert "Platsen" in words_of(late)


async def test_a_type_that_has_ended_is_said_at_the_day(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    (await client.put(f"{BASE}/activity-types/lamp-check", json=TYPE)).raise_for_status()
    new = await open_form(anna, "/rapportera/lamp-check")
    address = await report(anna, "lamp-check", place="Karlslund", start="2016-05-01")
    ended = await client.put(f"{BASE}/activity-types/lamp-check", json={**TYPE, "validTo": "2016-06-30"})
    assert ended.status_code in {200, 201}, ended.text
    refused = await new.send({"place": "Karlslund", "start": "2016-08-01", "note": "Mörkt"})
    assert refused.status_code == 422
    assert 'id="start-fault"' in refused.text
    assert "Lampkontroll går inte att rapportera för den dagen." in words_of(refused)
    assert FilledForm(anna, refused)["note"] == "Mörkt"
    assert (await anna.get(address)).status_code == 200
    assert (await (await open_form(anna, f"{address}/ratta")).send({"note": "Ljust"})).status_code == 303


async def test_an_annex_that_has_ended_is_said(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    agreement = yaml.safe_load((DATA / "agreement-2015-2016.yaml").read_text(encoding="utf-8"))
    code = agreement["code"]
    form = await open_form(anna, FORM)
    agreement["targets"] = [one for one in agreement["targets"] if one.get("annex") != 3]
    for annex in agreement["annexes"]:
        if annex["number"] == 3:
            annex["validTo"] = "2016-06-30"
    answer = await client.put(f"{BASE}/agreements/{code}", json=agreement)
    assert answer.status_code == 200, answer.text
    refused = await form.send({**WALK, "start": "2016-08-01", "annex": f"{code}/3"})
    assert refused.status_code == 422
    assert "Bilagan gäller inte den dagen." in words_of(refused)
    assert (await form.send({**WALK, "annex": f"{code}/3"})).status_code == 303


async def test_whose_role_is_taken_away_keeps_what_was_filled_in(anna: httpx.AsyncClient, database_url: str) -> None:
    address = await report(anna)
    new, correction = await open_form(anna, FORM), await open_form(anna, f"{address}/ratta")
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("DELETE FROM person_role"))
    for form in (new, correction):
        answer = await form.send({"note": "Det här skrev jag."})
        assert answer.status_code == 403
        assert "Det här skrev jag." in words_of(answer)
    assert (await anna.get(LIST)).status_code == 403


@pytest.mark.parametrize("below", ["", "/ratta", "/ta-bort"])
@pytest.mark.parametrize("report_id", ["1", "x" * 300, "%00", "00000000-0000-7000-8000-000000000000"])
async def test_an_address_of_nothing_is_not_found(anna: httpx.AsyncClient, report_id: str, below: str) -> None:
    answer = await anna.get(f"{LIST}/{report_id}{below}")
    assert answer.status_code in {400, 404, 422}
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 100, "٣"])
async def test_a_revision_that_is_none_is_another_one(
    anna: httpx.AsyncClient, client: httpx.AsyncClient, revision: str
) -> None:
    address = await report(anna)
    correction = await (await open_form(anna, f"{address}/ratta")).send({"note": "Ny", "revision": revision})
    removal = await (await open_form(anna, f"{address}/ta-bort")).send({"revision": revision})
    assert (correction.status_code, removal.status_code) == (409, 409)
    assert await count(client) == 1


async def test_no_text_that_is_stored_becomes_part_of_a_page(
    visiting: Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]], client: httpx.AsyncClient
) -> None:
    words = {"sv": SCRIPT, "en": SCRIPT}
    own = {
        **TYPE,
        "name": words,
        "description": words,
        "attributes": {
            "what": {"kind": "choice", "name": words, "values": {"one": words}},
            "list": {"kind": "items", "name": words},
        },
    }
    (await client.put(f"{BASE}/activity-types/lamp-check", json=own)).raise_for_status()
    span = {"validFrom": "2015-01-01", "validTo": None}
    place = {"kind": "place", "placeKind": "park", "name": SCRIPT, **span, "parents": [{"code": "1282", **span}]}
    (await client.put(f"{BASE}/areas/1282-script", json=place)).raise_for_status()
    async with visiting() as anna:
        form = await open_form(anna, "/rapportera/lamp-check")
        answer = await form.send({
            "place": SCRIPT, "start": "2016-05-01", "note": SCRIPT, "attributes.what": "one",
            "attributes.list": [SCRIPT, '"><img src=x onerror=alert(1)>'],
        })  # fmt: skip
        assert answer.status_code == 303, words_of(answer)
        receipt = answer.headers["location"]
        address = receipt.replace("rapporterat", "mina-rapporter")
        early = await open_form(anna, f"{address}/ratta")
        assert (await early.send({"note": f"{SCRIPT} ny"})).status_code == 303
        conflict = await early.send({"note": f"{SCRIPT} min"})
        pages = [conflict, *[await anna.get(one) for one in (
            receipt, address, f"{address}/ratta", f"{address}/ta-bort", LIST, f"{LIST}?plats={SCRIPT}&typ={SCRIPT}",
            "/rapportera", "/rapportera/lamp-check",
        )]]  # fmt: skip
    for page in pages:
        assert page.status_code in {200, 409}, page.url
        assert "alert(1)" in page.text or "typ=" in str(page.url)
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
