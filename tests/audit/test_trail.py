"""The trail as administrators see it: who, on whose behalf, what, and what was there before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from tests.audit.trail import last_written, seal_all, written_since

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

AUDIT, NOTES, IMPORTS = f"{BASE}/audit-entries", f"{BASE}/notes", f"{BASE}/activity-imports"
SENT_BY = "type=adAccount; joe01doe"
NOTE = {"indicator": "school-visits", "area": "1282", "period": "2016-T1", "text": "Två skolor har bytt kontaktperson."}
HEADER = "source,externalId,type,agreement,annex,area,status,start,participants.residents"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


async def entries(client: httpx.AsyncClient, engine: AsyncEngine, **query: Any) -> list[dict[str, Any]]:
    """Return what the API shows once all is sealed, the latest first."""
    await seal_all(engine)
    answer = await client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["auditEntries"]
    return found


def walks(*numbers: int, source: str, residents: int = 21) -> bytes:
    row = "safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12"
    return "\n".join([HEADER, *(f"{source},walk-{number},{row},{residents}" for number in numbers)]).encode()


async def test_a_note_s_whole_life_is_told(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    made = await client.post(NOTES, json=NOTE, headers={"X-Sent-By": "joe01doe; type=adAccount"})
    note = made.headers["Location"]
    changed = {**NOTE, "text": "Tre skolor har bytt kontaktperson."}
    assert (await client.put(note, json=changed, headers={"If-Match": '"1"'})).is_success
    assert (await client.delete(note, headers={"If-Match": '"2"'})).is_success
    deletion, change, creation = await entries(client, engine, address=f"notes/{made.json()['id']}")
    assert [one["operation"] for one in (creation, change, deletion)] == ["created", "changed", "deleted"]
    assert (creation["sentBy"], change["sentBy"]) == (SENT_BY, None)
    assert (creation["actorName"], creation["area"], creation["resource"]) == ("test administer", "1282", "notes")
    assert (creation["before"], creation["after"]["text"]) == (None, NOTE["text"])
    assert (creation["after"]["area"], creation["after"]["writtenBy"]) == ("1282", "test administer")
    assert (change["before"], change["after"]["text"]) == (creation["after"], changed["text"])
    assert (deletion["before"], deletion["after"]) == (change["after"], None)
    assert creation["number"] < change["number"] < deletion["number"]
    assert len({one["traceId"] for one in (creation, change, deletion)}) == 3


async def test_the_trace_of_a_request_is_found_in_the_trail(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    made = await client.post(NOTES, json=NOTE, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    (entry,) = await entries(client, engine, address=f"notes/{made.json()['id']}")
    assert entry["traceId"] == trace


async def test_what_is_refused_or_changes_nothing_is_not_in_it(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    before = await last_written(engine)
    roles = (await client.get(f"{BASE}/areas/1282-karlslund/roles")).json()["roles"]
    assert (await client.put(f"{BASE}/areas/1282-karlslund/roles", json={"roles": roles})).is_success
    assert (await client.post(NOTES, json={**NOTE, "indicator": "unknown"})).status_code == 422
    assert await written_since(engine, before) == []


async def test_of_a_list_that_is_replaced_only_what_differs_is_in_it(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    address = f"{BASE}/areas/1282-havsbrisskolan"
    area = {name: value for name, value in (await client.get(address)).json().items() if name != "_links"}
    before = await last_written(engine)
    assert (await client.put(address, json={**area, "name": "Havsbrisskolan F–6"})).is_success
    (entry,) = await written_since(engine, before)
    assert (entry.operation, entry.address) == ("changed", "areas/1282-havsbrisskolan")
    address = f"{BASE}/areas/1282/terms"
    terms = (await client.get(address)).json()["terms"]
    before = await last_written(engine)
    later = {"name": "Hösten 2031", "validFrom": "2031-08-18", "validTo": "2031-12-19"}
    answer = await client.put(address, json={"terms": [*terms, later]})
    assert answer.is_success, answer.text
    (entry,) = await written_since(engine, before)
    assert (entry.operation, entry.resource, entry.after["name"]) == ("created", "areas/terms", "Hösten 2031")


async def test_an_unreadable_sender_is_refused_in_words(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    before = await last_written(engine)
    for header in ("joe01doe", "type=adAccount; 19121212-1212"):
        answer = await client.post(NOTES, json=NOTE, headers={"X-Sent-By": header, "Accept-Language": "sv"})
        problem = answer.json()
        assert (answer.status_code, problem["type"].rpartition("/")[2]) == (400, "invalid-sent-by")
        assert problem["violations"][0]["field"] == "X-Sent-By"
        assert header.partition("; ")[2] not in answer.text or "; " not in header
    assert await written_since(engine, before) == []


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "respond-async"}])
async def test_rows_of_an_import_say_who_sent_it_and_what_they_were(
    client: httpx.AsyncClient, engine: AsyncEngine, prefer: dict[str, str]
) -> None:
    source = f"audit-{len(prefer)}"
    headers = {"Content-Type": "text/csv", "X-Sent-By": SENT_BY, **prefer}
    await _imported(client, walks(1, 2, source=source), headers)
    # Before anything is sealed: what was created is then told by what the change found.
    await _imported(client, walks(1, 3, source=source, residents=30), headers)
    found = await entries(client, engine, resource="activities")
    rows = [one for one in found if (one["after"] or {}).get("source") == source]
    assert {one["sentBy"] for one in rows} == {SENT_BY}
    assert {one["area"] for one in rows} == {"1282-karlslund"}
    by_key = {(one["after"]["externalId"], one["operation"]): one for one in rows}
    assert {key: one["after"]["participantsResidents"] for key, one in by_key.items()} == {
        ("walk-1", "created"): 21,
        ("walk-2", "created"): 21,
        ("walk-3", "created"): 30,
        ("walk-1", "changed"): 30,
    }
    assert by_key["walk-1", "changed"]["before"] == by_key["walk-1", "created"]["after"]
    assert by_key["walk-2", "created"]["after"]["agreement"] == "landskrona-2015-2016"


async def _imported(client: httpx.AsyncClient, content: bytes, headers: dict[str, str]) -> None:
    answer = await client.post(IMPORTS, content=content, headers=headers)
    assert answer.is_success, answer.text
    report = answer.json()
    while report["endedAt"] is None:
        report = (await client.get(f"{IMPORTS}/{report['id']}")).json()
    assert (report["status"], report["refused"]) == ("completed", 0)


async def test_who_takes_out_a_whole_set_is_in_it_and_small_reads_are_not(
    client: httpx.AsyncClient, reader: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    before = await last_written(engine)
    files = f"{BASE}/indicator-value-files"
    feed = "/samverkan/odata/v4/IndicatorValues"
    headers = {"X-Sent-By": SENT_BY, "Prefer": "odata.maxpagesize=50"}
    assert (await reader.get(files, params={"area": "1282", "format": "csv"}, headers=headers)).is_success
    first = await reader.get(feed, headers=headers)
    assert (await reader.get(first.json()["@odata.nextLink"])).is_success
    assert (await reader.get(f"{BASE}/changes?batchSize=5", headers=headers)).is_success
    assert (await reader.get(feed, params={"$top": "5"})).is_success
    assert (await reader.get(f"{BASE}/indicator-values?area=1282")).is_success
    read = await written_since(engine, before)
    assert [one.address for one in read] == ["indicator-value-files", "odata/IndicatorValues", "changes"]
    assert {(one.operation, one.actor_name, one.sent_by) for one in read} == {("read", "test read", SENT_BY)}
    assert read[0].after == {"area": "1282", "format": "csv"}
    assert (await reader.get(files, headers={"X-Sent-By": "joe01doe"})).status_code == 400


async def test_only_administrators_see_it(reporter: httpx.AsyncClient) -> None:
    assert (await reporter.get(AUDIT)).status_code == 403


async def test_it_is_read_in_parts_and_by_time_and_actor(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    for _ in range(5):
        assert (await client.post(NOTES, json=NOTE)).is_success
    whole = await entries(client, engine, resource="notes")
    actor = whole[0]["actor"]
    seen: list[dict[str, Any]] = []
    url: str | None = f"{AUDIT}?resource=notes&actor={actor}&batchSize=2"
    while url:
        body = (await client.get(url)).json()
        assert body["_meta"]["count"] <= 2
        seen += body["auditEntries"]
        url = body["_links"].get("next", {}).get("href")
    assert seen == whole
    at = whole[2]["recordedAt"]
    assert await entries(client, engine, resource="notes", **{"from": at}) == whole[:3]
    assert await entries(client, engine, resource="notes", to=at) == whole[3:]
    assert await entries(client, engine, actor="nobody") == []


async def test_who_writes_in_the_database_by_hand_is_in_it_by_role(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await client.post(NOTES, json=NOTE)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE indicator_note SET text = 'another' WHERE text = :text"), NOTE)
    entry, *_ = await entries(client, engine, resource="notes", actor="database/samverkan_service")
    assert (entry["operation"], entry["actorName"], entry["after"]["text"]) == ("changed", "test", "another")
