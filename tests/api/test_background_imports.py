"""Imports that go on in the background: stored before they are accepted, and reported on while they run."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import ClientDisconnect

from services.api.http.routing import BASE
from services.api.imports import queue, run
from shared.limits import Limits
from shared.settings import Settings
from tests.api import bra
from tests.api.bra import ASSAULT, DAMAGE

pytestmark = pytest.mark.begins_with("landskrona")
HEADER = "source,externalId,type,agreement,annex,area,status,start,participants.residents"
IN_BACKGROUND = {"Prefer": "wait=10, Respond-Async; now=1", "Content-Type": "text/csv"}

# As PostgreSQL ends a statement that takes too long.
TOO_LONG = (
    """CREATE FUNCTION take_too_long() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'too long' USING ERRCODE = 'query_canceled'; END $$""",
    """CREATE TRIGGER take_too_long BEFORE INSERT ON activity FOR EACH ROW
       WHEN (NEW.external_id = 'walk-666') EXECUTE FUNCTION take_too_long()""",
)


def walks(*numbers: int, residents: str = "21") -> bytes:
    begin = "safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12"
    return "\n".join([HEADER, *(f"test,walk-{number},{begin},{residents}" for number in numbers)]).encode()


async def send(
    client: httpx.AsyncClient,
    content: bytes | AsyncIterator[bytes],
    noun: str = "activity-imports",
    headers: dict[str, str] = IN_BACKGROUND,
    **query: str,
) -> str:
    response = await client.post(f"{BASE}/{noun}", content=content, params=query, headers=headers)
    assert response.status_code == 202, response.text
    assert response.headers["Preference-Applied"] == "respond-async"
    assert response.headers["Location"].endswith(f"/{noun}/{response.json()['id']}")
    return response.headers["Location"]


async def ended(client: httpx.AsyncClient, location: str) -> dict[str, Any]:
    """Return the report of an import once it has ended."""
    async with asyncio.timeout(30):
        while (report := (await client.get(location)).json())["endedAt"] is None:
            assert report["status"] in {"received", "running"}
            await asyncio.sleep(0.02)
    return report


async def pieces(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(text("SELECT count(*) FROM file_import_piece"))).scalar_one()


async def test_the_answer_comes_before_the_import_and_tells_where_to_look(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 2)
    content = walks(1, 2, 3, 4, 5, residents="21") + b"\nbroken"
    report = await ended(client, await send(client, content))
    assert (report["status"], report["rows"], report["created"], report["refused"]) == ("completed", 6, 5, 1)
    assert (report["bytes"], report["bytesRead"]) == (len(content), len(content))
    assert {remark["row"] for remark in report["remarks"]} == {7}
    assert await pieces(engine) == 0
    again = await ended(client, await send(client, content))
    assert (again["created"], again["unchanged"]) == (0, 5)


async def test_observations_go_by_the_mapping_as_it_was_when_the_file_came(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    (await client.put(f"{BASE}/import-mappings/bra-months", json=bra.mapping())).raise_for_status()
    resources = app.state.resources
    async with resources.engine.begin() as busy:
        # Whoever changes the structure keeps every import waiting.
        await busy.execute(text("SELECT pg_advisory_xact_lock(7310001)"))
        content = bra.table(bra.month(ASSAULT, "63.0"), bra.quarter(DAMAGE, "1"))
        location = await send(client, content, "observation-imports", mapping="bra-months")
        assert (await client.delete(f"{BASE}/import-mappings/bra-months")).status_code == 204
    report = await ended(client, location)
    assert (report["status"], report["created"], report["skipped"], report["unusedCodes"]) == ("completed", 1, 1, [])


async def test_a_file_that_cannot_be_read_fails_and_says_why(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    report = await ended(client, await send(client, b"source,colour\n"))
    assert (report["status"], report["rows"]) == ("failed", 0)
    assert "unknown" in report["failure"]
    assert [(remark["row"], remark["field"]) for remark in report["remarks"]] == [(0, "colour")]
    assert await pieces(engine) == 0


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("content", "headers", "query", "status"),
    [
        (b"", {}, {}, 422),
        (b"{}", {"Content-Type": "application/json"}, {}, 415),
        (b"x", {}, {"mapping": "unknown"}, 400),
    ],
)
async def test_what_is_wrong_as_such_is_refused_at_once(
    client: httpx.AsyncClient, content: bytes, headers: dict[str, Any], query: dict[str, Any], status: int
) -> None:
    response = await client.post(
        f"{BASE}/activity-imports", content=content, params=query, headers=IN_BACKGROUND | headers
    )
    assert response.status_code == status
    assert (await client.get(f"{BASE}/activity-imports")).json()["activityImports"] == []


async def test_a_file_that_breaks_off_is_not_kept(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield walks(1)
        raise ClientDisconnect

    response = await client.post(f"{BASE}/activity-imports", content=body(), headers=IN_BACKGROUND)
    assert response.status_code == 400
    assert await pieces(engine) == 0
    assert (await client.get(f"{BASE}/activity-imports")).json()["activityImports"] == []


async def test_an_import_goes_on_after_the_last_chunk_that_was_kept(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 2)
    monkeypatch.setattr(queue, "SECONDS_BETWEEN_LOOKS", 0.01)
    take = run.ImportRun.take
    failures = iter([False, False, True])

    async def failing_once(self: Any, batch: Sequence[Any]) -> None:
        for row in batch:
            if next(failures, False):
                raise ConnectionError("the database went away")
            await take(self, [row])

    monkeypatch.setattr(run.ImportRun, "take", failing_once)
    report = await ended(client, await send(client, walks(1, 2, 3, 4, 5) + b"\nbroken"))
    assert (report["status"], report["rows"], report["created"], report["refused"]) == ("completed", 6, 5, 1)
    assert {remark["row"] for remark in report["remarks"]} == {7}
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT import_row FROM activity ORDER BY 1"))).scalars().all()
    assert rows == [2, 3, 4, 5, 6]


async def test_what_fails_every_time_is_given_up_and_does_not_stop_the_next(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "SECONDS_BETWEEN_LOOKS", 0.01)
    take = run.ImportRun.take

    async def failing_on_poison(self: Any, batch: Sequence[Any]) -> None:
        if any(draft.activity.external_id == "walk-666" for _, draft in batch):
            raise ZeroDivisionError
        await take(self, batch)

    monkeypatch.setattr(run.ImportRun, "take", failing_on_poison)
    poison, good = await send(client, walks(666)), await send(client, walks(1))
    assert (await ended(client, poison))["status"] == "failed"
    assert (await ended(client, good))["created"] == 1


async def test_what_takes_too_long_every_time_is_given_up_and_does_not_stop_the_next(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "SECONDS_BETWEEN_LOOKS", 0.01)
    async with engine.begin() as connection:
        for statement in TOO_LONG:
            await connection.exec_driver_sql(statement)
    poison, good = await send(client, walks(666)), await send(client, walks(1))
    assert (await ended(client, poison))["status"] == "failed"
    assert (await ended(client, good))["created"] == 1


async def test_a_personal_number_in_a_kept_file_is_refused_and_the_file_let_go(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    report = await ended(client, await send(client, walks(1, residents="850709-9805")))
    assert report["refused"] == 1
    assert "850709" not in json.dumps(report)
    assert await pieces(engine) == 0


class TestQuota:
    """What of one key is stored until it is imported."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"limits": Limits(waiting_files_per_key=2)})

    async def test_one_key_has_few_files_waiting(self, client: httpx.AsyncClient, reporter: httpx.AsyncClient) -> None:
        """Trials C11: others are not hindered, and a place is free again once a file has been imported."""
        address, content = f"{BASE}/activity-imports?dryRun=true", walks(*range(3000))
        answers = [await client.post(address, content=content, headers=IN_BACKGROUND) for _ in range(8)]
        assert {answer.status_code for answer in answers} == {202, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["Retry-After"]
        assert refused.json()["detail"].startswith("Many files of this key wait")
        other = await reporter.post(address, content=walks(1), headers=IN_BACKGROUND)
        assert other.status_code == 202
        for answer in [*answers, other]:
            if answer.status_code == 202:
                await ended(client, answer.headers["Location"])
        assert (await client.post(address, content=walks(1), headers=IN_BACKGROUND)).status_code == 202
