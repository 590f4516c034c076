"""Hundreds of people: a page at a time, found by a part of what is known of them; and roles in counties."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from services.api.pages.people.listing import ON_A_PAGE
from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, browser, find, invite, send, sign_in, words_of

pytestmark = [pytest.mark.long]
MANY = 120


@pytest.fixture
async def coordinator(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of who has invited many."""
    async with browser(app) as client:
        roles = [GivenRole(PersonRole.COORDINATOR, AREA)]
        await sign_in(client, invite(database_url, "a-cecilia@kommun.example", roles))
        lines = "\n".join(f"{number:03}-lärare@skola.example; Lärare {number:03}" for number in range(MANY))
        fields: dict[str, str | list[str]] = {"role": "reporter", "area": "Landskrona", "party": "Landskrona stad"}
        assert (await send(client, "/personer/bjud-in", {"people": lines, **fields})).status_code == 200
        yield client


async def test_hundreds_are_listed_a_page_at_a_time(
    coordinator: httpx.AsyncClient, app: FastAPI, database_url: str
) -> None:
    first = await coordinator.get("/personer")
    assert f"{MANY + 1} personer, sida 1" in words_of(first)
    assert first.text.count('<th scope="row">') == ON_A_PAGE
    assert 'href="/personer?sida=2"' in first.text
    last = await coordinator.get("/personer?sida=3")
    assert last.text.count('<th scope="row">') == MANY + 1 - 2 * ON_A_PAGE
    assert "Nästa sida" not in words_of(last)
    assert "Det finns ingen på den här sidan" in words_of(await coordinator.get("/personer?sida=4"))
    for page in ("0", "x", "-1", "9" * 30, "\u0663", ""):
        assert (await coordinator.get(f"/personer?sida={quote(page)}")).status_code == 200
    async with browser(app) as phone:
        await sign_in(phone, invite(database_url, "007-lärare@skola.example"))
    for asked, number in (
        ("sok=l%C3%A4rare+00", 10),
        ("sok=L%C3%84RARE+007", 1),
        ("sok=007-l%C3%A4rare%40", 1),
        ("sok=landskrona+STAD", MANY),
        ("sok=landskrona&nya=yes", MANY - 1),
        ("nya=yes&sok=00", 10),
        ("sok=%25", 0),
        ("sok=_", 0),
        ("sok=%00", MANY + 1),
        ("sok=" + "x" * 1000, 0),
    ):
        answer = await coordinator.get(f"/personer?{asked}")
        expected = "En person" if number == 1 else f"{number} personer"
        assert (expected if number else "Ingen stämmer med sökningen") in words_of(answer), asked
    assert (
        'href="/personer?sok=landskrona&amp;nya=yes&amp;sida=2"'
        in (await coordinator.get("/personer?sok=landskrona&nya=yes")).text
    )


async def test_who_has_a_county_gives_roles_in_it(app: FastAPI, database_url: str) -> None:
    async with browser(app) as desk:
        roles = [GivenRole(PersonRole.ADMINISTRATOR, "12")]
        await sign_in(desk, invite(database_url, "lena@lansstyrelsen.example", roles, owner="12"))
        form = await desk.get("/personer/bjud-in")
        assert 'value="Skåne län (län)"' in form.text
        for area in ("Skåne län", "Skåne län (län)"):
            fields: dict[str, str | list[str]] = {"people": "lars@lansstyrelsen.example", "role": "coordinator"}
            answer = await send(desk, "/personer/bjud-in", {**fields, "area": area})
            assert answer.status_code == 200, words_of(answer)
        assert "Samordnare, Skåne län" in words_of(await desk.get("/personer?sok=lars"))


async def test_nobody_gives_roles_in_a_county_that_is_not_theirs(
    coordinator: httpx.AsyncClient, database_url: str
) -> None:
    somebody = invite(database_url, "somebody@kommun.example")
    assert "Skåne län" not in (await coordinator.get("/personer/bjud-in")).text
    answer = await send(coordinator, f"/personer/{somebody.number}/roller", {"role": "reporter", "area": "Skåne län"})
    assert answer.status_code == 422
    person = find(database_url, somebody.number)
    assert person is not None
    assert [role.area for role in person.roles] == [AREA]
