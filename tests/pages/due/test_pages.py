"""`/att-gora`: everyone sees what is theirs, and who coordinates everybody's; each thing leads to where it is done."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import TYPE_CHECKING

import pytest

from shared.db.signing import read_signer
from shared.domain.person import GivenRole, PersonRole
from shared.people.reminders import note, note_sent, person_of_token, switch_token
from tests.api.today import let_today_be
from tests.landskrona.loading import prepare, settle
from tests.pages.due.people import browser, invite
from tests.pages.due.world import AGREEMENT, POLICE, SCHOOL, TOWN, expected, have_contact_officer, promise, report
from tests.pages.people import SITE

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncEngine

TODAY = date(2016, 5, 20)
REPORTER, OWNER, COORDINATOR = PersonRole.REPORTER, PersonRole.ANNEX_OWNER, PersonRole.COORDINATOR


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """Return the app on a day of the world."""
    let_today_be(app, TODAY)
    return app


def items(page: str) -> list[str]:
    """Return what is listed as expected, as it is read."""
    found = re.findall(r'<ul class="due">(.*?)</ul>', page, re.DOTALL)
    listed = [item for one in found for item in re.findall(r"<li>(.*?)</li>", one, re.DOTALL)]
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in listed]


async def test_a_reporter_sees_what_is_theirs(app: FastAPI, client: httpx.AsyncClient, database_url: str) -> None:
    await have_contact_officer(client)
    for day in ("2016-01-20", "2016-02-20", "2016-03-20"):
        await report(client, day)
    await promise(client, "2016-05-31", party=TOWN, wording="Staden klipper häcken.")
    seen = {}
    for name, role in {
        "town": GivenRole(REPORTER, "1282", TOWN),
        "police": GivenRole(REPORTER, "1282", POLICE),
        "school": GivenRole(REPORTER, SCHOOL),
        "park": GivenRole(REPORTER, "1282-lindparken"),
        "owner": GivenRole(OWNER, "1282", None, AGREEMENT, 4),
    }.items():
        async with browser(app, invite(database_url, f"{name}@landskrona.example", role)) as opened:
            answer = await opened.get("/att-gora")
            assert answer.status_code == 200, answer.text
            seen[name] = items(answer.text)
            assert items((await opened.get("/rapportera")).text) == seen[name][:5]
    april, may = (
        "Skolbesök, Havsbrisskolan, april 2016 Försenat, skulle ha varit klart 30 april 2016",
        "Skolbesök, Havsbrisskolan, maj 2016 Senast 31 maj 2016",
    )
    hedge = (
        "Staden klipper häcken (Landskrona) Senast 31 maj 2016 "
        "Säg till samordnaren när det är klart, så markeras det här."
    )
    assert seen == {
        "town": [april, hedge, may], "police": [april, may], "school": [april, may], "park": [], "owner": [hedge],
    }  # fmt: skip


async def test_nothing_to_do_says_when_there_will_be(app: FastAPI, database_url: str) -> None:
    async with browser(app, invite(database_url, "a@landskrona.example", GivenRole(REPORTER, "1282"))) as opened:
        page = unescape((await opened.get("/att-gora")).text).replace("\xa0", " ")
    assert "Du har inget att rapportera just nu. Nästa rapporteringsdag är den 10 september 2016." in page


async def test_more_than_five_lead_to_the_page(app: FastAPI, client: httpx.AsyncClient, database_url: str) -> None:
    await have_contact_officer(client)
    await have_contact_officer(client, school="1282-kornblomsskolan")
    async with browser(app, invite(database_url, "a@landskrona.example", GivenRole(REPORTER, "1282"))) as opened:
        start = (await opened.get("/rapportera")).text
        assert (len(items(start)), len(items((await opened.get("/att-gora")).text))) == (5, 10)
        assert 'href="/att-gora">Visa allt att göra</a>' in start


async def test_who_coordinates_sees_everyone_s_by_party_and_person(
    app: FastAPI, client: httpx.AsyncClient, database_url: str, engine: AsyncEngine
) -> None:
    await have_contact_officer(client)
    await promise(client, "2016-05-31", party=TOWN, wording="Staden klipper häcken.")
    invite(database_url, "anna@landskrona.example", GivenRole(REPORTER, "1282", POLICE), name="Anna Berg")
    token = invite(database_url, "chef@landskrona.example", GivenRole(COORDINATOR, "1282"))
    (april,) = [one for one in await expected(engine, TODAY) if one.day.month == 4]
    async with browser(app, token) as opened:
        before = (await opened.get("/att-gora")).text
        async with engine.begin() as connection:
            person_id = (
                await connection.exec_driver_sql("SELECT person_id FROM person_contact WHERE name IS NOT NULL")
            ).scalar_one()
            assert await note(connection, person_id, "before/2016-05-10", [april.key])
            assert not await note(connection, person_id, "before/2016-05-10", [])
        assert "Påmind" not in (await opened.get("/att-gora")).text, "nobody knows whether it was sent"
        async with engine.begin() as connection:
            await note_sent(connection, person_id, "before/2016-05-10")
        after = (await opened.get("/att-gora")).text
    headings = re.findall(r"<h([23])>(.*?)</h", before)
    assert headings == [
        ("2", TOWN),
        ("3", "Ingen rapportör"),
        ("2", POLICE),
        ("3", '<a href="/personer/1">Anna Berg</a>'),
    ]
    assert "6 saker är inte gjorda eller rapporterade än. 4 av dem är försenade." in before
    assert [item for item in items(after) if "Påmind den" in item] == [one for one in items(after) if "april" in one]


async def test_figures_lead_to_where_they_are_uploaded(app: FastAPI, database_url: str, engine: AsyncEngine) -> None:
    let_today_be(app, date(2017, 1, 2))
    await prepare(engine)
    await settle(engine)
    figure = "Mätvärde: Kostnad för skadegörelse, Landskrona, oktober 2016"
    for role, said in (
        (GivenRole(COORDINATOR, "1282"), "Läs in mätvärdet"),
        (GivenRole(OWNER, "1282", None, AGREEMENT, 4), "Samordnaren läser in mätvärdet på sidan Ladda upp."),
    ):
        async with browser(app, invite(database_url, f"{role.role}@landskrona.example", role)) as opened:
            page = (await opened.get("/att-gora")).text
        [listed] = [one for one in items(page) if one.startswith(figure)]
        assert said in listed
        assert ('<a href="/ladda-upp">Läs in mätvärdet' in page) == (role.role is COORDINATOR)


async def test_others_municipalities_see_nothing_of_it(
    app: FastAPI, client: httpx.AsyncClient, database_url: str
) -> None:
    await have_contact_officer(client)
    token = invite(database_url, "b@hoganas.example", GivenRole(COORDINATOR, "1284"))
    async with browser(app, token) as opened:
        assert items((await opened.get("/att-gora")).text) == []


async def test_a_form_is_filled_in_with_place_and_day(
    app: FastAPI, client: httpx.AsyncClient, database_url: str
) -> None:
    await have_contact_officer(client)
    async with browser(app, invite(database_url, "a@landskrona.example", GivenRole(REPORTER, "1282"))) as opened:
        page = (await opened.get("/att-gora")).text
        (address,) = re.findall(r'href="(/rapportera/[^"]+dag=2016-04-29)"', page)
        form = (await opened.get(unescape(address))).text
        assert re.search(r'name="place"[^>]*value="Havsbrisskolan"', form)
        assert re.search(r'name="start"[^>]*value="2016-04-29"', form)
        for wrong in ("plats=1284-kulla&dag=2016-05-21", "plats=%00&dag=31+april", "plats=" + "x" * 99):
            form = (await opened.get(f"/rapportera/school-visit?{wrong}")).text
            assert re.search(r'name="place"[^>]*value=""', form)
            assert re.search(r'name="start"[^>]*value="2016-05-20"', form)


async def test_reminders_are_switched_off_by_a_link_without_signing_in(
    app: FastAPI, database_url: str, engine: AsyncEngine
) -> None:
    wanting = (
        "SELECT wants_reminders FROM person JOIN person_contact USING (person_id) WHERE email = 'a@landskrona.example'"
    )
    for sends in ("a page", "a mail program"):
        invite(database_url, "a@landskrona.example", GivenRole(REPORTER, "1282"))
        async with engine.begin() as connection:
            person_id = (
                await connection.exec_driver_sql("UPDATE person SET wants_reminders = true RETURNING person_id")
            ).scalar_one()
            token = switch_token(await read_signer(connection), person_id)
            assert person_of_token(await read_signer(connection), token) == person_id
        async with browser(app) as opened:
            assert (await opened.get(f"/paminnelser/{token}")).status_code == 200
            assert (await opened.get(f"/paminnelser/{token}/av")).headers["location"] == f"/paminnelser/{token}"
            async with engine.connect() as connection:
                assert (await connection.exec_driver_sql(wanting)).scalar_one(), "looking switches nothing off"
            if sends == "a page":
                answer = await opened.post(f"/paminnelser/{token}", headers={"Origin": SITE})
                assert "Påminnelserna är avstängda." in answer.text
            else:
                answer = await opened.post(f"/paminnelser/{token}/av", data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
            async with engine.connect() as connection:
                assert not (await connection.exec_driver_sql(wanting)).scalar_one()


@pytest.mark.parametrize("token", ["x", "0" * 64, "0" * 31, "å"])
async def test_what_is_no_link_of_ours_switches_nothing_off(
    app: FastAPI, database_url: str, engine: AsyncEngine, token: str
) -> None:
    invite(database_url, "a@landskrona.example", GivenRole(REPORTER, "1282"))
    async with browser(app) as opened:
        for method, address in (("GET", ""), ("POST", ""), ("POST", "/av")):
            answer = await opened.request(
                method, f"/paminnelser/{token}{address}", headers={"Origin": "http://testserver.example"}
            )
            assert answer.status_code == 404
    async with engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT bool_and(wants_reminders) FROM person")).scalar_one()
