"""What could be told of others beside lists of facts and figures: progress, places, an owner's reports, moves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.auth import SECONDS_CACHED
from services.api.http.routing import BASE
from shared.db.keys import KeyScope, hash_of
from shared.domain.period import today
from tests.tenancy.requesting import made_for
from tests.tenancy.tenants import COUNTY, OTHER, OUTSIDE, OWN, Caller, Tenants

pytestmark = [pytest.mark.long]
AGREEMENT = f"{BASE}/agreements/landskrona-2015-2016"
NEEDED = "school-visits-as-needed~all~1282~2016-t1"


@pytest.fixture(scope="module")
def database_url(year_url: str) -> str:
    return year_url


async def test_progress_of_commitments_below_a_municipality_is_its_own(
    anyone: httpx.AsyncClient, tenants: Tenants
) -> None:
    for caller in OUTSIDE:
        answer = await anyone.get(f"{AGREEMENT}/commitments?limit=100", headers=tenants.headers(caller))
        # What was decided of a place is a part of the agreement, which is public as its wording is.
        assert {decision["area"] for one in answer.json()["commitments"] for decision in one["decisions"]} - {OWN}
        progress_below = [
            (one["code"], progress)
            for one in answer.json()["commitments"]
            for progress in one["progress"]
            if progress["area"] not in {OWN, "12", "SE"}
        ]
        assert progress_below == []


async def test_places_behind_a_figure_are_told_to_whose_they_are(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    for caller in OUTSIDE:
        answer = await anyone.get(f"{BASE}/indicator-values/{NEEDED}/places", headers=tenants.headers(caller))
        assert answer.json()["places"] == []


async def test_a_key_of_a_place_sees_that_place_alone_whoever_it_acts_for(
    anyone: httpx.AsyncClient, tenants: Tenants
) -> None:
    there = await made_for(anyone, "showActivity")
    key = tenants.key("1282-norra-torget", scope=KeyScope.REPORT, owner=OWN)
    answer = await anyone.get(f"{BASE}/activities?limit=1000", headers={"Authorization": f"Bearer {key}"})
    assert {one["area"] for one in answer.json()["activities"]} == {"1282-norra-torget"}
    answer = await anyone.get(
        f"{BASE}/activities/{there.names['activityId']}", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 404


async def test_what_is_done_at_places_is_in_no_list_behind_a_figure(
    anyone: httpx.AsyncClient, tenants: Tenants
) -> None:
    address = f"{BASE}/indicator-values/commitments-fulfilled~all~1282~2016/commitments?limit=100"
    answer = await anyone.get(address, headers=tenants.headers(Caller.OTHER))
    assert answer.status_code == 200
    places = {place["area"] for one in answer.json()["commitments"] for place in one["areas"]}
    assert places <= {OWN, "12", "SE"}
    # Nor whether it was enough there.
    elsewhere = [one for one in answer.json()["commitments"] if one["done"] is None]
    assert elsewhere
    assert {one["numerator"] for one in elsewhere} == {None}
    answer = await anyone.get(address, headers=tenants.headers(Caller.OWN))
    assert {one["numerator"] for one in answer.json()["commitments"] if one["leftOut"] is None} == {0, 1}


async def test_who_acts_for_the_county_sees_no_import_from_where_they_do_not_report(
    anyone: httpx.AsyncClient, tenants: Tenants
) -> None:
    """A county gives keys in two municipalities; what both send belongs to it, and neither sees what the other sent."""
    senders = {
        area: {"Authorization": f"Bearer {tenants.key(area, scope=KeyScope.REPORT, owner=COUNTY)}"}
        for area in (OWN, OTHER)
    }
    for prefer in ("return=representation", "respond-async"):
        for area, headers in senders.items():
            row = {"source": "x", "type": "foot-patrol", "area": area}
            as_lines = {"Content-Type": "application/x-ndjson", "Prefer": prefer}
            sent = await anyone.post(f"{BASE}/activity-imports", json=row, headers={**headers, **as_lines})
            assert sent.status_code in {201, 202}
            report = f"{BASE}/activity-imports/{sent.json()['id']}"
            for asks, own in senders.items():
                for address in (report, f"{report}/remarks"):
                    answer = await anyone.get(address, headers=own)
                    assert answer.status_code == (200 if asks == area else 404), (prefer, area, asks)
    for headers in senders.values():
        listed = await anyone.get(f"{BASE}/activity-imports", headers=headers)
        assert listed.json()["_meta"]["totalRecords"] == 2
    county = await anyone.get(f"{BASE}/activity-imports", headers=tenants.headers(Caller.COUNTY))
    assert county.json()["_meta"]["totalRecords"] >= 4


async def test_who_follows_changes_begins_anew_when_an_area_becomes_theirs(
    anyone: httpx.AsyncClient, tenants: Tenants
) -> None:
    park, follows = "1282-karlslund", {caller: _Follower(anyone, tenants, caller) for caller in FOLLOWERS}
    for follower in follows.values():
        await follower.catch_up()
    # What is new has no older figures: whoever has it misses none.
    new = {"kind": "place", "placeKind": "park", "name": "Ny", "parents": [{"code": OTHER, "validFrom": "2015-01-01"}]}
    for code in ("1284-ny", "1284-ny-2"):
        put = await anyone.put(f"{BASE}/areas/{code}", json=new | SINCE_2015, headers=tenants.headers(Caller.COUNTRY))
        assert put.status_code == 201
        for follower in follows.values():
            assert await follower.catch_up() == 200
    parents = [
        {"code": OWN, "validFrom": "2015-01-01", "validTo": (today() - timedelta(days=1)).isoformat()},
        {"code": OTHER, "validFrom": today().isoformat()},
    ]
    body = {"kind": "place", "placeKind": "park", "name": "Karlslund", "parents": parents} | SINCE_2015
    put = await anyone.put(f"{BASE}/areas/{park}", json=body, headers=tenants.headers(Caller.COUNTRY))
    assert put.status_code == 200
    # Of the county it was before, and is still.
    assert [await follower.catch_up() for follower in follows.values()] == [410, 410, 200]
    for follower in follows.values():
        await follower.begin_anew()
        listed = await anyone.get(f"{BASE}/indicator-values?area={park}&limit=1000", headers=follower.headers)
        ids = {value["id"] for value in listed.json()["indicatorValues"]}
        assert {one for one in follower.values if "~all~1282-karlslund~" in one} == ids
        assert bool(ids) == (follower is not follows[Caller.OWN])
        assert await follower.catch_up() == 200


async def test_who_is_granted_an_area_begins_anew(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    key = tenants.key("1284-kulla", owner=OTHER)
    follower = _Follower(anyone, tenants, Caller.OTHER, {"Authorization": f"Bearer {key}"})
    await follower.catch_up()
    with create_engine(tenants.database_url, poolclass=NullPool).begin() as connection:
        connection.execute(GRANT, {"hash": hash_of(key), "code": OWN})
    await asyncio.sleep(SECONDS_CACHED)
    assert await follower.catch_up() == 410


FOLLOWERS = (Caller.OTHER, Caller.OWN, Caller.COUNTY)
SINCE_2015 = {"validFrom": "2015-01-01"}
GRANT = text(
    """INSERT INTO api_key_grant (key_id, scope, area_id)
       SELECT key_id, 'read', area_id FROM api_key_hash, area WHERE key_hash = :hash AND code = :code"""
)


class _Follower:
    """Whoever keeps what the feed tells, from where it was left."""

    def __init__(
        self, client: httpx.AsyncClient, tenants: Tenants, caller: Caller, headers: Mapping[str, str] | None = None
    ) -> None:
        self._client, self.headers = client, headers or tenants.headers(caller)
        self._cursor: str | None = None
        self.values: set[str] = set()

    async def begin_anew(self) -> None:
        self._cursor, self.values = None, set()
        assert await self.catch_up() == 200

    async def catch_up(self) -> int:
        """Read all that there is now; return the status of the last answer."""
        has_more = True
        while has_more:
            since = {"since": self._cursor} if self._cursor else {}
            answer = await self._client.get(
                f"{BASE}/changes", params={"batchSize": 1000, **since}, headers=self.headers
            )
            if answer.status_code != 200:
                return answer.status_code
            page = answer.json()
            for change in page["changes"]:
                (self.values.discard if change["change"] == "removed" else self.values.add)(change["id"])
            self._cursor, has_more = page["nextCursor"], page["hasMore"]
        return 200
