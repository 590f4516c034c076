"""Notes: written on a figure, found again by it, and changed only by who has read them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE
from shared.domain.period import today

NOTES = f"{BASE}/notes"


@pytest.fixture
def note() -> dict[str, Any]:
    """Return a note that breaks no rule."""
    return {
        "indicator": "school-visits",
        "area": "1282",
        "period": "2016-T1",
        "notedOn": "2016-05-10",
        "text": "Två skolor har bytt kontaktperson.",
    }


async def write(client: httpx.AsyncClient, note: dict[str, Any], status: int = 201) -> Any:
    answer = await client.post(NOTES, json=note)
    assert answer.status_code == status, answer.text
    return answer


async def listed(client: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await client.get(NOTES, params=query)
    assert answer.status_code == 200, answer.text
    return [entry["text"] for entry in answer.json()["notes"]]


async def test_a_note_comes_back_with_who_wrote_it(
    reporter: httpx.AsyncClient, reader: httpx.AsyncClient, note: dict[str, Any]
) -> None:
    written = await write(reporter, note)
    address = written.headers["Location"]
    answer = await reader.get(address)
    assert answer.json() == written.json()
    assert answer.headers["ETag"] == '"1"'
    stored = answer.json()
    assert {name: stored[name] for name in note} == note
    assert stored["writtenBy"] == "test report"
    assert stored["recordedAt"] == stored["changedAt"]


async def test_the_day_is_today_when_it_is_left_out(reporter: httpx.AsyncClient, note: dict[str, Any]) -> None:
    del note["notedOn"]
    assert (await write(reporter, note)).json()["notedOn"] == today().isoformat()


async def test_the_list_is_filtered_by_what_a_note_is_about_and_when_it_was_noted(
    reporter: httpx.AsyncClient, reader: httpx.AsyncClient, note: dict[str, Any]
) -> None:
    await write(reporter, note | {"text": "a"})
    await write(reporter, note | {"text": "b", "indicator": "safety-walks"})
    await write(reporter, note | {"text": "c", "area": "1283"})
    await write(reporter, note | {"text": "d", "period": "2016-01"})
    await write(reporter, note | {"text": "e", "notedOn": "2016-04-01"})
    assert await listed(reader) == ["e", "a", "b", "c", "d"]
    assert await listed(reader, indicator="school-visits", area="1282", period="2016-T1") == ["e", "a"]
    assert await listed(reader, period="2016-01") == ["d"]
    assert await listed(reader, area="1283") == ["c"]
    assert await listed(reader, to="2016-05-09") == ["e"]
    assert await listed(reader, **{"from": "2016-04-02", "indicator": "safety-walks"}) == ["b"]
    page = (await reader.get(NOTES, params={"limit": 2, "page": 3})).json()
    assert ([entry["text"] for entry in page["notes"]], page["_meta"]["totalRecords"]) == (["d"], 5)


@pytest.mark.one_app
@pytest.mark.parametrize(
    "query",
    [
        {"indicator": "nowhere"},
        {"area": "nowhere"},
        {"period": "2016-13"},
        {"from": "soon"},
        {"from": "2016-02-01", "to": "2016-01-01"},
        {"writer": "me"},
    ],
)
async def test_a_filter_that_can_find_nothing_is_refused(reader: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await reader.get(NOTES, params=query)).status_code == 400


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"indicator": "nowhere"}, "indicator"),
        ({"indicator": 5}, "indicator"),
        ({"area": "1282-nowhere"}, "area"),
        ({"period": "2016-T4"}, "period"),
        ({"period": "1800"}, "period"),
        ({"notedOn": (today() + timedelta(days=2)).isoformat()}, "notedOn"),
        ({"text": ""}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"text": "Pojken, 19121212-1212, slutade."}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"writtenBy": "me"}, "writtenBy"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_field(
    reporter: httpx.AsyncClient, note: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    problem = (await write(reporter, note | changed, 422)).json()
    assert [violation["field"] for violation in problem["violations"]] == [field]
    assert problem["violations"][0]["remedy"]


async def test_all_that_is_wrong_is_told_at_once(reporter: httpx.AsyncClient, note: dict[str, Any]) -> None:
    wrong = {"indicator": "nowhere", "area": "nowhere", "period": "never", "text": "191212121212"}
    problem = (await write(reporter, note | wrong, 422)).json()
    assert {violation["field"] for violation in problem["violations"]} == {"indicator", "area", "period", "text"}


async def test_a_change_must_build_on_the_latest_revision(
    client: httpx.AsyncClient, reporter: httpx.AsyncClient, note: dict[str, Any]
) -> None:
    address = (await write(reporter, note)).headers["Location"]
    assert (await reporter.put(address, json=note)).status_code == 428
    assert (await reporter.delete(address)).status_code == 428
    assert (await reporter.put(address, json=note, headers={"If-Match": '"7"'})).status_code == 412
    changed = await client.put(address, json=note | {"text": "Bara en skola."}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    stored = changed.json()
    assert (stored["text"], stored["writtenBy"], stored["revision"]) == ("Bara en skola.", "test administer", 2)
    assert changed.headers["ETag"] == '"2"'
    assert stored["changedAt"] > stored["recordedAt"]
    assert (await reporter.delete(address, headers={"If-Match": '"1"'})).status_code == 412
    assert (await reporter.delete(address, headers={"If-Match": '"2"'})).status_code == 204
    assert (await reporter.get(address)).status_code == 404


async def test_the_same_content_is_no_new_revision(
    client: httpx.AsyncClient, reporter: httpx.AsyncClient, note: dict[str, Any]
) -> None:
    written = await write(reporter, note)
    again = await client.put(written.headers["Location"], json=note, headers={"If-Match": "*"})
    assert again.json() == written.json()


async def test_what_is_not_there_is_not_found(reporter: httpx.AsyncClient, note: dict[str, Any]) -> None:
    address = f"{NOTES}/0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a11"
    assert (await reporter.get(address)).status_code == 404
    assert (await reporter.put(address, json=note, headers={"If-Match": "*"})).status_code == 404
    assert (await reporter.delete(address, headers={"If-Match": "*"})).status_code == 404
    assert (await reporter.get(f"{NOTES}/1")).status_code == 404


async def test_who_may_only_read_does_not_write(
    reader: httpx.AsyncClient, stranger: httpx.AsyncClient, note: dict[str, Any]
) -> None:
    assert (await reader.post(NOTES, json=note)).status_code == 403
    assert (await stranger.get(NOTES)).status_code == 401
