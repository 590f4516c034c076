"""The page of a municipality's promises: there where somebody has turned it on, the same for everybody, and its own."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.api.http.routing import BASE
from services.api.pages.promises.municipalities import municipalities
from services.api.pages.promises.reading import promises_of
from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import Invited, browser, invite, send, sign_in, words_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

pytestmark = [pytest.mark.long]
PAGE, SWITCH = "/medborgarloften/landskrona", "/medborgarloften/landskrona/visning"
NEIGHBOUR = "1284"


async def promise(client: httpx.AsyncClient, agreement: str, code: str, **fields: Any) -> None:
    document = {"promise": True, "party": "Staden", "wording": f"Löfte {code}.", "dueOn": "2016-09-30"} | fields
    answer = await client.put(f"{BASE}/agreements/{agreement}/commitments/{code}", json=document)
    assert answer.is_success, answer.text


async def turn(coordinator: httpx.AsyncClient, published: str) -> None:
    answer = await send(coordinator, SWITCH, {"published": published})
    assert (answer.status_code, answer.headers["location"]) == (303, SWITCH)


async def test_it_is_not_there_until_a_coordinator_turns_it_on(
    coordinator: httpx.AsyncClient, phone: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    hidden, unknown = await phone.get(PAGE), await phone.get("/medborgarloften/ingenstans")
    assert (hidden.status_code, hidden.text) == (404, unknown.text.replace("/medborgarloften/ingenstans", PAGE))
    assert "Sidan finns inte" in words_of(hidden)
    assert "Sidan visas inte för allmänheten" in words_of(await coordinator.get(SWITCH))
    await turn(coordinator, "yes")
    await turn(coordinator, "yes")
    assert (await phone.get(PAGE)).status_code == 200
    await turn(coordinator, "no")
    assert (await phone.get(PAGE)).status_code == 404
    async with engine.connect() as connection:
        entries = await connection.execute(
            text("SELECT actor, operation, address FROM audit_pending WHERE resource = 'promise-pages' ORDER BY 2")
        )
        noted = entries.all()
    assert [(one.operation, one.address) for one in noted] == [
        ("created", "promise-pages/1282"),
        ("deleted", "promise-pages/1282"),
    ]
    assert {re.sub("[0-9]+", "n", one.actor) for one in noted} == {"person/n"}


async def test_it_is_the_same_for_everybody_and_cacheable(
    coordinator: httpx.AsyncClient, phone: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await promise(client, "landskrona-2015-2016", "light", areas=["1282-lindparken"], wordingEn="Promise of light.")
    await turn(coordinator, "yes")
    answer = await phone.get(PAGE)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "set-cookie" not in answer.headers
    assert "ratelimit" in answer.headers
    assert "Löfte light. Inte uppfyllt. Plats: Lindparken." in words_of(answer)
    for other in (await coordinator.get(PAGE), await phone.get(PAGE, headers={"Cookie": "__Host-language=en"})):
        assert (other.text, other.headers["etag"]) == (answer.text, answer.headers["etag"])
    unchanged = await phone.get(PAGE, headers={"If-None-Match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["cache-control"] == "public, max-age=300"
    assert (await phone.head(PAGE)).status_code == 200
    english = await phone.get(f"{PAGE}?sprak=en")
    assert "Promise of light. Not fulfilled. Place: Lindparken." in words_of(english)
    assert '<html lang="en">' in english.text
    await promise(client, "landskrona-2015-2016", "more", areas=["1282"])
    changed = await phone.get(PAGE, headers={"If-None-Match": answer.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"] == answer.headers["etag"]) == (200, False)


async def test_it_has_promises_alone_and_nothing_of_the_neighbours(
    coordinator: httpx.AsyncClient, phone: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    document = {
        "code": "both-2016",
        "title": "Två kommuner 2016",
        "parties": ["Staden"],
        "areas": ["1282", NEIGHBOUR],
        "validFrom": "2016-01-01",
        "validTo": "2016-12-31",
    }
    assert (await client.put(f"{BASE}/agreements/both-2016", json=document)).is_success
    await promise(client, "both-2016", "theirs", areas=[NEIGHBOUR])
    await promise(client, "both-2016", "inside", areas=["1282"], promise=False)
    decided = [{"area": "1282", "fulfilledOn": "2016-09-19"}]
    await promise(client, "both-2016", "joint", areas=["1282", NEIGHBOUR], decisions=decided)
    follow_ups = [
        {"notedOn": "2016-05-02", "status": "ongoing", "text": "Bara för oss."},
        {"notedOn": "2016-06-01", "status": "cancelled", "text": "Tillståndet kom inte."},
    ]
    await promise(client, "both-2016", "camera", areas=["1282"], withdrawnOn="2016-06-01", followUps=follow_ups)
    await turn(coordinator, "yes")
    page = words_of(await phone.get(PAGE)).replace("\u00a0", " ")
    assert "Löfte joint. Uppfyllt den 19 september 2016." in page
    assert "Löfte camera. Löftet återtogs den 1 juni 2016. Skäl: Tillståndet kom inte." in page
    for absent in ("theirs", "inside", "Bara för oss", "Höganäs", NEIGHBOUR):
        assert absent not in page


async def test_who_coordinates_another_municipality_or_a_part_decides_nothing(
    app: FastAPI, database_url: str, execute: Callable[..., int], cecilia: Invited
) -> None:
    assert cecilia
    execute("DELETE FROM promise_page")
    for number, area in enumerate((NEIGHBOUR, "1282-lindparken")):
        role = GivenRole(PersonRole.COORDINATOR, area)
        async with browser(app) as other:
            await sign_in(other, invite(database_url, f"other-{number}@kommun.example", [role], owner=area))
            assert (await other.get(SWITCH)).status_code == 404
            assert (await send(other, SWITCH, {"published": "yes"})).status_code == 404
            assert "Landskrona" not in words_of(await other.get("/medborgarloften"))
    assert execute("SELECT FROM promise_page") == 0


async def test_every_municipality_has_an_address_of_its_own(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        found = await municipalities(connection, date(2016, 1, 1))
    slugs = {one.name: one.slug for one in found}
    assert len({*slugs.values()}) == len(found) == 290
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", slug) for slug in slugs.values())
    assert (slugs["Malmö"], slugs["Upplands Väsby"]) == ("malmo", "upplands-vasby")
    assert (slugs["Habo"], slugs["Håbo"]) == ("habo-0643", "habo-0305")


async def test_what_was_said_of_a_promise_is_read_once(
    coordinator: httpx.AsyncClient, phone: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    """It was read with each of its parts: of one promise some gigabytes, by whoever asked, without a key."""
    said = [{"notedOn": "2016-05-02", "status": "ongoing", "text": "Vi arbetar med det. " * 90}] * 400
    areas = [f"1282-{name}" for name in ("lindparken", "karlslund")]
    await promise(
        client,
        "landskrona-2015-2016",
        "often",
        areas=areas,
        dueOn=None,
        recurrence={"every": "week"},
        followUps=said,
    )
    await turn(coordinator, "yes")
    for visitor, address in ((phone, PAGE), (coordinator, "/overenskommelsen?omrade=1282&ar=2016")):
        tracemalloc.start()
        answer = await visitor.get(address)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert "Löfte often." in words_of(answer)
        assert most < 50 * 1024 * 1024


async def test_parts_of_a_promise_that_are_alike_are_read_as_one(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Thousands of parts kept everybody waiting for half a second, each time that anybody asked."""
    areas = ["1282", "1282-lindparken", "1282-karlslund"]
    recurrence = {"every": "month", "from": "2016-01-01"}
    await promise(client, "landskrona-2015-2016", "monthly", areas=areas, dueOn=None, recurrence=recurrence)
    async with engine.connect() as connection:
        municipality = (await connection.execute(text("SELECT area_id FROM area WHERE code = '1282'"))).scalar_one()
        promises = [one for of in await promises_of(connection, municipality) for one in of.promises]
    [monthly] = [one for one in promises if one.wording == "Löfte monthly."]
    assert len(monthly.parts) == 12
