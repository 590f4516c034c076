"""Imports while something else happens: a client that leaves, a process that dies, an area that changes."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.api.imports import run
from tests.api.import_files import IMPORTS, counts, csv_of, row, send, stored
from tests.extent import amount

pytestmark = pytest.mark.begins_with("landskrona")


async def test_when_the_client_goes_away_the_rows_so_far_are_kept_and_it_is_said(
    app: FastAPI, client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    sent = iter([csv_of(row(1), row(2)), b"test,walk-3,safety"])

    async def receive() -> dict[str, Any]:
        piece = next(sent, None)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": True}

    async def answer(_message: object) -> None:
        pass

    scope = client.build_request("POST", IMPORTS, headers={"Content-Type": "text/csv"})
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": IMPORTS,
            "raw_path": IMPORTS.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in scope.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
        },
        receive,
        answer,
    )
    (entry,) = (await client.get(IMPORTS)).json()["activityImports"]
    assert (entry["status"], counts(entry)) == ("interrupted", {"rows": 2, "created": 2})
    assert set(await stored(engine)) == {"walk-1", "walk-2"}


async def test_an_import_that_died_with_its_process_counts_as_interrupted(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await send(client, csv_of(row(1)))
    async with engine.begin() as connection:
        left = "UPDATE file_import SET status = 'running', heartbeat_at = now() - interval '11 minutes'"
        await connection.execute(text(left))
    (entry,) = (await client.get(IMPORTS)).json()["activityImports"]
    assert entry["status"] == "interrupted"


async def test_others_are_answered_while_an_import_runs(client: httpx.AsyncClient) -> None:
    content = csv_of(*[row(number) for number in range(8000)])
    running = asyncio.create_task(send(client, content))
    seen = count()
    while not running.done():
        assert (await client.get(f"{BASE}/areas/1282")).status_code == 200
        next(seen)
    assert next(seen) > 1
    assert counts(await running) == {"rows": 8000, "created": 8000}


CELLS = st.sampled_from(
    ["", "21", "-3", "x", '"', "2016-04-12", "walk-1", "ü", "\0", "performed", "1282", "\r", "é\x85"]
)


LINES = st.one_of(
    st.integers(1, 6).map(row),
    st.lists(CELLS, max_size=13).map(",".join),
    st.text(max_size=40),
)


@hypothesis_settings(
    max_examples=amount(12, 40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lines=st.lists(LINES, max_size=12), pieces=st.integers(1, 200), chunk=st.integers(1, 5))
async def test_no_row_is_lost_whatever_a_file_holds_and_however_it_arrives(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, lines: list[Any], pieces: int, chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
    content = csv_of(*lines)

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(content), pieces):
            yield content[start : start + pieces]

    await send(client, body())


def park(code: str, **changed: object) -> dict[str, Any]:
    return {"kind": "place", "placeKind": "park", "name": "Karlslund", "parents": [{"code": "1282"}]} | changed


@pytest.mark.parametrize("chunk", [1, 5000])
async def test_an_area_that_changes_between_reading_and_writing_counts_as_it_is_when_written(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
    judge = run.ImportRun._judge
    changes = [("1282-karlslund", {"validFrom": "2017-01-01"}), ("1282-fresh", {})]

    async def judged_before_a_change(self: Any, rows: Any, settings: Any, catalogue: Any) -> Any:
        found = await judge(self, rows, settings, catalogue)
        while changes:
            code, changed = changes.pop()
            put = await client.put(f"{BASE}/areas/{code}", json=park(code, **changed))
            assert put.status_code in {200, 201}, put.text
        return found

    monkeypatch.setattr(run.ImportRun, "_judge", judged_before_a_change)
    report = await send(client, csv_of(row(1), row(2, area="1282-fresh"), row(3), row(4, area="1282-fresh")))
    assert counts(report) == {"rows": 4, "created": 2, "refused": 2}, report["remarks"]
