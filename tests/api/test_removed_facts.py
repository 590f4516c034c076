"""Of years whose facts have been removed nothing is taken in any more, and what their figures were made of is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from shared.catalogue.loader import shipped_catalogue
from shared.db.actor import Actor
from shared.retention.removal import close_years, remove_facts
from tests.api.import_files import counts, csv_of, row, send
from tests.landskrona.loading import settle

BEFORE, TODAY = date(2017, 1, 1), date(2026, 11, 30)
REASON = "facts from before 2017-01-01 have been removed, and the figures of that time stay as they are"
# Landskrona's year ends with 2016; so does its agreement, but for one that goes on.
LATER = {
    "title": "Överenskommelse",
    "validFrom": "2015-01-01",
    "validTo": "2027-12-31",
    "areas": ["1282"],
    "annexes": [],
    "targets": [],
}
CASE = {
    "source": "streets",
    "externalId": "open-case",
    "type": "graffiti-cleanup",
    "agreement": "landskrona-goes-on",
    "area": "1282-karlslund",
    "status": "planned",
    "reported": "2016-12-30",
}


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


@pytest.fixture
async def removed(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """Remove the facts of Landskrona's year, once for all tests; a case of it is still open."""
    async with engine.connect() as connection:
        if (await connection.execute(text("SELECT count(*) FROM fact_removal"))).scalar_one():
            return
    (await client.put(f"{BASE}/agreements/landskrona-goes-on", json=LATER)).raise_for_status()
    (await client.post(f"{BASE}/activities", json=CASE)).raise_for_status()
    await settle(engine, TODAY)
    async with engine.begin() as connection:
        await close_years(connection, BEFORE, TODAY)
        await remove_facts(connection, shipped_catalogue(), Actor("commands/facts", "samverkan facts"))


pytestmark = [pytest.mark.one_app, pytest.mark.usefixtures("removed")]


async def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(one["field"], one["reason"]) for one in answer.json()["violations"]]


async def test_an_activity_is_refused_by_the_last_of_its_days(client: httpx.AsyncClient) -> None:
    done = CASE | {"externalId": "new", "status": "performed", "reported": "2016-11-01", "start": "2016-11-02"}
    answer = await client.post(f"{BASE}/activities", json=done)
    assert await faults(answer) == [("start", REASON)]
    (said,) = answer.json()["violations"]
    assert said["remedy"] == "Check the date. If it is right, leave this out: it can no longer be counted."
    swedish = await client.post(f"{BASE}/activities", json=done, headers={"Accept-Language": "sv"})
    assert "har gallrats" in swedish.json()["violations"][0]["reason"]
    answer = await client.post(f"{BASE}/activities", json=done | {"start": "2017-01-02"})
    assert answer.status_code == 201, answer.text


async def test_one_that_is_still_there_can_be_corrected_and_no_other_can_go_back(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{BASE}/activities", json=CASE | {"status": "cancelled"})
    assert answer.status_code == 200, answer.text
    answer = await client.post(f"{BASE}/activities", json=CASE | {"status": "performed", "start": "2017-01-03"})
    assert answer.status_code == 200, answer.text
    back = CASE | {"status": "performed", "start": "2016-12-31"}
    assert await faults(await client.post(f"{BASE}/activities", json=back)) == [("start", REASON)]
    found = (await client.get(f"{BASE}/activities", params={"externalId": "open-case"})).json()["activities"][0]
    address = f"{BASE}/activities/{found['id']}"
    headers = {"If-Match": (await client.get(address)).headers["ETag"]}
    assert await faults(await client.put(address, json=back, headers=headers)) == [("start", REASON)]


async def test_another_owner_s_activity_of_the_same_name_is_none_that_is_still_there(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    stored = """INSERT INTO activity (owner_area_id, source, external_id, activity_type, agreement_id, area_id, status,
                                      reported_on)
                SELECT other.area_id, 'streets', 'elsewhere', activity_type, agreement_id, activity.area_id, 'planned',
                       '2016-05-01'
                FROM activity, area AS other WHERE external_id = 'open-case' AND other.code = '1283'"""
    async with engine.begin() as connection:
        await connection.execute(text(stored))
    assert await faults(await client.post(f"{BASE}/activities", json=CASE | {"externalId": "elsewhere"})) == [
        ("reported", REASON)
    ]


async def test_rows_of_files_are_refused_one_by_one(client: httpx.AsyncClient) -> None:
    rows = [row(1), row(2, agreement="landskrona-goes-on", annex="", start="2017-02-01")]
    report = await send(client, csv_of(*rows))
    assert counts(report) == {"rows": 2, "created": 1, "refused": 1}
    assert [(one["row"], one["field"], one["reason"]) for one in report["remarks"]] == [(2, "start", REASON)]


async def test_observations_and_notes_are_refused_but_for_populations(client: httpx.AsyncClient) -> None:
    cost: dict[str, Any] = {"source": "k", "measure": "vandalism-cost", "area": "1282", "period": "2016-12"}
    answer = await client.post(f"{BASE}/observations", json=cost | {"numerator": 1})
    assert await faults(answer) == [("period", REASON)]
    people = cost | {"measure": "population", "period": "2015", "numerator": 44_000}
    assert (await client.post(f"{BASE}/observations", json=people)).status_code == 201
    note = {"indicator": "school-visits", "area": "1282", "period": "2016-T3", "text": "Fler besök."}
    assert await faults(await client.post(f"{BASE}/notes", json=note)) == [("period", REASON)]
    assert (await client.post(f"{BASE}/notes", json=note | {"period": "2017-T1"})).status_code == 201


@pytest.mark.parametrize(
    ("value_id", "noun", "is_empty"),
    [
        ("school-visits~all~1282~2016-t1", "activities", True),
        ("schools-with-contact-officer~all~1282~2016-t1", "places", True),
        ("vandalism-cost~all~1282~2016-03", "observations", True),
        ("commitments-fulfilled~all~1282~2016", "commitments", False),
    ],
)
async def test_what_a_figure_was_made_of_is_not_an_empty_list_without_a_word(
    client: httpx.AsyncClient, value_id: str, noun: str, is_empty: bool
) -> None:
    said = (await client.get(f"{BASE}/indicator-values/{value_id}/{noun}")).json()
    assert (said["_meta"]["totalRecords"] == 0) == is_empty
    assert (said["factsRemoved"]["before"], said["factsRemoved"]["removedAt"][:2]) == ("2017-01-01", "20")
    assert "gallrades" in said["factsRemoved"]["sv"]
    figure = (await client.get(f"{BASE}/indicator-values/{value_id}")).json()
    assert figure["numerator"] is not None


async def test_the_facts_of_later_years_are_listed_as_ever(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    visit = CASE | {
        "externalId": "visit",
        "type": "foot-patrol",
        "status": "performed",
        "start": "2018-01-10",
        "reported": None,
    }
    answer = await client.post(f"{BASE}/activities", json={name: one for name, one in visit.items() if one})
    assert answer.status_code == 201, answer.text
    await settle(engine, TODAY)
    said = (await client.get(f"{BASE}/indicator-values/foot-patrols~all~1282~2018-01/activities")).json()
    assert (said["factsRemoved"], [one["externalId"] for one in said["activities"]]) == (None, ["visit"])
