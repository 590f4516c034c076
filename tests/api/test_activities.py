"""Activities over HTTP: report, correct, find, take back."""

from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE

pytestmark = pytest.mark.begins_with("landskrona")
ACTIVITIES = f"{BASE}/activities"


async def report(client: httpx.AsyncClient, activity: dict[str, Any]) -> httpx.Response:
    response = await client.post(ACTIVITIES, json=activity)
    assert response.status_code in {200, 201}, response.text
    return response


async def marks_of(engine: AsyncEngine) -> set[tuple[str, date | None, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                """SELECT DISTINCT area.code, month, fact FROM dirty_mark JOIN area USING (area_id)
                   WHERE ripens_on <= current_date AND fact IS NOT NULL"""
            )
        )
        return {(row.code, row.month, row.fact) for row in rows}


async def test_a_new_activity_is_created_and_can_be_read_where_the_answer_says(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    response = await report(client, walk)
    assert response.status_code == 201
    again = await client.get(response.headers["Location"])
    assert again.json() == response.json()
    assert again.headers["ETag"] == response.headers["ETag"] == '"1"'
    created = response.json()
    assert created["_links"]["self"]["href"] == response.headers["Location"]
    assert created["participants"] == {"residents": 21, "police": 2}
    assert (created["start"], created["periodDate"]) == ("2016-04-12T16:00:00Z", "2016-04-12")


async def test_what_an_activity_refers_to_is_looked_up_again_once_the_structure_has_changed(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    area, park = f"{BASE}/areas/1282-new-park", {"kind": "place", "placeKind": "park", "name": "Park"}
    there = walk | {"area": "1282-new-park"}
    assert (await client.post(ACTIVITIES, json=there)).status_code == 422
    assert (await client.put(area, json=park | {"parents": [{"code": "1282"}]})).status_code == 201
    await report(client, there)
    # Helsingborg, which the agreement does not cover.
    assert (await client.put(area, json=park | {"parents": [{"code": "1283"}]})).status_code == 200
    assert (await client.post(ACTIVITIES, json=there | {"externalId": "another"})).status_code == 422


async def test_a_late_evening_in_utc_belongs_to_the_next_day_in_stockholm(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    created = (await report(client, walk | {"start": "2016-04-30T22:30:00Z"})).json()
    assert (created["start"], created["periodDate"]) == ("2016-04-30T22:30:00Z", "2016-05-01")


async def test_a_plain_date_stays_a_date(client: httpx.AsyncClient, cleanup: dict[str, Any]) -> None:
    created = (await report(client, cleanup)).json()
    assert (created["reported"], created["start"], created["cost"]) == ("2016-03-24", "2016-03-29", 1200.5)


async def test_the_same_activity_sent_twice_changes_nothing_the_second_time(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    first = await report(client, walk)
    second = await report(client, walk)
    assert (first.status_code, second.status_code) == (201, 200)
    assert "Location" not in second.headers
    assert second.json() == first.json()


async def test_a_correction_by_external_id_updates_and_marks_the_old_and_the_new_month(
    client: httpx.AsyncClient, engine: AsyncEngine, walk: dict[str, Any]
) -> None:
    await report(client, walk)
    corrected = await report(client, walk | {"start": "2016-05-20", "area": "1282-lindparken"})
    assert corrected.status_code == 200
    assert corrected.headers["ETag"] == '"2"'
    assert await marks_of(engine) >= {
        ("1282-karlslund", date(2016, 4, 1), "safety-walk"),
        ("1282-lindparken", date(2016, 5, 1), "safety-walk"),
    }


async def test_an_older_version_never_overwrites_a_newer_one(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    newer = await report(client, walk | {"version": 2})
    older = await client.post(ACTIVITIES, json=walk | {"version": 1, "start": "2016-05-20"})
    assert older.status_code == 409
    assert older.json()["type"].endswith("/outdated-version")
    assert (await client.get(newer.headers["Location"])).json() == newer.json()


async def test_an_earlier_change_at_the_source_never_overwrites_a_later_one(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    await report(client, walk | {"changedAt": "2016-05-02T08:00:00Z"})
    older = await client.post(ACTIVITIES, json=walk | {"changedAt": "2016-05-01T08:00:00Z", "note": "Äldre"})
    assert older.status_code == 409


async def test_without_an_external_id_every_report_is_a_new_activity(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    del walk["externalId"]
    assert (await report(client, walk)).json()["id"] != (await report(client, walk)).json()["id"]


async def test_a_put_corrects_and_its_etag_is_the_next_one(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    created = await report(client, walk)
    response = await client.put(
        created.headers["Location"], json=walk | {"note": "Rättad"}, headers={"If-Match": created.headers["ETag"]}
    )
    assert response.status_code == 200
    assert (response.json()["note"], response.headers["ETag"]) == ("Rättad", '"2"')
    assert response.json()["id"] == created.json()["id"]


@pytest.mark.parametrize(
    ("precondition", "status", "problem"),
    [
        (None, 428, "missing-precondition"),
        ('"7"', 412, "stale-revision"),
        ('W/"7"', 412, "stale-revision"),
        ("gibberish", 412, "stale-revision"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_that_does_not_build_on_the_latest_revision_is_refused(
    client: httpx.AsyncClient, walk: dict[str, Any], method: str, precondition: str | None, status: int, problem: str
) -> None:
    created = await report(client, walk)
    headers = {"If-Match": precondition} if precondition else {}
    body: dict[str, Any] = {"json": walk} if method == "PUT" else {}
    response = await client.request(method, created.headers["Location"], headers=headers, **body)
    assert response.status_code == status
    assert response.json()["type"].endswith(problem)


async def test_one_of_several_etags_and_the_star_are_enough(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    address = (await report(client, walk)).headers["Location"]
    several = await client.put(address, json=walk | {"note": "a"}, headers={"If-Match": '"9", "1"'})
    star = await client.put(address, json=walk | {"note": "b"}, headers={"If-Match": "*"})
    assert (several.status_code, star.status_code) == (200, 200)


async def test_a_put_cannot_make_it_another_activity(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    address = (await report(client, walk)).headers["Location"]
    other = walk | {"source": "another", "externalId": "walk-2"}
    response = await client.put(address, json=other, headers={"If-Match": '"1"'})
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["violations"]] == ["source", "externalId"]


async def test_a_put_of_an_older_version_is_refused(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    address = (await report(client, walk | {"version": 2})).headers["Location"]
    response = await client.put(address, json=walk | {"version": 1}, headers={"If-Match": '"1"'})
    assert response.status_code == 409


async def test_a_deleted_activity_is_gone_and_its_month_is_marked(
    client: httpx.AsyncClient, engine: AsyncEngine, walk: dict[str, Any]
) -> None:
    address = (await report(client, walk)).headers["Location"]
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM dirty_mark"))
    assert (await client.delete(address, headers={"If-Match": '"1"'})).status_code == 204
    assert (await client.get(address)).status_code == 404
    assert ("1282-karlslund", date(2016, 4, 1), "safety-walk") in await marks_of(engine)


@pytest.mark.one_app
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_an_unknown_activity_is_not_found(client: httpx.AsyncClient, walk: dict[str, Any], method: str) -> None:
    body: dict[str, Any] = {"json": walk} if method == "PUT" else {}
    for wrong in ("0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10", "not-an-id"):
        response = await client.request(method, f"{ACTIVITIES}/{wrong}", headers={"If-Match": '"1"'}, **body)
        assert response.status_code == 404


@pytest.fixture
async def several(client: httpx.AsyncClient, walk: dict[str, Any], cleanup: dict[str, Any]) -> None:
    await report(client, walk)
    await report(client, walk | {"externalId": "walk-2", "area": "1282-lindparken", "start": "2016-09-01"})
    await report(client, cleanup)
    await report(client, cleanup | {"externalId": "cleanup-2", "status": "cancelled", "source": "another"})
    await report(
        client,
        {key: value for key, value in cleanup.items() if key not in {"start", "completed"}}
        | {"externalId": "cleanup-3", "status": "planned", "area": "1282"},
    )


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["walk-1", "walk-2", "cleanup-1", "cleanup-2", "cleanup-3"]),
        ({"area": "1282-karlslund"}, ["walk-1"]),
        ({"area": "1282"}, ["walk-1", "walk-2", "cleanup-1", "cleanup-2", "cleanup-3"]),
        ({"area": "SE", "type": "safety-walk"}, ["walk-1", "walk-2"]),
        ({"area": "0180"}, []),
        ({"agreement": "landskrona-2015-2016", "annex": 4}, ["cleanup-1", "cleanup-2", "cleanup-3"]),
        ({"status": "planned"}, ["cleanup-3"]),
        ({"source": "another"}, ["cleanup-2"]),
        ({"source": "test", "externalId": "walk-2"}, ["walk-2"]),
        ({"from": "2016-04-12"}, ["walk-1", "walk-2"]),
        ({"to": "2016-04-12"}, ["walk-1", "cleanup-1", "cleanup-2"]),
        ({"from": "2016-04-12", "to": "2016-04-12"}, ["walk-1"]),
        ({"limit": 2, "page": 2}, ["cleanup-1", "cleanup-2"]),
    ],
)
async def test_a_filter_finds_what_it_should(
    client: httpx.AsyncClient, query: dict[str, Any], found: list[Any] | list[str]
) -> None:
    response = await client.get(ACTIVITIES, params=query)
    assert response.status_code == 200
    assert [activity["externalId"] for activity in response.json()["activities"]] == found


@pytest.mark.one_app
@pytest.mark.parametrize(
    "query",
    [
        {"area": "9999"},
        {"agreement": "unknown"},
        {"type": "unknown"},
        {"status": "done"},
        {"annex": "four"},
        {"annex": 99999},
        {"from": "12 april"},
        {"from": "2016-05-01", "to": "2016-04-01"},
        {"colour": "red"},
        {"source": "a\0b"},
        {"page": 0},
        {"limit": 0},
        {"limit": 100000},
    ],
)
async def test_a_query_that_makes_no_sense_is_refused_and_not_answered_with_nothing(
    client: httpx.AsyncClient, query: dict[str, Any]
) -> None:
    response = await client.get(ACTIVITIES, params=query)
    assert response.status_code == 400
    assert response.json()["violations"]


async def test_reading_needs_a_key_and_reporting_the_scope_for_it(
    reader: httpx.AsyncClient, stranger: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    assert (await stranger.get(ACTIVITIES)).status_code == 401
    assert (await reader.get(ACTIVITIES)).status_code == 200
    assert (await reader.post(ACTIVITIES, json=walk)).status_code == 403
