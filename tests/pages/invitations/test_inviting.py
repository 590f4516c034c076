"""A coordinator invites a school's staff at once, and is told line by line what is wrong; until then nobody is."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from services.api.pages.people.pasted_lines import PastedLine, lines_of
from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, SITE, browser, invite, send, sign_in, words_of

pytestmark = [pytest.mark.long]
STAFF = "\n".join(f"Lärare {number}\tlarare{number}@skola.example" for number in range(1, 21))
OF_STAFF = "SELECT FROM person_contact WHERE email LIKE 'larare%@skola.example'"
_LINK = re.compile(r"<code>http://testserver\.example(/logga-in/[\w-]{43})</code>")


def _form(people: str, role: str = "reporter", area: str = "Landskrona", **more: str) -> dict[str, str | list[str]]:
    return {"people": people, "role": role, "area": area, **more}


async def test_twenty_are_invited_at_once_and_each_signs_in_by_their_own_link(
    coordinator: httpx.AsyncClient, app: FastAPI, execute: Callable[..., int]
) -> None:
    answer = await send(coordinator, "/personer/bjud-in", _form(STAFF, party="Landskrona stad"))
    assert answer.status_code == 200, words_of(answer)
    assert answer.headers["cache-control"] == "no-store"
    links = _LINK.findall(answer.text)
    assert len({*links}) == 20
    assert "larare20@skola.example" in words_of(answer)
    for number in (1, 20):
        async with browser(app) as teacher:
            await teacher.post(links[number - 1], headers={"Origin": SITE})
            settings = words_of(await teacher.get("/mina-uppgifter"))
            assert f"larare{number}@skola.example" in settings
            assert "Rapportör, Landskrona (Landskrona stad)" in settings
            assert (await teacher.get("/rapportera")).status_code == 200
    listed = words_of(await coordinator.get("/personer"))
    assert "Lärare 7 larare7@skola.example Rapportör, Landskrona (Landskrona stad) Loggade in senast: Aldrig" in listed
    assert execute(f"{OF_STAFF} AND name LIKE 'Lärare %'") == 20
    # Once more: the same people, with new links.
    again = await send(coordinator, "/personer/bjud-in", _form(STAFF, party="Landskrona stad"))
    assert len({*_LINK.findall(again.text)} - {*links}) == 20
    assert execute(OF_STAFF) == 20


async def test_nobody_is_invited_until_every_line_is_sound(
    coordinator: httpx.AsyncClient, execute: Callable[..., int]
) -> None:
    typed = (
        "sund@skola.example\n\nBo Ek\nbo@skola\nbo@a.example; bo@b.example\nSUND@skola.example\nx@199001019802.example"
    )
    answer = await send(coordinator, "/personer/bjud-in", _form(typed))
    assert answer.status_code == 422
    page = words_of(answer)
    for number in (3, 4, 5):
        assert f"Rad {number}: Det är ingen e-postadress." in page
    assert "Rad 6: Adressen finns redan på en tidigare rad." in page
    assert "Rad 7: " in page
    assert "Rad 1" not in page
    assert typed in httpx.Response(200, html=answer.text).text.replace("&amp;", "&")
    assert execute("SELECT FROM person_contact WHERE email ILIKE 'sund@skola.example'") == 0
    assert _LINK.findall(answer.text) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (_form(""), "Skriv minst en e-postadress."),
        (_form("a@skola.example", role=""), "Välj vad personen ska göra."),
        (_form("a@skola.example", role="king"), "Välj vad personen ska göra."),
        (_form("a@skola.example", role="administrator"), "Välj vad personen ska göra."),
        (_form("a@skola.example", area="Höganäs"), "Inget område som du samordnar heter så."),
        (_form("a@skola.example", area="Karl"), "Flera områden kan stämma."),
        (_form("a@skola.example", role="annex-owner"), "Välj vilken bilaga personen ansvarar för."),
    ],
)
async def test_what_is_chosen_is_among_what_can_be_given(
    coordinator: httpx.AsyncClient, execute: Callable[..., int], fields: dict[str, str | list[str]], fault: str
) -> None:
    answer = await send(coordinator, "/personer/bjud-in", fields)
    assert (answer.status_code, fault in words_of(answer)) == (422, True), words_of(answer)
    assert execute("SELECT FROM person_contact WHERE email = 'a@skola.example'") == 0
    assert f">{fields['people']}</textarea>" in answer.text


async def test_an_annex_owner_has_an_annex_by_its_title(coordinator: httpx.AsyncClient) -> None:
    form = (await coordinator.get("/personer/bjud-in")).text
    (code,) = re.findall(r'<option value="([^"]*)">Bilaga 3: ', form)
    await send(coordinator, "/personer/bjud-in", _form("dan@kommun.example", "annex-owner", annex=code))
    assert "dan@kommun.example Bilageansvarig, Landskrona, bilaga 3 Loggade in senast: Aldrig" in words_of(
        await coordinator.get("/personer")
    )


async def test_who_has_more_than_the_coordinator_is_given_no_link(
    coordinator: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    """Whoever has a link can sign in by it."""
    chief = invite(database_url, "chief@kommun.example", [GivenRole(PersonRole.ADMINISTRATOR, AREA)])
    links = f"SELECT FROM sign_in_link JOIN person USING (person_id) WHERE number = {chief.number}"
    assert execute(links) == 1
    answer = await send(coordinator, "/personer/bjud-in", _form("new@kommun.example\nchief@kommun.example"))
    assert answer.status_code == 422
    assert "Rad 2: Personen har en roll i Landskrona som du inte kan ge." in words_of(answer)
    refused = await send(coordinator, f"/personer/{chief.number}/lank", {})
    assert (refused.status_code, "roll som du inte själv kan ge" in words_of(refused)) == (403, True)
    for address, fields in (("roller", {"role": "reader", "area": "Landskrona"}), ("ta-bort", {})):
        refused = await send(coordinator, f"/personer/{chief.number}/{address}", dict(fields))
        assert refused.status_code == 403, address
    assert execute(links) == 1
    assert execute(f"SELECT FROM person_role JOIN person USING (person_id) WHERE number = {chief.number}") == 1


async def test_an_administrator_gives_that_role_too(
    phone: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    await sign_in(phone, invite(database_url, "adam@kommun.example", [GivenRole(PersonRole.ADMINISTRATOR, AREA)]))
    answer = await send(phone, "/personer/bjud-in", _form("eva@kommun.example", "administrator"))
    assert (answer.status_code, len(_LINK.findall(answer.text))) == (200, 1)
    assert execute("SELECT FROM person_contact JOIN person_role USING (person_id) WHERE role = 'administrator'") >= 2


async def test_who_does_not_coordinate_invites_nobody(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url, "rut@kommun.example"))
    assert "Personer" not in (await phone.get("/mina-uppgifter")).text
    for address in ("/personer", "/personer/bjud-in", "/personer/1", "/personer/1/ta-bort"):
        assert (await phone.get(address)).status_code == 403
    assert (await send(phone, "/personer/bjud-in", _form("a@skola.example"))).status_code == 403


async def test_who_coordinates_a_part_of_it_invites_nobody(phone: httpx.AsyncClient, database_url: str) -> None:
    park = [GivenRole(PersonRole.COORDINATOR, "1282-karlslund")]
    await sign_in(phone, invite(database_url, "park@kommun.example", park))
    assert "Ingen är inbjuden" in words_of(await phone.get("/personer"))
    for answer in (
        await phone.get("/personer/bjud-in"),
        await send(phone, "/personer/bjud-in", _form("a@skola.example", area="Karlslund")),
    ):
        assert (answer.status_code, "utanför dina områden" in words_of(answer)) == (403, True)


def test_lines_are_read_as_they_are_pasted() -> None:
    typed = (
        "a@b.se\n  Bo Ek ;bo@b.se\n\nCia\tcia@b.se\tSkolan\nDan Å <dan@b.se>\nx\nA@B.se,\neva@b.se Eva Ek\nli sa@b.se"
    )
    assert [*lines_of(typed)] == [
        PastedLine(1, "a@b.se"),
        PastedLine(2, "bo@b.se", "Bo Ek"),
        PastedLine(4, "cia@b.se", "Cia Skolan"),
        PastedLine(5, "dan@b.se", "Dan Å"),
        PastedLine(6, "", "x"),
        PastedLine(7, "A@B.se", None, 1),
        PastedLine(8, "eva@b.se", "Eva Ek"),
        # Somebody else's address may be in it, so it is none.
        PastedLine(9, "li sa@b.se"),
    ]
