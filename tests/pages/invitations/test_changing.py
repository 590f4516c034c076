"""A coordinator makes new links, changes roles and removes people; somebody who coordinates is always left."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from shared.domain.person import GivenRole, PersonRole
from tests.pages.invitations.conftest import COORDINATOR
from tests.pages.people import AREA, SITE, Invited, browser, find, invite, remove, send, sign_in, words_of

pytestmark = [pytest.mark.long]
READER = GivenRole(PersonRole.READER, AREA)


async def test_a_new_link_signs_in(coordinator: httpx.AsyncClient, phone: httpx.AsyncClient, database_url: str) -> None:
    anna = invite(database_url, name="Anna")
    assert "Har inte loggat in än." in words_of(await coordinator.get(f"/personer/{anna.number}"))
    answer = await send(coordinator, f"/personer/{anna.number}/lank", {})
    (link,) = re.findall(r"<code>http://testserver\.example(/logga-in/[\w-]+)</code>", answer.text)
    assert (await phone.post(link, headers={"Origin": SITE})).status_code == 303
    await send(phone, "/logga-ut", {})
    assert "Loggade in senast den" in words_of(await coordinator.get(f"/personer/{anna.number}"))


async def test_roles_are_left_taken_and_added(coordinator: httpx.AsyncClient, database_url: str) -> None:
    anna = invite(database_url, "roles@kommun.example", [READER, GivenRole(PersonRole.REPORTER, AREA, "Polisen")])
    page = (await coordinator.get(f"/personer/{anna.number}")).text
    codes = re.findall(r'name="keep" type="checkbox" value="([^"]*)" checked', page)
    assert len(codes) == 2
    left = [code for code in codes if code.startswith("reporter")]
    added: dict[str, str | list[str]] = {"keep": left, "role": "coordinator", "area": "Landskrona"}
    answer = await send(coordinator, f"/personer/{anna.number}/roller", added)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/personer/{anna.number}")
    person = find(database_url, anna.number)
    assert person is not None
    assert {*person.roles} == {COORDINATOR, GivenRole(PersonRole.REPORTER, AREA, "Polisen")}


async def test_somebody_without_a_role_is_removed_instead(coordinator: httpx.AsyncClient, database_url: str) -> None:
    anna = invite(database_url, "left@kommun.example")
    none = await send(coordinator, f"/personer/{anna.number}/roller", {"role": "", "area": "Landskrona"})
    assert (none.status_code, "behöver minst en roll" in words_of(none)) == (422, True)
    unknown = await send(coordinator, f"/personer/{anna.number}/roller", {"role": "reader", "area": "Nowhere at all"})
    assert (unknown.status_code, "Inget område som du samordnar" in words_of(unknown)) == (422, True)
    person = find(database_url, anna.number)
    assert person is not None
    assert len(person.roles) == 1


async def test_removing_says_what_happens_and_then_does_it(
    coordinator: httpx.AsyncClient, phone: httpx.AsyncClient, database_url: str
) -> None:
    anna = invite(database_url, "gone@kommun.example", name="Anna Borta")
    await sign_in(phone, anna)
    page = words_of(await coordinator.get(f"/personer/{anna.number}/ta-bort"))
    assert "Ta bort Anna Borta" in page
    assert "Det som personen har rapporterat finns kvar, utan namn." in page
    assert (await phone.get("/mina-uppgifter")).status_code == 200, "nothing has been done yet"
    answer = await send(coordinator, f"/personer/{anna.number}/ta-bort", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/personer")
    assert (await phone.get("/mina-uppgifter")).status_code == 303
    assert "Anna Borta" not in (await coordinator.get("/personer")).text
    for address in ("", "/ta-bort"):
        assert (await coordinator.get(f"/personer/{anna.number}{address}")).status_code == 404
    for address in ("/ta-bort", "/lank", "/roller"):
        assert (await send(coordinator, f"/personer/{anna.number}{address}", {})).status_code == 404


async def test_the_last_who_coordinates_stays(
    coordinator: httpx.AsyncClient, cecilia: Invited, database_url: str, execute: Callable[..., int]
) -> None:
    _leave_alone(execute, cecilia)
    own = f"/personer/{cecilia.number}"
    for address, fields in (("ta-bort", {}), ("roller", {"role": "reader", "area": "Landskrona"})):
        answer = await send(coordinator, f"{own}/{address}", dict(fields))
        assert answer.status_code == 409, words_of(answer)
        assert "måste ha någon som samordnar" in words_of(answer)
    dora = invite(database_url, "dora@kommun.example", [COORDINATOR])
    answer = await send(coordinator, f"{own}/roller", {"role": "reader", "area": "Landskrona"})
    assert answer.status_code == 303
    assert (await coordinator.get("/personer")).status_code == 403
    remove(database_url, dora)


async def test_two_who_remove_each_other_at_once_leave_one(
    coordinator: httpx.AsyncClient, cecilia: Invited, app: FastAPI, database_url: str, execute: Callable[..., int]
) -> None:
    _leave_alone(execute, cecilia)
    erik = invite(database_url, "erik@kommun.example", [COORDINATOR])
    async with browser(app) as other:
        await sign_in(other, erik)
        answers = await asyncio.gather(
            asyncio.create_task(send(coordinator, f"/personer/{erik.number}/ta-bort", {})),
            asyncio.create_task(send(other, f"/personer/{cecilia.number}/ta-bort", {})),
        )
    assert 303 in {answer.status_code for answer in answers}
    assert execute("SELECT FROM person_role WHERE role = 'coordinator'") == 1


async def test_another_municipalitys_people_are_none_to_see(coordinator: httpx.AsyncClient, database_url: str) -> None:
    stranger = invite(database_url, "vera@annan.example", [GivenRole(PersonRole.REPORTER, "1283")], owner="1283")
    assert "vera@annan.example" not in (await coordinator.get("/personer")).text
    for address in ("", "/ta-bort"):
        assert (await coordinator.get(f"/personer/{stranger.number}{address}")).status_code == 404
    for address in ("/lank", "/roller", "/ta-bort"):
        answer = await send(coordinator, f"/personer/{stranger.number}{address}", {"role": "reader"})
        assert answer.status_code == 404


def _leave_alone(execute: Callable[..., int], one: Invited) -> None:
    """Let nobody else have a role."""
    execute("DELETE FROM person_role WHERE person_id <> (SELECT person_id FROM person WHERE number = :n)", n=one.number)
    execute("DELETE FROM person_role WHERE role = 'reader'")
