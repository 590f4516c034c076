"""Whole files of activities: every row is stored or has a remark, whatever the file contains."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.imports import run
from shared.facts.imports import forget_remarks
from tests.api.import_files import HEADER, IMPORTS, counts, csv_of, row, send, stored

pytestmark = pytest.mark.begins_with("landskrona")


async def test_good_rows_are_kept_and_each_bad_one_is_told_with_its_number_field_and_remedy(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    content = csv_of(row(1), row(2, area="1282-nowhere", residents="many"), row(3), row(4, start="2019-01-01"))
    report = await send(client, content)
    assert counts(report) == {"rows": 4, "created": 2, "refused": 2}
    assert [(remark["row"], remark["outcome"], remark["field"]) for remark in report["remarks"]] == [
        (3, "refused", "participants.residents"),
        (3, "refused", "area"),
        (5, "refused", "start"),
    ]
    assert all(remark["reason"] and remark["remedy"] for remark in report["remarks"])
    assert await stored(engine) == {"walk-1": (None, 2), "walk-3": (None, 4)}


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
    assert [remark["row"] for remark in page["remarks"]] == list(range(122, 152))
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
    monkeypatch.setattr(run, "CHUNK", chunk)
    content = csv_of(row(1, note="a"), row(2), row(1, note="b"), row(1, note="c"))
    report = await send(client, content)
    assert counts(report) == {"rows": 4, "created": 2, "superseded": 2}
    assert [(remark["row"], remark["outcome"]) for remark in report["remarks"]] == [
        (2, "superseded"),
        (4, "superseded"),
    ]
    assert (await stored(engine))["walk-1"] == ("c", 5)


@pytest.mark.parametrize("chunk", [1, 5000])
async def test_a_refused_row_does_not_take_the_place_of_a_good_one(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
    report = await send(client, csv_of(row(1, note="a"), row(1, note="b", residents="-1")))
    assert counts(report) == {"rows": 2, "created": 1, "refused": 1}
    assert (await stored(engine))["walk-1"] == ("a", 2)


@pytest.mark.parametrize("chunk", [1, 5000])
async def test_an_older_version_in_a_file_never_overwrites_a_newer_one(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
    report = await send(client, csv_of(row(1, note="new", version="2"), row(1, note="old", version="1")))
    assert counts(report) == {"rows": 2, "created": 1, "outdated": 1}
    assert [(remark["row"], remark["outcome"]) for remark in report["remarks"]] == [(3, "outdated")]
    assert (await stored(engine))["walk-1"] == ("new", 2)
    later = await send(client, csv_of(row(1, note="older", version="1")))
    assert counts(later) == {"rows": 1, "outdated": 1}


@pytest.mark.parametrize("chunk", [1, 2, 5000])
async def test_a_dry_run_counts_the_same_and_keeps_nothing_but_its_report(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(run, "CHUNK", chunk)
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
    assert [(remark["row"], remark["field"]) for remark in report["remarks"]] == [(4, "colour")]


async def test_a_row_needs_an_external_id(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    del walk["externalId"]
    report = await send(client, json.dumps(walk), "application/x-ndjson")
    assert [(remark["row"], remark["field"]) for remark in report["remarks"]] == [(1, "externalId")]


BROKEN_LINES = {
    "broken quotes": b'test,"walk"-2,safety-walk',
    "a quote never closed": row(2, version='"').encode(),
    "a NUL": row(2, note="a\0b").encode(),
    "another encoding": row(2, note="Gåsön").encode("latin-1"),
    "too many cells": row(2).encode() + b",more",
    "too long": row(2, note="x" * 1_100_000).encode(),
}


@pytest.mark.parametrize("broken", BROKEN_LINES.values(), ids=BROKEN_LINES.keys())
async def test_a_broken_line_costs_no_other_row(client: httpx.AsyncClient, engine: AsyncEngine, broken: bytes) -> None:
    content = b"\n".join([HEADER.encode(), row(1, note="Gåsön").encode(), broken, row(3).encode(), row(4).encode()])
    report = await send(client, content)
    assert counts(report) == {"rows": 4, "created": 3, "refused": 1}
    assert [remark["row"] for remark in report["remarks"]] == [3]
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
        b"[" * 900 + b'{"a": 1, "a": 2}' + b"]" * 900,
    ],
)
async def test_a_broken_line_of_json_costs_no_other_row(
    client: httpx.AsyncClient, engine: AsyncEngine, walk: dict[str, Any], broken: bytes
) -> None:
    good = [json.dumps(walk | {"externalId": f"walk-{number}"}).encode() for number in (1, 3)]
    report = await send(client, b"\n".join([good[0], broken, good[1]]), "application/x-ndjson")
    assert counts(report) == {"rows": 3, "created": 2, "refused": 1}
    assert {remark["row"] for remark in report["remarks"]} == {2}


async def test_a_field_that_a_line_of_json_has_twice_is_told(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    twice = json.dumps(walk).replace('"residents": ', '"residents": 99, "residents" : ')
    report = await send(client, twice, "application/x-ndjson")
    assert counts(report) == {"rows": 1, "refused": 1}
    assert [(one["field"], one["reason"]) for one in report["remarks"]] == [
        ("participants.residents", "stands here a second time")
    ]


async def test_a_nul_in_json_is_told_as_such(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    report = await send(client, json.dumps(walk | {"note": "a\0b"}), "application/x-ndjson")
    assert [remark["field"] for remark in report["remarks"]] == ["note"]


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
    assert await stored(engine) == {"walk-1": ('En "vandring",\nmed paus', 2), "walk-2": (None, 4)}


async def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(client: httpx.AsyncClient) -> None:
    content = b"\xef\xbb\xbf" + csv_of(row(1), row(2)).replace(b"\n", b"\r\n")
    assert counts(await send(client, content)) == {"rows": 2, "created": 2}


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("content", "media_type", "status", "problem"),
    [
        (b"", "text/csv", 422, "invalid-import"),
        (b"\n\n", "text/csv", 422, "invalid-import"),
        (b"", "application/x-ndjson", 422, "invalid-import"),
        (b"source,colour\n", "text/csv", 422, "invalid-import"),
        (b"source,source\n", "text/csv", 422, "invalid-import"),
        (b"source,Source\n", "text/csv", 422, "invalid-import"),
        (b'"source\n', "text/csv", 422, "invalid-import"),
        (b"{}", "application/json", 415, "unsupported-media-type"),
        (b"source", "text/csv; charset=koi8-r", 415, "unsupported-media-type"),
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


@pytest.mark.one_app
async def test_an_unknown_import_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("", "/remarks"):
        assert (await client.get(f"{IMPORTS}/0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10{path}")).status_code == 404


async def test_remarks_are_removed_some_time_after_their_import(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """Trials C11: what became of the rows stays, as numbers."""
    reports = [await send(client, "source,externalId\nx,1\nx,2\n") for _ in range(3)]
    last = reports.pop()["id"]
    async with engine.begin() as connection:
        statement = text("UPDATE file_import SET ended_at = now() - interval '91 days' WHERE import_id <> :last")
        await connection.execute(statement, {"last": last})
        assert [await forget_remarks(connection, timedelta(days=90)) for _ in range(3)] == [True, True, False]
    for report in reports:
        after = (await client.get(f"{IMPORTS}/{report['id']}")).json()
        assert (after["refused"], after["remarks"]) == (2, [])
    assert (await client.get(f"{IMPORTS}/{last}")).json()["remarks"]


async def test_of_very_many_records_not_all_are_remembered(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered has an end: a row that meets one that is not is an update of it, and counts as such."""
    monkeypatch.setattr(run, "CHUNK", 1)
    monkeypatch.setattr(run, "MOST_REMEMBERED", 2)
    report = await send(client, csv_of(row(1), row(2), row(3), row(1, note="b"), row(3, note="c")))
    assert counts(report) == {"rows": 5, "created": 3, "updated": 1, "superseded": 1}
    assert {key: note for key, (note, _) in (await stored(engine)).items()} == {
        "walk-1": "b",
        "walk-2": None,
        "walk-3": "c",
    }
