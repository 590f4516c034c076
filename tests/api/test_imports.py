"""Whole files of activities: every row is kept or told, whatever the file holds."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
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

from services.api.file_imports import course
from services.api.requests import BASE

IMPORTS = f"{BASE}/activity-imports"
COUNTS = ("created", "updated", "unchanged", "superseded", "outdated", "refused")
HEADER = "source,externalId,type,agreement,annex,area,status,start,participants.residents,note,version"


@pytest.fixture
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


def row(number: int, **changed: str) -> str:
    cells = {
        "source": "test",
        "externalId": f"walk-{number}",
        "type": "safety-walk",
        "agreement": "landskrona-2015-2016",
        "annex": "3",
        "area": "1282-karlslund",
        "status": "performed",
        "start": "2016-04-12",
        "residents": "21",
        "note": "",
        "version": "",
    }
    return ",".join((cells | changed).values())


def csv_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode() + b"\n"


async def send(
    client: httpx.AsyncClient, content: bytes | str | AsyncIterator[bytes], media_type: str = "text/csv", **query: str
) -> dict[str, Any]:
    response = await client.post(IMPORTS, content=content, headers={"Content-Type": media_type}, params=query)
    assert response.status_code == 201, response.text
    report = response.json()
    assert report["rows"] == sum(report[outcome] for outcome in COUNTS)
    return report


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {outcome: report[outcome] for outcome in ("rows", *COUNTS) if report[outcome]}


async def stored(engine: AsyncEngine) -> dict[str, tuple[str | None, int | None]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT external_id, note, import_row FROM activity ORDER BY external_id"))
        return {row.external_id: (row.note, row.import_row) for row in rows}


async def test_good_rows_are_kept_and_each_bad_one_is_told_with_its_number_field_and_remedy(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    content = csv_of(row(1), row(2, area="1282-nowhere", residents="many"), row(3), row(4, start="2019-01-01"))
    report = await send(client, content)
    assert counts(report) == {"rows": 4, "created": 2, "refused": 2}
    assert [(told["row"], told["outcome"], told["field"]) for told in report["remarks"]] == [
        (2, "refused", "participants.residents"),
        (2, "refused", "area"),
        (4, "refused", "start"),
    ]
    assert all(told["reason"] and told["remedy"] for told in report["remarks"])
    assert await stored(engine) == {"walk-1": (None, 1), "walk-3": (None, 3)}


async def test_the_report_stands_where_the_answer_says_and_its_remarks_are_paged(client: httpx.AsyncClient) -> None:
    response = await client.post(
        IMPORTS,
        content=csv_of(*[row(number, annex="99") for number in range(150)]),
        headers={"Content-Type": "text/csv"},
    )
    report = (await client.get(response.headers["Location"])).json()
    assert report == response.json()
    assert len(report["remarks"]) == 100
    page = (await client.get(report["_links"]["remarks"]["href"], params={"limit": 40, "page": 4})).json()
    assert [told["row"] for told in page["remarks"]] == list(range(121, 151))
    listed = (await client.get(IMPORTS)).json()["activityImports"]
    assert [entry["id"] for entry in listed] == [report["id"]]


async def test_the_same_file_twice_changes_nothing_the_second_time(client: httpx.AsyncClient) -> None:
    content = csv_of(*[row(number) for number in range(5)])
    assert counts(await send(client, content)) == {"rows": 5, "created": 5}
    assert counts(await send(client, content)) == {"rows": 5, "unchanged": 5}


@pytest.mark.parametrize("chunk", [1, 2, 3, 5000])
async def test_of_rows_with_the_same_id_the_last_wins_wherever_the_chunks_end(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(course, "CHUNK", chunk)
    content = csv_of(row(1, note="a"), row(2), row(1, note="b"), row(1, note="c"))
    report = await send(client, content)
    assert counts(report) == {"rows": 4, "created": 2, "superseded": 2}
    assert [(told["row"], told["outcome"]) for told in report["remarks"]] == [(1, "superseded"), (3, "superseded")]
    assert (await stored(engine))["walk-1"] == ("c", 4)


@pytest.mark.parametrize("chunk", [1, 5000])
async def test_a_refused_row_does_not_take_the_place_of_a_good_one(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(course, "CHUNK", chunk)
    report = await send(client, csv_of(row(1, note="a"), row(1, note="b", residents="-1")))
    assert counts(report) == {"rows": 2, "created": 1, "refused": 1}
    assert (await stored(engine))["walk-1"] == ("a", 1)


@pytest.mark.parametrize("chunk", [1, 5000])
async def test_an_older_version_in_a_file_never_overwrites_a_newer_one(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(course, "CHUNK", chunk)
    report = await send(client, csv_of(row(1, note="new", version="2"), row(1, note="old", version="1")))
    assert counts(report) == {"rows": 2, "created": 1, "outdated": 1}
    assert [(told["row"], told["outcome"]) for told in report["remarks"]] == [(2, "outdated")]
    assert (await stored(engine))["walk-1"] == ("new", 1)
    later = await send(client, csv_of(row(1, note="older", version="1")))
    assert counts(later) == {"rows": 1, "outdated": 1}


@pytest.mark.parametrize("chunk", [1, 2, 5000])
async def test_a_dry_run_counts_the_same_and_keeps_nothing_but_its_report(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(course, "CHUNK", chunk)
    await send(client, csv_of(row(1), row(2)))
    content = csv_of(row(1), row(2, note="b"), row(3), row(3, note="c"), row(4, annex="77"))
    before = await stored(engine)
    rehearsed = await send(client, content, dryRun="true")
    assert rehearsed["dryRun"] is True
    assert await stored(engine) == before
    assert counts(rehearsed) == {"rows": 5, "created": 1, "updated": 1, "unchanged": 1, "superseded": 1, "refused": 1}
    real = await send(client, content)
    assert counts(real) == counts(rehearsed)
    assert real["remarks"] == rehearsed["remarks"]


async def test_one_json_object_a_line_follows_the_same_model_as_a_single_report(
    client: httpx.AsyncClient, engine: AsyncEngine, walk: dict[str, Any], cleanup: dict[str, Any]
) -> None:
    lines = [json.dumps(walk), json.dumps(cleanup), "", json.dumps(walk | {"colour": "red", "externalId": "x"})]
    report = await send(client, "\n".join(lines), "application/x-ndjson")
    assert counts(report) == {"rows": 3, "created": 2, "refused": 1}
    assert [(told["row"], told["field"]) for told in report["remarks"]] == [(3, "colour")]


async def test_a_row_needs_an_external_id(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    del walk["externalId"]
    report = await send(client, json.dumps(walk), "application/x-ndjson")
    assert [(told["row"], told["field"]) for told in report["remarks"]] == [(1, "externalId")]


BROKEN_LINES = {
    "broken quotes": b'test,"walk"-2,safety-walk',
    "a quote never closed": row(2, version='"').encode(),
    "a NUL": row(2, note="a\0b").encode(),
    "another encoding": row(2, note="Gåsön").encode("latin-1"),
    "too few cells": b"test,walk-2",
    "too many cells": row(2).encode() + b",more",
    "too long": row(2, note="x" * 1_100_000).encode(),
}


@pytest.mark.parametrize("broken", BROKEN_LINES.values(), ids=BROKEN_LINES.keys())
async def test_a_broken_line_costs_no_other_row(client: httpx.AsyncClient, engine: AsyncEngine, broken: bytes) -> None:
    content = b"\n".join([HEADER.encode(), row(1).encode(), broken, row(3).encode(), row(4).encode()])
    report = await send(client, content)
    assert counts(report) == {"rows": 4, "created": 3, "refused": 1}
    assert [told["row"] for told in report["remarks"]] == [2]
    assert set(await stored(engine)) == {"walk-1", "walk-3", "walk-4"}


@pytest.mark.parametrize(
    "broken",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"note": NaN}',
        b"\xff\xfe",
        b'{"note": "\x00"}',
        b"[" * 5000,
        b"x" * 1_100_000,
    ],
)
async def test_a_broken_line_of_json_costs_no_other_row(
    client: httpx.AsyncClient, engine: AsyncEngine, walk: dict[str, Any], broken: bytes
) -> None:
    good = [json.dumps(walk | {"externalId": f"walk-{number}"}).encode() for number in (1, 3)]
    report = await send(client, b"\n".join([good[0], broken, good[1]]), "application/x-ndjson")
    assert counts(report) == {"rows": 3, "created": 2, "refused": 1}
    assert {told["row"] for told in report["remarks"]} == {2}


async def test_a_nul_in_json_is_told_as_such(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    report = await send(client, json.dumps(walk | {"note": "a\0b"}), "application/x-ndjson")
    assert [told["field"] for told in report["remarks"]] == ["note"]


async def test_a_personal_number_is_refused_and_never_repeated(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    report = await send(client, csv_of(row(1, note="Ring 850709-9805")))
    assert counts(report) == {"rows": 1, "refused": 1}
    assert "850709" not in json.dumps(report)
    assert await stored(engine) == {}


async def test_quoted_cells_may_hold_delimiters_quotes_and_newlines(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    report = await send(client, csv_of(row(1, note='"En ""vandring"",\nmed paus"'), row(2)))
    assert counts(report) == {"rows": 2, "created": 2}
    assert await stored(engine) == {"walk-1": ('En "vandring",\nmed paus', 1), "walk-2": (None, 2)}


async def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(client: httpx.AsyncClient) -> None:
    content = b"\xef\xbb\xbf" + csv_of(row(1), row(2)).replace(b"\n", b"\r\n")
    assert counts(await send(client, content)) == {"rows": 2, "created": 2}


@pytest.mark.parametrize(
    ("content", "media_type", "status", "problem"),
    [
        (b"", "text/csv", 422, "invalid-import"),
        (b"\n\n", "text/csv", 422, "invalid-import"),
        (b"", "application/x-ndjson", 422, "invalid-import"),
        (b"source,colour\n", "text/csv", 422, "invalid-import"),
        (b"source,source\n", "text/csv", 422, "invalid-import"),
        (b'"source\n', "text/csv", 422, "invalid-import"),
        (b"{}", "application/json", 415, "unsupported-media-type"),
        (b"source", "text/csv; charset=latin-1", 415, "unsupported-media-type"),
    ],
)
async def test_a_file_that_cannot_be_read_at_all_leaves_nothing_behind(
    client: httpx.AsyncClient, content: bytes, media_type: str, status: int, problem: str
) -> None:
    response = await client.post(IMPORTS, content=content, headers={"Content-Type": media_type})
    assert response.status_code == status
    assert response.json()["type"].endswith(problem)
    assert (await client.get(IMPORTS)).json()["activityImports"] == []


async def test_an_unknown_mapping_and_a_mapping_for_json_are_refused(client: httpx.AsyncClient) -> None:
    for media_type in ("text/csv", "application/x-ndjson"):
        response = await client.post(
            IMPORTS, content=b"x", params={"mapping": "unknown"}, headers={"Content-Type": media_type}
        )
        assert response.status_code == 400


async def test_an_unknown_import_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("", "/remarks"):
        assert (await client.get(f"{IMPORTS}/0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10{path}")).status_code == 404


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
        left = "UPDATE file_import SET status = 'running', told_at = now() - interval '11 minutes'"
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
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(lines=st.lists(LINES, max_size=12), pieces=st.integers(1, 200), chunk=st.integers(1, 5))
async def test_no_row_is_lost_whatever_a_file_holds_and_however_it_arrives(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, lines: list[Any], pieces: int, chunk: int
) -> None:
    monkeypatch.setattr(course, "CHUNK", chunk)
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
    monkeypatch.setattr(course, "CHUNK", chunk)
    judge = course.Course._judge
    changes = [("1282-karlslund", {"validFrom": "2017-01-01"}), ("1282-fresh", {})]

    async def judged_before_a_change(self: Any, rows: Any, settings: Any, catalogue: Any) -> Any:
        found = await judge(self, rows, settings, catalogue)
        while changes:
            code, changed = changes.pop()
            put = await client.put(f"{BASE}/areas/{code}", json=park(code, **changed))
            assert put.status_code in {200, 201}, put.text
        return found

    monkeypatch.setattr(course.Course, "_judge", judged_before_a_change)
    report = await send(client, csv_of(row(1), row(2, area="1282-fresh"), row(3), row(4, area="1282-fresh")))
    assert counts(report) == {"rows": 4, "created": 2, "refused": 2}, report["remarks"]
