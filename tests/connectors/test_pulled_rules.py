"""What is settled for what a pulled source sends, and what is reported of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.api.http.routing import BASE
from shared.intake.activity_form import ActivityBody
from tests.connectors.conftest import GeoReport, request
from tests.connectors.runs import put, run, run_again, state, stored_activities

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

    from services.indicators.sources.polling import Poller

pytestmark = pytest.mark.usefixtures("short_history")


async def test_the_day_on_which_it_was_first_seen_to_be_closed_stays(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    """trials A3"""
    closed = {"status": "closed", "updated_datetime": "2016-03-29T10:00:00+02:00"}
    server.requests = [request(number, **closed) for number in (1, 2, 3, 4)] + [request(5)]
    await put(client, server)
    await run(poller)
    touched = {"updated_datetime": "2016-05-17T12:00:00Z"}
    server.requests[0] |= touched
    server.requests[1] |= touched | {"status": "open"}
    server.requests[2] |= touched | {"status_notes": "dubblett"}
    server.requests[4] |= touched | {"status": "closed"}
    await run_again(poller, engine)
    server.requests[0] |= {"updated_datetime": "2016-06-01T12:00:00Z", "zipcode": "99999"}
    server.requests[1] |= {"updated_datetime": "2016-06-02T12:00:00Z", "status": "closed"}
    await run_again(poller, engine)
    activities = await stored_activities(client)
    assert {key: (entry["completed"], entry["changedAt"]) for key, entry in activities.items()} == {
        "r-1": ("2016-03-29T08:00:00Z", "2016-06-01T12:00:00Z"),
        "r-2": ("2016-06-02T12:00:00Z", "2016-06-02T12:00:00Z"),  # opened again, and closed anew
        "r-3": (None, "2016-05-17T12:00:00Z"),
        "r-4": ("2016-03-29T08:00:00Z", "2016-03-29T08:00:00Z"),
        "r-5": ("2016-05-17T12:00:00Z", "2016-05-17T12:00:00Z"),
    }
    assert activities["r-1"]["area"] == "1282"


async def test_what_a_person_corrects_is_not_moved_back(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    """trials A3"""
    server.requests = [request(1, status="closed", updated_datetime="2016-03-29T10:00:00+02:00")]
    await put(client, server)
    await run(poller)
    (entry,) = (await stored_activities(client)).values()
    corrected = {name: value for name, value in entry.items() if name in ActivityBody.model_json_schema()["properties"]}
    corrected |= {"completed": "2016-03-30"}
    address = f"{BASE}/activities/{entry['id']}"
    answer = await client.put(address, json=corrected, headers={"If-Match": f'"{entry["revision"]}"'})
    assert answer.is_success, answer.text
    server.requests[0] |= {"updated_datetime": "2016-05-17T12:00:00Z"}
    await run_again(poller, engine)
    assert (await stored_activities(client))["r-1"]["completed"] == "2016-03-30"


async def test_what_was_settled_is_counted_and_reported(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller
) -> None:
    """trials A4, B4"""
    early = {"requested_datetime": "2016-03-24T08:00:02+01:00", "updated_datetime": "2016-03-24T08:00:00+01:00"}
    server.requests = [
        *(request(number, zipcode="99999") for number in (1, 2, 3)),
        *(request(number, status="closed", **early) for number in (4, 5)),
    ]
    await put(client, server)
    await run(poller)
    tally = (await state(client))["tally"]
    assert (tally["created"], tally["refused"], tally["placedOtherwise"]) == (5, 0, 3)
    assert {(one["field"], one["outcome"], one["count"]) for one in tally["remarks"]} == {
        ("area", "taken", 3),
        ("completed", "taken", 2),
    }
    assert (await stored_activities(client))["r-4"]["completed"] == "2016-03-24T07:00:02Z"


async def test_a_server_without_pages_is_reported_whether_all_could_be_read_or_not(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    """trials A10"""
    server.pages, server.most = False, 50
    server.requests = [request(number, f"2016-03-{number % 28 + 1:02}") for number in range(70)]
    await put(client, server)
    await run(poller)
    current = await state(client)
    assert (current["failure"], current["tally"]["created"]) == (None, 70)
    assert [(one["field"], one["outcome"]) for one in current["tally"]["remarks"]] == [("page", "taken")]
    server.requests += [request(number, "2016-03-30") for number in range(100, 160)]
    await run_again(poller, engine)
    current = await state(client)
    assert (current["failure"], current["position"]) == ("incomplete", "2016-04-30T00:00:00Z")
    assert current["tally"]["created"] == 50


async def test_an_id_that_cannot_be_stored_stops_no_source(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller
) -> None:
    closed = {"status": "closed", "updated_datetime": "2016-03-29T10:00:00+02:00"}
    ids: list[object] = [True, 1.5, {"a": 1}, ["x"], "a\0b", "x" * 3000, 7]
    server.requests = [request(1, service_request_id=one, **closed) for one in ids]
    await put(client, server)
    await run(poller)
    current = await state(client)
    assert (current["failure"], current["tally"]["created"], current["tally"]["refused"]) == (None, 1, 6)


async def test_case_numbers_are_taken_by_their_pattern_alone(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller
) -> None:
    """trials B5: of 200 case numbers in a row, 20 have the check digit of a personal number"""
    ids = [f"160104-{number}" for number in range(1000, 1040)]
    server.requests = [request(1, service_request_id=one) for one in ids]
    await put(client, server)
    await run(poller)
    assert (await state(client))["tally"]["refused"] == 4
    await put(client, server, caseNumbers=r"16\d{4}-1\d{3}")
    await run(poller)
    tally = (await state(client))["tally"]
    assert (tally["refused"], tally["created"], tally["unchanged"]) == (0, 4, 36)
