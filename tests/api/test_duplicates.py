"""One event from two sources: suspected, linked, unlinked; and what was planned and never reported since."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.api.http.routing import BASE
from shared.domain.period import today

pytestmark = pytest.mark.begins_with("landskrona")
ACTIVITIES = f"{BASE}/activities"
SUSPECTS = f"{BASE}/duplicate-suspects"
SPRING = {"from": "2016-01-01", "to": "2016-06-30"}

Report = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def report(client: httpx.AsyncClient) -> Report:
    """Return a function that reports an activity and returns it as it is stored."""

    async def report(activity: dict[str, Any], **changes: object) -> dict[str, Any]:
        response = await client.post(ACTIVITIES, json=activity | changes)
        assert response.status_code in {200, 201}, response.text
        return response.json()

    return report


@pytest.fixture
async def pair(report: Report, walk: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two sources' reports of one walk."""
    return await report(walk), await report(walk, source="other", externalId="o-1", version=1)


def address(original: dict[str, Any], duplicate: dict[str, Any]) -> str:
    return f"{ACTIVITIES}/{original['id']}/duplicates/{duplicate['id']}"


async def put(client: httpx.AsyncClient, original: dict[str, Any], duplicate: dict[str, Any]) -> httpx.Response:
    return await client.put(address(original, duplicate))


async def suspects(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    response = await client.get(SUSPECTS, params=SPRING | query)
    assert response.status_code == 200, response.text
    return response.json()["duplicateSuspects"]


async def test_a_link_is_published_and_stays_when_the_source_sends_it_again(
    client: httpx.AsyncClient, report: Report, walk: dict[str, Any], pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    original, duplicate = pair
    linked = await put(client, original, duplicate)
    assert linked.status_code == 200
    assert linked.json()["_links"]["self"]["href"].endswith(f"/activities/{duplicate['id']}")
    assert (linked.json()["duplicateOf"], linked.headers["ETag"]) == (original["id"], '"2"')
    again = await put(client, original, duplicate)
    assert (again.json(), again.headers["ETag"]) == (linked.json(), '"2"')
    corrected = await report(walk, source="other", externalId="o-1", version=2, participants={"residents": 3})
    assert (corrected["duplicateOf"], corrected["revision"]) == (original["id"], 3)
    listed = (await client.get(ACTIVITIES)).json()["activities"]
    assert [entry["duplicateOf"] for entry in listed] == [None, original["id"]]


async def test_unlinked_it_is_as_it_was_but_for_its_revision(
    client: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    original, duplicate = pair
    await put(client, original, duplicate)
    assert (await client.delete(address(original, duplicate))).status_code == 204
    unlinked = (await client.get(f"{ACTIVITIES}/{duplicate['id']}")).json()
    assert (unlinked["duplicateOf"], unlinked["revision"]) == (None, 3)
    gone = await client.delete(address(original, duplicate))
    assert (gone.status_code, gone.json()["title"]) == (404, "Unknown duplicate")


async def test_what_has_changed_by_a_link_must_be_read_again_before_it_is_corrected(
    client: httpx.AsyncClient, walk: dict[str, Any], pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    original, duplicate = pair
    await put(client, original, duplicate)
    body = walk | {"source": "other", "externalId": "o-1"}
    stale = await client.put(f"{ACTIVITIES}/{duplicate['id']}", json=body, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    corrected = await client.put(f"{ACTIVITIES}/{duplicate['id']}", json=body, headers={"If-Match": '"2"'})
    assert (corrected.status_code, corrected.json()["duplicateOf"]) == (200, original["id"])


@pytest.mark.parametrize(
    ("original", "duplicate", "field", "reason"),
    [
        ("first", "first", "duplicateId", "is the activity itself"),
        ("first", "cleanup", "duplicateId", "is of another type"),
        ("linked", "third", "activityId", "is itself a duplicate"),
        ("third", "linked", "duplicateId", "is a duplicate of another activity"),
        ("third", "first", "duplicateId", "has duplicates of its own"),
    ],
)
async def test_what_cannot_be_one_event_is_refused(
    client: httpx.AsyncClient,
    report: Report,
    walk: dict[str, Any],
    cleanup: dict[str, Any],
    pair: tuple[dict[str, Any], dict[str, Any]],
    original: str,
    duplicate: str,
    field: str,
    reason: str,
) -> None:
    known = {"first": pair[0], "linked": pair[1]}
    known |= {"third": await report(walk, externalId="walk-3"), "cleanup": await report(cleanup)}
    await put(client, *pair)
    refused = await put(client, known[original], known[duplicate])
    assert (refused.status_code, refused.json()["title"]) == (422, "Invalid duplicate")
    (violation,) = refused.json()["violations"]
    assert (violation["field"], violation["reason"]) == (field, reason)
    assert violation["remedy"]


async def test_what_does_not_exist_cannot_be_linked(
    client: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    for unknown in ((pair[0], {"id": uuid4()}), ({"id": uuid4()}, pair[1])):
        assert (await put(client, *unknown)).json()["title"] == "Unknown activity"
        assert (await client.delete(address(*unknown))).json()["title"] == "Unknown duplicate"
    assert (await put(client, pair[0], {"id": "x"})).status_code == 404


async def test_only_who_may_report_may_link(
    reader: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    assert (await put(reader, *pair)).status_code == 403
    assert (await reader.delete(address(*pair))).status_code == 403
    assert (await reader.get(SUSPECTS)).status_code == 200


async def test_when_the_one_that_counts_is_taken_back_its_duplicates_count_again(
    client: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    original, duplicate = pair
    await put(client, original, duplicate)
    erased = await client.delete(f"{ACTIVITIES}/{original['id']}", headers={"If-Match": "*"})
    assert erased.status_code == 204
    unlinked = (await client.get(f"{ACTIVITIES}/{duplicate['id']}")).json()
    assert (unlinked["duplicateOf"], unlinked["revision"]) == (None, 3)


async def test_two_sources_with_one_type_area_and_day_are_suspected(
    client: httpx.AsyncClient, report: Report, walk: dict[str, Any], pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    await report(walk, source="third", externalId="other-day", start="2016-04-13")
    await report(walk, source="third", externalId="other-area", area="1282-norra-torget")
    await report(walk, source="third", externalId="off", status="cancelled")
    found = await suspects(client)
    assert [[one["externalId"] for one in suspect["activities"]] for suspect in found] == [["walk-1", "o-1"]]
    assert {(suspect["type"], suspect["area"], suspect["date"]) for suspect in found} == {
        ("safety-walk", "1282-karlslund", "2016-04-12")
    }
    assert [one["source"] for one in found[0]["activities"]] == ["test", "other"]


PARK, WHOLE = "1282-karlslund", "1282"


@pytest.mark.parametrize(
    ("first", "second", "is_suspected"),
    [
        # Sent twice, without anything that the source knows it by.
        ({"externalId": None}, {"externalId": None}, True),
        ({"externalId": None}, {"externalId": None, "participants": {"residents": 3}}, True),
        ({"externalId": None, "area": WHOLE}, {"externalId": None, "area": WHOLE}, True),
        ({"externalId": None}, {}, True),
        # Sent twice with ids of their own, by a program that tried again.
        ({}, {"externalId": "again"}, True),
        ({"area": WHOLE}, {"externalId": "again", "area": WHOLE}, True),
        ({"area": WHOLE}, {"externalId": "again", "area": WHOLE, "version": 9}, True),
        # At one place on one day.
        ({}, {"externalId": "other", "participants": {"residents": 3}}, True),
        ({}, {"externalId": "other", "start": "2016-04-12T08:00:00Z"}, True),
        # Of a whole municipality there are many on a day, and their ids tell them apart.
        ({"area": WHOLE}, {"externalId": "other", "area": WHOLE, "participants": {"residents": 3}}, False),
        ({"area": WHOLE}, {"externalId": "other", "area": WHOLE, "start": "2016-04-12T08:00:00Z"}, False),
        ({}, {"externalId": None, "start": "2016-04-13"}, False),
        ({}, {"externalId": None, "area": "1282-norra-torget"}, False),
        ({}, {"externalId": None, "status": "cancelled"}, False),
    ],
)
async def test_one_source_may_have_reported_an_event_twice(
    client: httpx.AsyncClient,
    report: Report,
    walk: dict[str, Any],
    first: dict[str, Any],
    second: dict[str, Any],
    is_suspected: bool,
) -> None:
    """Trials A7."""
    pair = await report(walk, **first), await report(walk, **second)
    assert pair[0]["id"] != pair[1]["id"]
    assert len(await suspects(client)) == is_suspected
    if is_suspected:
        assert (await put(client, *pair)).status_code == 200
        assert await suspects(client) == []


async def test_what_is_planned_without_a_start_may_be_reported_twice(
    client: httpx.AsyncClient, report: Report, cleanup: dict[str, Any]
) -> None:
    """Trials A7: it counts on no day yet, and was reported on one."""
    plan = {name: value for name, value in cleanup.items() if name not in {"start", "completed", "externalId"}}
    for _ in range(2):
        await report(plan, status="planned")
    (found,) = await suspects(client)
    assert (found["type"], found["date"]) == ("graffiti-cleanup", "2016-03-24")


async def test_what_is_linked_is_suspected_no_more(
    client: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    assert len(await suspects(client)) == 1
    await put(client, *pair)
    assert await suspects(client) == []
    await client.delete(address(*pair))
    assert len(await suspects(client)) == 1


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ({"area": "1282"}, 1),
        ({"area": "1283"}, 0),
        ({"type": "safety-walk"}, 1),
        ({"type": "graffiti-cleanup"}, 0),
        ({"from": "2016-04-12"}, 1),
        ({"from": "2016-04-13"}, 0),
        ({"to": "2016-04-12"}, 1),
        ({"to": "2016-04-11"}, 0),
    ],
)
async def test_suspects_are_asked_for_by_area_type_and_day(
    client: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]], query: dict[str, Any], pairs: int
) -> None:
    assert len(await suspects(client, **query)) == pairs


async def test_suspects_come_in_pages(
    client: httpx.AsyncClient, report: Report, walk: dict[str, Any], pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    await report(walk, source="third", externalId="t-1")
    answer = (await client.get(SUSPECTS, params=SPRING | {"limit": 2, "page": 2})).json()
    assert (answer["_meta"]["totalRecords"], len(answer["duplicateSuspects"])) == (3, 1)


async def test_suspects_are_compared_a_year_at_a_time(
    client: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    assert (await client.get(SUSPECTS)).json()["duplicateSuspects"] == []
    for day in ({"from": "2016-04-12"}, {"to": "2016-04-12"}, {"to": "2017-04-13"}):
        assert len((await client.get(SUSPECTS, params=day)).json()["duplicateSuspects"]) == 1
    assert (await client.get(SUSPECTS, params={"from": "2199-12-31"})).status_code == 200
    refused = await client.get(SUSPECTS, params={"from": "2016-01-01", "to": "2017-06-30"})
    assert (refused.status_code, refused.json()["violations"][0]["field"]) == (400, "to")
    backwards = await client.get(SUSPECTS, params={"from": "2016-02-01", "to": "2016-01-01"})
    assert (backwards.status_code, backwards.json()["violations"][0]["field"]) == (400, "to")


@pytest.mark.one_app
@pytest.mark.parametrize("query", [{"area": "none"}, {"type": "none"}])
async def test_an_unknown_code_is_told(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    refused = await client.get(SUSPECTS, params=SPRING | query)
    assert (refused.status_code, refused.json()["violations"][0]["field"]) == (400, *query)


async def unreported(client: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await client.get(ACTIVITIES, params={"unreported": "true"} | query)
    return [entry["externalId"] for entry in answer.json()["activities"]]


async def test_a_plan_whose_day_has_passed_is_unreported_until_it_is_told_of(
    client: httpx.AsyncClient, report: Report, walk: dict[str, Any]
) -> None:
    plan = {"status": "planned", "participants": {}}
    await report(walk, externalId="performed")
    await report(walk, externalId="cancelled", status="cancelled")
    await report(walk, **plan, externalId="overdue")
    assert await unreported(client) == ["overdue"]
    assert await unreported(client, area="1283") == []
    await report(walk, externalId="overdue")
    assert await unreported(client) == []


async def test_without_a_start_another_moment_of_the_plan_tells_that_it_has_passed(
    client: httpx.AsyncClient, report: Report, cleanup: dict[str, Any]
) -> None:
    plan = {name: value for name, value in cleanup.items() if name not in {"start", "completed"}} | {
        "status": "planned"
    }
    await report(plan, externalId="only reported, so it waits")
    assert await unreported(client) == []
    walk = {"type": "safety-walk", "annex": 3, "attributes": {}, "cost": None, "participants": {}}
    moments = {"reported": None, "policeReported": None, "end": "2016-03-30"}
    await report(plan, **walk, **moments, externalId="to be done")
    assert await unreported(client) == ["to be done"]


async def test_a_plan_for_today_is_not_overdue(client: httpx.AsyncClient, report: Report, walk: dict[str, Any]) -> None:
    """The agreement of the other tests is over; this one is not."""
    agreement = (await client.get(f"{BASE}/agreements/landskrona-2015-2016")).json()
    body = {
        name: value for name, value in agreement.items() if name not in {"_links", "code", "targets", "annexes"}
    } | {"validFrom": "2015-01-01", "validTo": str(today() + timedelta(30)), "annexes": []}
    put_agreement = await client.put(f"{BASE}/agreements/long", json=body)
    assert put_agreement.status_code in {200, 201}, put_agreement.text
    plan = walk | {"agreement": "long", "annex": None, "status": "planned", "participants": {}}
    days: dict[str, date] = {"yesterday": today() - timedelta(1), "today": today(), "tomorrow": today() + timedelta(1)}
    for external_id, day in days.items():
        await report(plan, externalId=external_id, start=str(day))
    assert await unreported(client) == ["yesterday"]


async def test_a_linked_plan_is_told_of_by_the_other_source(
    client: httpx.AsyncClient, report: Report, walk: dict[str, Any]
) -> None:
    original = await report(walk)
    plan = await report(walk, source="other", externalId="o-1", status="planned", participants={})
    assert await unreported(client) == ["o-1"]
    await put(client, original, plan)
    assert await unreported(client) == []


async def test_unreported_takes_a_yes_or_a_no(
    client: httpx.AsyncClient, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    assert (await client.get(ACTIVITIES, params={"unreported": "false"})).json()["_meta"]["totalRecords"] == 2
    assert (await client.get(ACTIVITIES, params={"unreported": "maybe"})).status_code == 400
