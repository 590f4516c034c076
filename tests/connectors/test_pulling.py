"""From a GeoReport server to activities, run by run, and what the API reports of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.indicators.sources import polling
from services.indicators.sources.polling import Poller
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.fetching import Fetcher
from shared.facts.catalogue_in_force import CatalogueInForce
from tests.connectors.conftest import HERE, TODAY, GeoReport, fails, is_cut, request
from tests.connectors.runs import SOURCE, SOURCES, put, run, run_again, state, stored_activities

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

pytestmark = pytest.mark.usefixtures("short_history")

FAILING = (
    """CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'as PostgreSQL says it' USING ERRCODE = '{}'; END $$""",
    "CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON activity FOR EACH ROW EXECUTE FUNCTION fail()",
)


async def test_requests_become_activities_and_mark_their_figures(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    server.requests = [request(1), request(2, status="closed", updated_datetime="2016-03-29T10:00:00+02:00")]
    assert (await put(client, server)).status_code == 201
    await run(poller)
    activities = await stored_activities(client)
    assert {key: (entry["status"], entry["area"]) for key, entry in activities.items()} == {
        "r-1": ("planned", "1282-karlslund"),
        "r-2": ("performed", "1282-karlslund"),
    }
    assert (activities["r-2"]["reported"], activities["r-2"]["completed"], activities["r-2"]["start"]) == (
        "2016-03-24T07:00:00Z",
        "2016-03-29T08:00:00Z",
        None,
    )
    assert activities["r-2"]["note"] is None
    current = await state(client)
    assert (current["failure"], current["position"], current["isRunning"]) == (None, "2016-04-30T00:00:00Z", False)
    counts = {"created": 2, "updated": 0, "unchanged": 0, "outdated": 0, "refused": 0, "placedOtherwise": 0}
    assert current["tally"] == {**counts, "remarks": []}
    async with engine.connect() as connection:
        statement = text("SELECT count(*) FROM dirty_mark WHERE fact = 'graffiti-cleanup' AND month = '2016-03-01'")
        assert (await connection.execute(statement)).scalar_one()


async def test_the_next_run_sees_what_has_changed_and_never_goes_back(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    server.requests = [request(1), request(2), request(3)]
    await put(client, server)
    await run(poller)
    server.requests[0] |= {"status": "closed", "updated_datetime": "2016-03-30T10:00:00Z"}
    server.requests[1] |= {"status": "closed", "updated_datetime": "2016-03-01T10:00:00Z"}
    server.requests[2] |= {"status": "closed", "status_notes": "Dubblett", "updated_datetime": "2016-03-31T10:00:00Z"}
    await run_again(poller, engine)
    assert {key: entry["status"] for key, entry in (await stored_activities(client)).items()} == {
        "r-1": "performed",
        "r-2": "planned",
        "r-3": "cancelled",
    }
    tally = (await state(client))["tally"]
    assert (tally["updated"], tally["refused"]) == (2, 1)
    assert tally["remarks"][0]["field"] == "completed"


async def test_an_older_version_never_replaces_a_newer_one(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    server.requests = [request(1, status="closed", updated_datetime="2016-03-30T10:00:00Z")]
    await put(client, server)
    await run(poller)
    server.requests = [request(1, updated_datetime="2016-03-29T10:00:00Z")]
    await run_again(poller, engine)
    assert (await stored_activities(client))["r-1"]["status"] == "performed"
    assert (await state(client))["tally"]["outdated"] == 1


async def test_what_breaks_a_rule_is_told_and_the_rest_is_kept(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller
) -> None:
    server.requests = [
        request(1),
        request(2, status="hos Anna"),
        request(3, status="hos Bo"),
        request(4, service_request_id="19121212-1212"),
        request(5, status="closed", updated_datetime="2019-01-01T10:00:00Z"),
    ]
    await put(client, server)
    await run(poller)
    assert [*await stored_activities(client)] == ["r-1"]
    tally = (await state(client))["tally"]
    assert tally["refused"] == 4
    assert [remark["count"] for remark in tally["remarks"] if remark["field"] == "status"] == [2]
    assert "Anna" not in str(tally)
    assert "19121212" not in str(tally)


@pytest.mark.usefixtures("hasty")
async def test_a_run_that_fails_is_told_and_goes_on_where_it_stopped(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    server.requests = [request(number, f"2016-0{month}-10") for number, month in ((1, 3), (2, 4))]
    await put(client, server, lookBackDays=0)

    def first_month_only(asked: dict[str, str]) -> list[dict[str, Any]]:
        if asked["start_date"] >= "2016-03-2":
            server.misbehaves = [is_cut] * 3 + [fails(500)] * 9
        return [found for found in server.requests[:1] if asked["page"] == "1"]

    server.answers = first_month_only
    await run(poller)
    current = await state(client)
    assert (current["failure"], current["failuresInARow"], current["succeededAt"]) == ("broken", 1, None)
    assert current["position"] == "2016-03-30T23:00:00Z"
    assert [*await stored_activities(client)] == ["r-1"]
    server.misbehaves, server.answers, server.asked = [], None, []
    await run_again(poller, engine)
    assert min(asked["start_date"] for asked in server.asked) == "2016-03-30T23:00:00Z"
    assert {*await stored_activities(client)} == {"r-1", "r-2"}
    current = await state(client)
    assert (current["failure"], current["failuresInARow"]) == (None, 0)


async def test_who_asks_for_a_pause_is_left_alone_as_long(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    server.misbehaves = [fails(429, Retry_After="7200")]
    await put(client, server)
    await run(poller)
    current = await state(client)
    assert current["failure"] == "busy"
    async with engine.connect() as connection:
        waits = text("SELECT due_at - ended_at FROM pulled_source")
        assert (await connection.execute(waits)).scalar_one().total_seconds() == pytest.approx(7200, abs=1)
    await run(poller)
    assert len(server.asked) == 1


@pytest.mark.usefixtures("hasty")
async def test_failures_in_a_row_wait_longer_each_time(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    await put(client, server, intervalMinutes=10)
    waits = []
    for _ in range(3):
        server.misbehaves = [fails(500)] * 4
        await run_again(poller, engine)
        async with engine.connect() as connection:
            waited = await connection.execute(text("SELECT due_at - ended_at FROM pulled_source"))
            waits.append(round(waited.scalar_one().total_seconds() / 60))
    assert waits == [10, 20, 40]


async def test_two_processes_do_not_read_one_source(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    other = Poller(engine, Fetcher(HERE), CatalogueInForce(shipped_catalogue()), lambda: TODAY)
    server.requests = [request(1)]
    await put(client, server)
    await asyncio.gather(run(poller), run(other))
    first_pages = [asked["start_date"] for asked in server.asked if asked["page"] == "1"]
    assert len(first_pages) == len(set(first_pages)) == 3


async def test_a_source_that_is_changed_meanwhile_is_read_anew(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller
) -> None:
    server.requests = [request(1)]
    await put(client, server)

    def change(asked: dict[str, str]) -> list[dict[str, Any]]:
        server.answers = None
        asyncio.run_coroutine_threadsafe(put(client, server, lookBackDays=3), loop).result(20)
        return server.found(asked)

    loop = asyncio.get_running_loop()
    server.answers = change
    await run(poller)
    current = await state(client)
    assert (current["endedAt"], current["position"], await stored_activities(client)) == (None, None, {})
    await run(poller)
    assert [*await stored_activities(client)] == ["r-1"]


async def test_a_run_that_is_stopped_is_taken_up_by_another(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    server.requests = [request(1)]
    await put(client, server)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(asked: dict[str, str]) -> list[dict[str, Any]]:
        server.answers = None
        loop.call_soon_threadsafe(stopped.set)
        return server.found(asked)

    server.answers = wait
    await poller.look()
    await stopped.wait()
    await poller.stop()
    assert (await state(client))["isRunning"] is False
    await run(Poller(engine, Fetcher(HERE), CatalogueInForce(shipped_catalogue()), lambda: TODAY))
    assert [*await stored_activities(client)] == ["r-1"]


async def test_a_paused_source_is_not_read(client: httpx.AsyncClient, server: GeoReport, poller: Poller) -> None:
    await put(client, server, isPaused=True)
    await run(poller)
    assert server.asked == []
    assert (await state(client))["dueAt"] is None


async def test_a_fault_of_ours_is_told_too(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.requests = [request(1)]
    await put(client, server)
    monkeypatch.setattr(polling, "translate", lambda *_: 1 / 0)
    await run(poller)
    assert (await state(client))["failure"] == "internalError"


async def test_what_takes_too_long_to_store_is_told_and_waits_and_what_cannot_be_stored_now_does_not(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    server.requests = [request(1)]
    await put(client, server)
    for error, failure in (("lock_not_available", None), ("query_canceled", "internalError")):
        async with engine.begin() as connection:
            for statement in FAILING:
                await connection.exec_driver_sql(statement.format(error))
        await run_again(poller, engine)
        assert (await state(client))["failure"] == failure


async def test_a_source_is_listed_replaced_and_removed(
    client: httpx.AsyncClient, reporter: httpx.AsyncClient, server: GeoReport
) -> None:
    await put(client, server)
    listed = (await client.get(SOURCES)).json()
    assert [entry["code"] for entry in listed["pulledSources"]] == ["city-311"]
    assert (await put(client, server, intervalMinutes=60)).json()["revision"] == 2
    assert (await put(client, server, intervalMinutes=60)).json()["revision"] == 2
    assert (await reporter.get(SOURCE)).status_code == 403
    assert (await client.delete(SOURCE)).status_code == 204
    assert (await client.delete(SOURCE)).status_code == 404
    assert (await client.get(SOURCE)).status_code == 404


async def test_a_long_answer_is_recorded_a_chunk_at_a_time(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    """Trials C5: one page was one transaction, in which no area could be changed for minutes."""
    server.requests = [request(number) for number in range(2 * polling.CHUNK + 10)]
    server.pages, server.most = False, 1000
    await put(client, server)
    await run(poller)
    async with engine.connect() as connection:
        sizes = (await connection.execute(text("SELECT count(*) FROM activity GROUP BY xmin"))).scalars().all()
    assert sorted(sizes, reverse=True) == [polling.CHUNK, polling.CHUNK, 10]
