"""Activities that stand for several, over HTTP and in files: generality E7."""

from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE

pytestmark = pytest.mark.begins_with("landskrona")
ACTIVITIES = f"{BASE}/activities"
CHECK: dict[str, Any] = {
    "source": "test",
    "externalId": "check-1",
    "type": "traffic-check",
    "agreement": "landskrona-2015-2016",
    "area": "1282",
    "status": "performed",
    "start": "2016-04-30",
}


async def test_generality_e7_sixty_two_checks_are_one_activity(client: httpx.AsyncClient) -> None:
    created = await client.post(ACTIVITIES, json=CHECK | {"count": 62})
    assert (created.status_code, created.json()["count"]) == (201, 62)
    # Left out it is one, and null is as left out.
    for sent in (CHECK, CHECK | {"count": None}):
        corrected = await client.post(ACTIVITIES, json=sent)
        assert (corrected.status_code, corrected.json()["count"]) == (200, 1)


@pytest.mark.parametrize("count", [0, -1, 1.5, "62", True, 10**12, []])
async def test_generality_e7_a_count_is_a_number_of_activities(client: httpx.AsyncClient, count: object) -> None:
    refused = await client.post(ACTIVITIES, json=CHECK | {"count": count})
    assert refused.status_code == 422
    assert [violation["field"] for violation in refused.json()["violations"]] == ["count"]


async def test_generality_e7_a_file_has_a_column_of_counts(client: httpx.AsyncClient) -> None:
    rows = ("check-1,62", "check-2,", "check-3,0", "check-4,många")
    common = "test,traffic-check,landskrona-2015-2016,1282,performed,2016-04-30"
    content = "source,type,agreement,area,status,start,externalId,count\n" + "".join(
        f"{common},{row}\n" for row in rows
    )
    answer = await client.post(
        f"{BASE}/activity-imports", content=content.encode(), headers={"Content-Type": "text/csv"}
    )
    assert [remark["field"] for remark in answer.json()["remarks"]] == ["count", "count"], answer.text
    listed = (await client.get(f"{ACTIVITIES}?type=traffic-check")).json()["activities"]
    assert {one["externalId"]: one["count"] for one in listed} == {"check-1": 62, "check-2": 1}
