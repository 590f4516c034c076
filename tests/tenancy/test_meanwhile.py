"""What changes hands while somebody reads and writes, and what one caller has that another sends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http import auth
from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from shared.domain.period import today
from tests.tenancy.requesting import made_for, without_chance
from tests.tenancy.tenants import AGREEMENTS, OTHER, OWN, Caller, Tenants

pytestmark = [pytest.mark.long]
ACTIVITIES = f"{BASE}/activities"
PARK, KULLA = "1282-karlslund", "1284-kulla"
_numbers = count(1)


@pytest.fixture(scope="module")
def database_url(year_url: str) -> str:
    return year_url


class Asker:
    """Asks as one caller."""

    def __init__(self, client: httpx.AsyncClient, tenants: Tenants, caller: Caller) -> None:
        self._client = client
        self._headers = tenants.headers(caller)

    async def __call__(self, method: str, url: str, **sent: Any) -> httpx.Response:
        headers = {**self._headers, **sent.pop("headers", {})}
        return await self._client.request(method, url, headers=headers, **sent)

    async def report(self, area: str, **changes: object) -> httpx.Response:
        """Report a walk in an area."""
        body = {
            "source": "meanwhile",
            "externalId": f"walk-{next(_numbers)}",
            "type": "safety-walk",
            "agreement": AGREEMENTS[area[:4]],
            "annex": 3,
            "area": area,
            "status": "performed",
            "start": "2016-04-12",
            "participants": {"residents": 21},
        }
        return await self("POST", ACTIVITIES, json={**body, **changes})


@pytest.fixture
def own(anyone: httpx.AsyncClient, tenants: Tenants) -> Asker:
    return Asker(anyone, tenants, Caller.OWN)


@pytest.fixture
def other(anyone: httpx.AsyncClient, tenants: Tenants) -> Asker:
    return Asker(anyone, tenants, Caller.OTHER)


@pytest.fixture
def country(anyone: httpx.AsyncClient, tenants: Tenants) -> Asker:
    return Asker(anyone, tenants, Caller.COUNTRY)


async def _move(country: Asker, code: str, to: str) -> None:
    """Have a park lie in another municipality from today on."""
    before = {OWN: OTHER, OTHER: OWN}[to]
    yesterday, day = today() - timedelta(days=1), today()
    parents = [
        {"code": before, "validFrom": "2015-01-01", "validTo": yesterday.isoformat()},
        {"code": to, "validFrom": day.isoformat()},
    ]
    body = {"kind": "place", "placeKind": "park", "name": code, "validFrom": "2015-01-01", "parents": parents}
    answer = await country("PUT", f"{BASE}/areas/{code}", json=body)
    assert answer.is_success, answer.text


async def _park(own: Asker) -> str:
    """Put a park of Landskrona's own."""
    code = f"1282-park-{next(_numbers)}"
    parents = [{"code": OWN, "validFrom": "2015-01-01"}]
    body = {"kind": "place", "placeKind": "park", "name": code, "validFrom": "2015-01-01", "parents": parents}
    assert (await own("PUT", f"{BASE}/areas/{code}", json=body)).status_code == 201
    return code


async def test_what_is_put_is_its_holders_at_once_and_what_is_moved_no_longer(
    own: Asker, other: Asker, country: Asker
) -> None:
    park = await _park(own)
    assert (await other.report(park)).status_code == 422
    reported = await own.report(park)
    assert reported.status_code == 201
    await _move(country, park, OTHER)
    assert (await own.report(park)).status_code == 422
    assert (await other.report(park)).status_code == 201
    # Who has reported it sees it still, and who has the park now sees it, too.
    address = f"{ACTIVITIES}/{reported.json()['id']}"
    assert [(await asker("GET", address)).status_code for asker in (own, other)] == [200, 200]
    listed = [
        (await asker("GET", f"{ACTIVITIES}?area={park}")).json()["_meta"]["totalRecords"] for asker in (own, other)
    ]
    assert listed == [1, 2]


async def test_a_park_changes_hands_while_both_write_and_read(
    own: Asker, other: Asker, country: Asker, engine: AsyncEngine
) -> None:
    park = await _park(own)
    accepted: dict[str, Asker] = {}

    async def write(asker: Asker) -> None:
        for _ in range(15):
            answer = await asker.report(park)
            assert answer.status_code in {201, 422}, answer.text
            if answer.status_code == 201:
                accepted[answer.json()["id"]] = asker

    async def read(asker: Asker) -> None:
        for _ in range(15):
            page = (await asker("GET", f"{ACTIVITIES}?area={park}&limit=1000")).json()
            assert page["_meta"]["totalRecords"] >= 0
            assert {one["area"] for one in page["activities"]} <= {park}

    async def move() -> None:
        for to in (OTHER, OWN, OTHER):
            await _move(country, park, to)

    await asyncio.gather(write(own), write(other), read(own), read(other), move())
    owners = text(
        """SELECT activity_id::text, area.code FROM activity JOIN area ON area.area_id = owner_area_id
           WHERE activity.area_id = (SELECT area_id FROM area WHERE code = :park)"""
    )
    async with engine.connect() as connection:
        stored = dict(tuple(row) for row in await connection.execute(owners, {"park": park}))
    assert stored == {one: OWN if asker is own else OTHER for one, asker in accepted.items()}
    assert (await own.report(park)).status_code == 422


async def test_a_key_whose_grants_change_sees_the_one_or_the_other(
    anyone: httpx.AsyncClient,
    tenants: Tenants,
    own: Asker,
    other: Asker,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auth, "SECONDS_CACHED", 0.0)
    assert (await other.report(KULLA)).status_code == 201
    both = [_page_of(await asker("GET", f"{ACTIVITIES}?limit=3")) for asker in (own, other)]
    key = tenants.key(OWN)
    change = text(
        """WITH granted AS (UPDATE api_key_grant SET area_id = (SELECT area_id FROM area WHERE code = :code)
                            WHERE key_id = (SELECT key_id FROM api_key ORDER BY created_at DESC LIMIT 1)
                            RETURNING key_id, area_id)
           UPDATE api_key SET owner_area_id = area_id FROM granted WHERE api_key.key_id = granted.key_id"""
    )
    seen: list[tuple[int, list[str]]] = []

    async def grant() -> None:
        for code in (OTHER, OWN) * 6:
            async with engine.begin() as connection:
                await connection.execute(change, {"code": code})
            await asyncio.sleep(0.05)

    async def read() -> None:
        for _ in range(40):
            page = _page_of(await anyone.get(f"{ACTIVITIES}?limit=3", headers={"Authorization": f"Bearer {key}"}))
            assert page in both
            seen.append(page)

    await asyncio.gather(grant(), read(), read())
    assert all(one in seen for one in both)


def _page_of(answer: httpx.Response) -> tuple[int, list[str]]:
    """Return how many activities a page says there are, and which it shows."""
    page = answer.json()
    return page["_meta"]["totalRecords"], [one["id"] for one in page["activities"]]


@pytest.mark.parametrize("is_waited_for", [True, False], ids=["at once", "in the background"])
async def test_rows_outside_are_refused_as_if_their_area_did_not_exist(
    own: Asker, other: Asker, *, is_waited_for: bool
) -> None:
    number = next(_numbers)
    head = "source,externalId,type,agreement,annex,area,status,start,participants.residents\n"
    areas = (KULLA, PARK, "1282-nowhere", KULLA)
    rows = [
        f"file-{number},row-{row},safety-walk,{AGREEMENTS[area[:4]]},3,{area},performed,2016-04-12,21\n"
        for row, area in enumerate(areas)
    ]
    headers = {"Content-Type": "text/csv"} | ({} if is_waited_for else {"Prefer": "respond-async"})
    sent = await other("POST", f"{BASE}/activity-imports", content=head + "".join(rows), headers=headers)
    address = sent.headers["Location"]
    report = (await other("GET", address)).json()
    while report["status"] in {"received", "running"}:
        await asyncio.sleep(0.05)
        report = (await other("GET", address)).json()
    assert (report["status"], report["created"], report["refused"]) == ("completed", 2, 2)
    remarks = (await other("GET", f"{address}/remarks")).json()["remarks"]
    assert [remark.pop("row") for remark in remarks] == [3, 4]
    assert remarks[0] == remarks[1]
    assert (await own("GET", address)).status_code == 404
    assert (await own("GET", f"{ACTIVITIES}?source=file-{number}")).json()["activities"] == []


async def test_the_same_source_and_id_of_another_owner_is_another_activity(own: Asker, other: Asker) -> None:
    ids = {"source": "shared-source", "externalId": f"shared-{next(_numbers)}"}
    first = await own.report(PARK, **ids)
    second = await other.report(KULLA, **ids, participants={"residents": 3})
    assert [first.status_code, second.status_code] == [201, 201]
    assert first.json()["id"] != second.json()["id"]
    assert (await own.report(PARK, **ids)).json() == first.json()
    for asker, answer in ((own, first), (other, second)):
        found = await asker("GET", f"{ACTIVITIES}?source=shared-source&externalId={ids['externalId']}")
        assert [one["id"] for one in found.json()["activities"]] == [answer.json()["id"]]


async def test_what_was_looked_up_for_one_is_not_known_to_another(own: Asker, other: Asker) -> None:
    for park in (await _park(own), await _park(own)):
        askers = (own, other, own, other)
        assert [(await asker.report(park)).status_code for asker in askers] == [201, 422, 201, 422]
        unknown = await other.report("1282-nowhere")
        assert without_chance(await other.report(park)) == without_chance(unknown)


async def test_lists_that_two_ask_for_in_turn_are_each_ones_own(own: Asker, other: Asker) -> None:
    await other.report(KULLA)
    of_place = f"area={PARK}&indicator=graffiti-cleanups"
    addresses = (
        f"{BASE}/indicator-values?{of_place}&limit=1",
        f"{BASE}/indicator-value-charts?{of_place}&periodType=year&format=svg",
        f"{BASE}/indicator-value-files?{of_place}&periodType=year&format=csv",
        f"{BASE}/changes?area={PARK}",
        f"{ROOT}/Activities?$count=true&$top=1",
        f"{ACTIVITIES}?limit=1",
    )
    for address in addresses:
        alone = [await asker("GET", address) for asker in (own, other)]
        for asker, answer in zip((own, other, own, other), (*alone, *alone), strict=True):
            again = await asker("GET", address)
            assert again.content == answer.content, address
        assert alone[0].content != alone[1].content, address
        tag = alone[0].headers.get("ETag")
        if tag is not None:
            assert (await own("GET", address, headers={"If-None-Match": tag})).status_code == 304
            assert (await other("GET", address, headers={"If-None-Match": tag})).content == alone[1].content


async def test_cursors_and_links_of_another_lead_to_ones_own_alone(own: Asker, other: Asker) -> None:
    cursor = (await own("GET", f"{BASE}/changes?batchSize=5")).json()["nextCursor"]
    answer = await other("GET", f"{BASE}/changes?batchSize=1000&since={cursor}&area={PARK}")
    assert answer.status_code == 410, answer.text
    await other.report(KULLA)
    pages = f"{ROOT}/Activities?$orderby=recordedAt"
    page = (await own("GET", pages, headers={"Prefer": "odata.maxpagesize=5"})).json()
    followed = await other("GET", page["@odata.nextLink"])
    theirs = (await other("GET", f"{ROOT}/Activities")).json()["value"]
    assert {one["id"] for one in followed.json()["value"]} <= {one["id"] for one in theirs}
    listed = (await own("GET", f"{ACTIVITIES}?limit=5")).json()["_links"]["last"]["href"]
    assert (await other("GET", listed)).status_code == 404


async def test_tags_of_others_things_change_nothing(anyone: httpx.AsyncClient, own: Asker, other: Asker) -> None:
    for name in ("correctActivity", "correctObservation", "changeNote"):
        thing = await made_for(anyone, name)
        ((address, tag),) = thing.etags.items()
        for method, sent in (("DELETE", {}), ("PUT", {"json": (await own("GET", address)).json()})):
            answer = await other(method, address, headers={"If-Match": tag}, **sent)
            assert answer.status_code in {404, 422}, answer.text
        assert (await own("GET", address)).headers["ETag"] == tag


async def test_what_a_duplicate_elsewhere_counts_instead_of_can_be_taken_back(
    own: Asker, other: Asker, country: Asker
) -> None:
    original, duplicate = (await own.report(PARK)).json(), (await other.report(KULLA)).json()
    link = f"{ACTIVITIES}/{original['id']}/duplicates/{duplicate['id']}"
    for asker in (own, other):
        assert (await asker("PUT", link)).status_code == 404
    assert (await country("PUT", link)).status_code == 200
    # What counts is always one step away, though the one that counts for another does not see that one.
    third = (await own.report(PARK)).json()
    chain = await own("PUT", f"{ACTIVITIES}/{third['id']}/duplicates/{original['id']}")
    assert chain.status_code == 422
    read = await own("GET", f"{ACTIVITIES}/{original['id']}")
    erased = await own("DELETE", f"{ACTIVITIES}/{original['id']}", headers={"If-Match": read.headers["ETag"]})
    assert erased.status_code == 204, erased.text
    assert (await other("GET", f"{ACTIVITIES}/{duplicate['id']}")).json()["duplicateOf"] is None
