"""Every page and every form, asked by everybody: who is not signed in, each role, another municipality's, who was."""

from __future__ import annotations

import re
from itertools import count

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.pages.routing import Admitted
from shared.db import keys
from shared.db.keys import KeyScope
from shared.domain.person import GivenRole, PersonRole
from tests.pages.addresses import example_of, page_routes
from tests.pages.people import AREA, SITE, browser, invite, remove, send, sign_in
from tests.tenancy.page_rules import A_COMMENT, EVERYBODY_SIGNED_IN, PAGES, WALK, About, PageRule
from tests.tenancy.tenants import OTHER
from tests.tenancy.test_operations import contents

pytestmark = [pytest.mark.long]
Page = tuple[str, str]
_numbers = count(1)
LATEST_KEY = text("SELECT key_id FROM api_key ORDER BY created_at DESC LIMIT 1")
AN_IMPORT = text(
    """INSERT INTO file_import (owner_area_id, makes, dry_run)
       SELECT area_id, 'activities', false FROM area WHERE code = :area RETURNING import_id"""
)
# What of Landskrona's is there from the start.
OF_LANDSKRONA = {
    "municipality": "landskrona",
    "agreement": "landskrona-2015-2016",
    "commitment": "light-at-lindparken",
    "area": AREA,
}
A_BREAK = text(
    """INSERT INTO series_break (indicator_code, area_id, starts_on, reason, written_by)
       SELECT 'safety-walks', area_id, date '2001-01-01' + CAST(:number AS integer) * interval '1 month', 'x', 'x'
       FROM area WHERE code = :area RETURNING break_id"""
)


@pytest.fixture(scope="module")
def database_url(year_url: str) -> str:
    return year_url


class Pages:
    """Opens pages and sends forms, each time about somebody and something new of Landskrona's."""

    def __init__(self, app: FastAPI, database_url: str, looked_at: dict[str, str]) -> None:
        self._app = app
        self._database_url = database_url
        self._looked_at = looked_at

    def signed_in_as(self, role: PersonRole, area: str = AREA) -> httpx.AsyncClient:
        """Return the browser of somebody; `enter` it before anything else."""
        client = browser(self._app)
        agreement = "landskrona-2015-2016" if role is PersonRole.ANNEX_OWNER else None
        given = GivenRole(role, area, None, agreement, 3 if agreement else None)
        address = f"{role}-{next(_numbers)}@kommun.example"
        self.invited = invite(self._database_url, address, [given], owner=area)
        return client

    async def enter(self, client: httpx.AsyncClient) -> None:
        await sign_in(client, self.invited)

    def remove(self) -> None:
        remove(self._database_url, self.invited)

    async def example(self, page: Page, *, stays: bool = False) -> str:
        """Return the address of a page with something of Landskrona's in it.

        It is new for a form that may change it; what only is looked at, or refused whoever asks, `stays`.
        """
        method, path = page
        if method != "GET" and not stays:
            return await self._new_example(path)
        if path not in self._looked_at:
            self._looked_at[path] = await self._new_example(path)
        return self._looked_at[path]

    async def _new_example(self, path: str) -> str:
        parameters = {**OF_LANDSKRONA}
        if "{number}" in path:
            somebody = invite(self._database_url, f"somebody-{next(_numbers)}@kommun.example")
            parameters["number"] = str(somebody.number)
        if "{id}" in path:
            async with self.signed_in_as(PersonRole.REPORTER) as reporter:
                await self.enter(reporter)
                stored = await send(reporter, "/rapportera/safety-walk", {**WALK, "external-id": f"w-{next(_numbers)}"})
                parameters["id"] = stored.headers["location"].rpartition("/")[2]
        with create_engine(self._database_url, poolclass=NullPool).begin() as connection:
            if "{client}" in path:
                keys.create(connection, f"key-{next(_numbers)}", [KeyScope.READ], [AREA])
                parameters["client"] = str(connection.execute(LATEST_KEY).scalar_one())
            if "{import}" in path:
                parameters["import"] = str(connection.execute(AN_IMPORT, {"area": AREA}).scalar_one())
            if "{break}" in path:
                asked = {"area": AREA, "number": next(_numbers)}
                parameters["break"] = str(connection.execute(A_BREAK, asked).scalar_one())
        if "{comment}" in path:
            parameters["comment"] = await self._comment()
        return example_of(path, value="safety-walks~all~1282~2016", **parameters)

    async def _comment(self) -> str:
        """Write a comment, and return its id."""
        async with self.signed_in_as(PersonRole.COORDINATOR) as coordinator:
            await self.enter(coordinator)
            address = example_of("/overenskommelsen/indikatorer/{series}")
            await send(coordinator, address, {**A_COMMENT})
            written = re.search(r"/kommentarer/([0-9a-f-]{36})", (await coordinator.get(address)).text)
            assert written is not None
            return written[1]

    @staticmethod
    async def ask(client: httpx.AsyncClient, page: Page, rule: PageRule, address: str) -> httpx.Response:
        if page[0] == "GET":
            return await client.get(address)
        return await send(client, address, {**rule.fields, "external-id": f"p-{next(_numbers)}"})


@pytest.fixture(scope="module")
def looked_at() -> dict[str, str]:
    """Remember the addresses of pages that are only looked at: what is in them takes requests to make."""
    return {}


@pytest.fixture
def pages(app: FastAPI, database_url: str, looked_at: dict[str, str]) -> Pages:
    return Pages(app, database_url, looked_at)


def test_every_page_has_a_rule() -> None:
    methods = {(method, route.path) for route in page_routes() for method in (route.methods or set()) - {"HEAD"}}
    assert methods == PAGES.keys()


def test_every_page_that_is_not_everybodys_admits_before_anything_else() -> None:
    for route in page_routes():
        rules = [rule for (_, path), rule in PAGES.items() if path == route.path]
        admissions = [one.dependency for one in route.dependencies if isinstance(one.dependency, Admitted)]
        assert len(admissions) == (0 if rules[0].roles is None else 1), route.path
        assert not admissions or route.dependencies[0].dependency is admissions[0], route.path


@pytest.mark.parametrize("role", PersonRole)
async def test_each_role_opens_its_pages_and_no_others(pages: Pages, role: PersonRole) -> None:
    wrong = []
    client = pages.signed_in_as(role)
    await pages.enter(client)
    # One visit for all: from one address only so many sign in within a minute. Whoever signs out does so last.
    for page, rule in sorted(PAGES.items(), key=lambda one: one[0] == ("POST", "/logga-ut")):
        address = await pages.example(page, stays=rule.roles is not None and role not in rule.roles)
        answer = await pages.ask(client, page, rule, address)
        expected = rule.status if rule.roles is None or role in rule.roles else 403
        expected = 404 if role in rule.own_alone else expected
        # Who is signed in is led on from what is for those who are not, and from the start.
        is_led_on = page in {("GET", "/logga-in"), ("GET", "/")}
        if answer.status_code != (303 if is_led_on else expected):
            wrong.append(f"{role}, {page}: {answer.status_code}")
    await client.aclose()
    assert not wrong, "\n".join(wrong)


async def test_who_is_not_signed_in_or_was_removed_is_told_nothing(pages: Pages, engine: AsyncEngine) -> None:
    restricted = {page: rule for page, rule in PAGES.items() if rule.roles is not None}
    addresses = {page: await pages.example(page, stays=True) for page in restricted}
    async with pages.signed_in_as(PersonRole.ADMINISTRATOR) as removed, browser(pages._app) as stranger:
        await pages.enter(removed)
        pages.remove()
        before = await contents(engine)
        for client in (stranger, removed):
            for page, address in addresses.items():
                if page[0] == "GET":
                    answer = await client.get(address)
                    assert (answer.status_code, answer.headers["location"]) == (303, f"/logga-in?till={address}"), page
                else:
                    answer = await client.post(address, headers={"Origin": SITE}, data=restricted[page].fields)
                    assert answer.status_code == 401, page
    assert await contents(engine) == before


@pytest.mark.parametrize("role", [PersonRole.COORDINATOR, PersonRole.ADMINISTRATOR, PersonRole.REPORTER])
async def test_another_municipalitys_people_find_nothing_of_landskronas(
    pages: Pages, engine: AsyncEngine, role: PersonRole
) -> None:
    """The same answer whether there is one or not."""
    about = {page: rule for page, rule in PAGES.items() if rule.about is About.ONE and role in (rule.roles or ())}
    addresses = {page: await pages.example(page, stays=True) for page in about}
    async with pages.signed_in_as(role, OTHER) as client:
        await pages.enter(client)
        before = await contents(engine)
        for page, rule in about.items():
            answer = await pages.ask(client, page, rule, addresses[page])
            nothing = await pages.ask(client, page, rule, example_of(page[1]))
            assert answer.status_code == nothing.status_code == 404, page
            assert answer.text.replace(addresses[page], "") == nothing.text.replace(example_of(page[1]), ""), page
        assert await contents(engine) == before
        for page, rule in PAGES.items():
            if page[0] == "GET" and rule.about is About.NOBODY and role in (rule.roles or EVERYBODY_SIGNED_IN):
                answer = await client.get(example_of(page[1]))
                for name in ("Karlslund", "somebody-", "1282-"):
                    assert name not in answer.text, page


async def test_what_another_municipality_reports_is_not_put_into_landskrona(pages: Pages, engine: AsyncEngine) -> None:
    async with pages.signed_in_as(PersonRole.REPORTER, OTHER) as client:
        await pages.enter(client)
        for fields in ({"place": "Karlslund"}, {"place-code": "1282-karlslund"}, {"place": "1282-karlslund"}):
            before = await contents(engine)
            answer = await send(client, "/rapportera/safety-walk", {**WALK, "place": "", **fields})
            assert answer.status_code == 422
            assert await contents(engine) == before
