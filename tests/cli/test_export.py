"""`samverkan export`: all about an agreement, as the tables have it, and nothing of other areas."""

# Over 300 lines: each table of the service is named once, in a file of the archive or with why it is in none.

from __future__ import annotations

import asyncio
import json
import stat
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, NullPool, create_engine, text
from typer.testing import Result

from services.api.http.routing import BASE
from services.cli.export import ExportFailed
from shared.db import keys
from shared.db.engine import build_engine
from shared.db.keys import KeyScope
from shared.db.tables import metadata
from shared.disclosure.contents import FILES
from tests.audit.trail import seal_all
from tests.conftest import BASE_URL

AGREEMENT = "landskrona-2015-2016"
# The table that each file has all columns of, and which of its rows: `of` is the agreement, `inside` are its areas.
ROWS = {
    "agreement.ndjson": ("agreement", "agreement_id = of"),
    "annexes.ndjson": ("annex", "agreement_id = of"),
    "targets.ndjson": ("target", "agreement_id = of"),
    "commitments.ndjson": ("commitment", "agreement_id = of"),
    "commitment-areas.ndjson": (
        "commitment_area",
        "commitment_id IN (SELECT commitment_id FROM commitment WHERE agreement_id = of)",
    ),
    "areas.ndjson": ("area", "area_id = ANY (inside)"),
    "activities.ndjson": ("activity", "agreement_id = of"),
    "observations.ndjson": ("observation", "area_id = ANY (inside)"),
    "observation-revisions.ndjson": (
        "observation_revision",
        "observation_id IN (SELECT observation_id FROM observation WHERE area_id = ANY (inside))",
    ),
    "notes.ndjson": ("indicator_note", "area_id = ANY (inside)"),
    "breaks.ndjson": ("series_break", "area_id = ANY (inside)"),
    "imports.ndjson": ("file_import", "owner_area_id <> (SELECT area_id FROM area WHERE code = '1283')"),
    "import-remarks.ndjson": (
        "file_import_remark",
        "import_id IN (SELECT import_id FROM file_import JOIN area ON area_id = owner_area_id WHERE code <> '1283')",
    ),
    "indicator-values.ndjson": (
        "indicator_value",
        "area_id = ANY (inside) AND extract(year FROM period_start) IN (2015, 2016)",
    ),
    "later-values.ndjson": ("later_value", "area_id = ANY (inside)"),
    "municipal-definitions.ndjson": ("municipal_definition", "code <> 'of-another-area'"),
    "periods.ndjson": ("agreement_period", "agreement_id = of"),
    "period-steps.ndjson": ("agreement_period_step", "true"),
    "closed-definitions.ndjson": ("closed_definition", "true"),
    "closed-values.ndjson": ("closed_value", "true"),
    "note-removals.ndjson": ("note_removal", "area_id = ANY (inside)"),
    "closed-notes.ndjson": ("closed_note", "true"),
    "fact-removals.ndjson": ("fact_removal", "true"),
    "audit-entries.ndjson": (
        "audit_entry",
        """split_part(address, '/', 2) = 'landskrona-2015-2016' AND resource LIKE 'agreements%'
           OR resource IN ('activities', 'activity-imports', 'observation-imports') AND area_id IS DISTINCT FROM (
               SELECT area_id FROM area WHERE code = '1283')
           OR resource IN ('observations', 'notes', 'note-removals', 'breaks') AND area_id = ANY (inside)""",
    ),
}
# Tables that have no file: what they say is in the file of another, follows from others, or is about no agreement.
INSIDE_OTHERS = {
    "agreement_area", "area_edge", "area_role", "comparison", "indicator_series", "municipal_definition_area",
    "ready_annex", "signal", "term_span",
}  # fmt: skip
FOLLOWS_FROM_OTHERS = {
    "ancestor_set", "ancestor_set_member", "ancestor_set_total", "area_ancestor_set", "area_closure", "area_hierarchy",
    "area_rhythm", "boundary_change", "cell", "closed_area_period", "removed_value", "reporting", "term_month",
}  # fmt: skip
AT_WORK = {
    "calendar_day", "comparison_mark", "cursor_secret", "day_rollover", "dirty_mark", "feed_epoch", "file_import_piece",
    "postponed_scope", "reminder", "rollup_mark", "signal_mark", "taken_back_report", "upload", "upload_piece",
    "webhook_delivery", "webhook_message",
}  # fmt: skip
OF_OPERATION = {"import_mapping", "open_data_catalogue", "promise_page", "pulled_source", "webhook"}
WHO_COMES_IN = {
    "api_key", "api_key_grant", "api_key_hash", "person", "person_contact", "person_report", "person_role",
    "sign_in_link", "web_session",
}  # fmt: skip
THE_TRAIL = {"audit_head", "audit_pending", "audit_seal"}
LEFT_OUT = {"imports.ndjson": {"caller", "sent_by", "granted_area_ids"}}
# A figure is as everybody sees it, and the number in which areas' entries were written is the trail's own.
NOT_AS_THE_TABLE = {"indicator-values.ndjson"}
COUNT = """SELECT count(*) FROM {table}
           CROSS JOIN (SELECT agreement_id AS of FROM agreement WHERE code = 'landskrona-2015-2016') AS it
           CROSS JOIN (SELECT array_agg(DISTINCT descendant_id) AS inside
                       FROM area_closure JOIN area ON area_id = ancestor_id WHERE code = '1282') AS its
           WHERE {rows}"""
OTHERS = (
    """INSERT INTO agreement (code, title, valid) VALUES ('helsingborg', 'x', '[2015-01-01,2017-01-01)')""",
    """INSERT INTO activity (owner_area_id, source, external_id, activity_type, agreement_id, area_id, status, start_on,
                             note)
       SELECT area_id, 'elsewhere', 'x', 'training', agreement_id, area_id, 'performed', '2016-05-01', 'of-another-area'
       FROM area, agreement WHERE area.code = '1283' AND agreement.code = 'helsingborg'""",
    """INSERT INTO observation (source, measure, area_id, period_type, period_start, numerator)
       SELECT 'of-another-area', 'vandalism-cost', area_id, 'month', '2016-05-01', 7 FROM area WHERE code = '1283'""",
    """INSERT INTO indicator_note (indicator_code, area_id, period_type, period_start, noted_on, text, written_by)
       SELECT 'school-visits', area_id, 'month', '2016-05-01', '2016-06-01', 'of-another-area', 'x'
       FROM area WHERE code = '1283'""",
    """INSERT INTO note_removal (note_id, indicator_code, area_id, period_type, period_start, reason, removed_by)
       SELECT uuidv7(), 'school-visits', area_id, 'month', '2016-05-01', 'of-another-area', 'x'
       FROM area WHERE code = '1283'""",
    """WITH other AS (INSERT INTO municipal_definition (kind, code, version, document)
                      VALUES ('role', 'of-another-area', 1, '{}') RETURNING kind, code, version)
       INSERT INTO municipal_definition_area (kind, code, version, area_id)
       SELECT other.kind, other.code, version, area_id FROM other, area WHERE area.code = '1283'""",
    """INSERT INTO later_value (series_id, area_id, period_type, period_start)
       SELECT 1, area_id, 'month', '2016-05-01' FROM area WHERE code = '1283'""",
    """INSERT INTO series_break (indicator_code, area_id, starts_on, reason, written_by)
       SELECT 'school-visits', area_id, '2016-05-01', 'of-another-area', 'x' FROM area WHERE code = '1283'""",
    """INSERT INTO file_import (owner_area_id, makes, dry_run, started_at, ended_at, failure)
       SELECT area_id, 'observations', false, '2016-05-01', '2016-05-01', 'of-another-area'
       FROM area WHERE code = '1283'""",
)
OWN = (
    """WITH period AS (INSERT INTO agreement_period (agreement_id, period_type, period_start)
                       SELECT agreement_id, 'year', '2015-01-01' FROM agreement WHERE code = 'landskrona-2015-2016'
                       RETURNING agreement_period_id),
            step AS (INSERT INTO agreement_period_step (agreement_period_id, step, actor, actor_name)
                     SELECT agreement_period_id, 'prepare', 'x', 'x' FROM period),
            ready AS (INSERT INTO ready_annex (agreement_period_id, annex_number, actor, actor_name)
                      SELECT agreement_period_id, 1, 'x', 'x' FROM period),
            defined AS (INSERT INTO closed_definition SELECT agreement_period_id, 1, 'x', '{}' FROM period)
       INSERT INTO closed_value
       SELECT agreement_period_id, 1, series_id, area_id, period_type, period_start, 'x', 'x', 'x', 'x', period_start,
              numerator, denominator, NULL, left_out, not_placed, months_arrived, 'all', 'count', status, finality,
              revision, '[]', '{}', definition_version, computed_at
       FROM period CROSS JOIN (SELECT * FROM indicator_value JOIN area USING (area_id) WHERE code = '1282' LIMIT 9)
            AS value""",
    """INSERT INTO later_value (series_id, area_id, period_type, period_start)
       SELECT series_id, area_id, period_type, period_start
       FROM indicator_value JOIN area USING (area_id) WHERE code = '1282' AND period_start = '2016-01-01' LIMIT 3""",
    """WITH own AS (INSERT INTO municipal_definition (kind, code, version, document)
                    VALUES ('role', 'own', 1, '{}') RETURNING kind, code, version)
       INSERT INTO municipal_definition_area (kind, code, version, area_id)
       SELECT own.kind, own.code, version, area_id FROM own, area WHERE area.code = '1282'""",
    """INSERT INTO indicator_note (indicator_code, area_id, period_type, period_start, noted_on, text, written_by)
       SELECT 'school-visits', area_id, 'month', '2016-05-01', '2016-06-01', 'Fler besök', 'x'
       FROM area WHERE code = '1282'""",
    """INSERT INTO note_removal (note_id, indicator_code, area_id, period_type, period_start, reason, removed_by)
       SELECT uuidv7(), 'school-visits', area_id, 'month', '2016-05-01', 'Nämnde en elev', 'x'
       FROM area WHERE code = '1282'""",
    """INSERT INTO closed_note (agreement_period_id, closing_revision, note_id, indicator_code, area_id, period_type,
                                period_start, noted_on, text, written_by, revision, recorded_at, changed_at)
       SELECT agreement_period_id, 1, note_id, indicator_code, area_id, note.period_type, note.period_start, noted_on,
              text, written_by, note.revision, recorded_at, changed_at
       FROM agreement_period CROSS JOIN indicator_note AS note LIMIT 3""",
    """INSERT INTO series_break (indicator_code, area_id, starts_on, reason, written_by)
       SELECT 'school-visits', area_id, '2016-05-01', 'Ny entreprenör', 'x' FROM area WHERE code = '1282'""",
    """UPDATE observation SET numerator = numerator, revision = revision + 1
       WHERE observation_id = (SELECT min(observation_id::text)::uuid FROM observation)""",
    """INSERT INTO observation_revision (observation_id, revision, numerator, status, finality, changed_at)
       SELECT observation_id, 1, 1, 'observed', 'preliminary', now() FROM observation WHERE revision = 2""",
    """UPDATE file_import SET caller = '{"name": "a-secret-name"}'""",
    """INSERT INTO file_import_remark (import_id, row, outcome, field, reason, remedy)
       SELECT import_id, 2, 'refused', 'start', 'is wrong', 'Mend it.' FROM file_import""",
    "INSERT INTO fact_removal (before) VALUES ('2010-01-01')",
)


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    url = year_database()
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for statement in (*OWN, *OTHERS):
            connection.execute(text(statement))
    asyncio.run(_seal(url))
    return url


async def _seal(url: str) -> None:
    engine = build_engine(url)
    await seal_all(engine)
    await engine.dispose()


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        yield connection


def test_an_archive_has_all_rows_and_columns_and_nothing_of_others(
    samverkan: Callable[..., Result], connection: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "all.zip"
    done = samverkan("export", AGREEMENT, str(path))
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {*contents} == {*ROWS, "README.md"} == {*(one.name for one in FILES), "README.md"}
    for name, (table, rows) in ROWS.items():
        lines: list[dict[str, Any]] = [*map(json.loads, contents[name].splitlines())]
        assert len(lines) == connection.execute(text(COUNT.format(table=table, rows=rows))).scalar_one(), name
        assert lines, f"{name}: the test has no such row"
        columns = {*metadata.tables[table].columns.keys()} - LEFT_OUT.get(name, set())
        assert name in NOT_AS_THE_TABLE or all(columns <= line.keys() for line in lines), name
        assert f"| `{name}` | {len(lines)} |" in contents["README.md"]
    for foreign in ("of-another-area", "helsingborg", "a-secret-name"):
        assert [name for name, content in contents.items() if foreign in content] == []


def test_every_table_is_in_an_archive_or_it_is_said_why_not() -> None:
    """A table that comes to be is about an agreement, until somebody says that it is not."""
    left_out = INSIDE_OTHERS | FOLLOWS_FROM_OTHERS | AT_WORK | OF_OPERATION | WHO_COMES_IN | THE_TRAIL
    in_files = {table for table, _ in ROWS.values()}
    assert {*metadata.tables} - left_out == in_files
    assert not left_out & in_files


def test_figures_are_as_everybody_sees_them(
    samverkan: Callable[..., Result], connection: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "all.zip"
    assert samverkan("export", AGREEMENT, str(path)).exit_code == 0
    with zipfile.ZipFile(path) as archive, archive.open("indicator-values.ndjson") as lines:
        values = {value["id"]: value for value in map(json.loads, lines)}
    hidden = [value for value in values.values() if value["status"] == "suppressed"]
    assert hidden
    assert {value["value"] for value in hidden} == {None}
    statement = text("SELECT to_jsonb(served) FROM served_value AS served WHERE id = 'school-visits~all~1282~2016'")
    served = connection.execute(statement).scalar_one()
    assert served.items() >= values["school-visits~all~1282~2016"].items()


async def test_the_api_sends_the_same_to_who_administers_the_area(
    anyone: httpx.AsyncClient, samverkan: Callable[..., Result], database_url: str, tmp_path: Path
) -> None:
    path, address = tmp_path / "all.zip", f"{BASE}/agreements/{AGREEMENT}/archives"
    done = await asyncio.to_thread(samverkan, "export", AGREEMENT, str(path))
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(path) as archive:
        expected = {name: archive.read(name).decode().splitlines() for name in archive.namelist()}
    answer = await anyone.get(address, headers=_bearer(database_url, "1282"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{AGREEMENT}-')
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        sent = {name: archive.read(name).decode().splitlines() for name in archive.namelist()}
    assert sent.keys() == expected.keys()
    for name, lines in sent.items():
        # Of imports and entries, what is another's is not the caller's to see; the README says when it was made.
        if name in {"imports.ndjson", "import-remarks.ndjson", "audit-entries.ndjson"}:
            assert {*lines} <= {*expected[name]}, name
            assert lines or name != "audit-entries.ndjson"
        elif name != "README.md":
            assert lines == expected[name], name
    await asyncio.to_thread(lambda: asyncio.run(_seal(database_url)))
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        assert connection.execute(text(READS), {"address": f"agreements/{AGREEMENT}/archives"}).scalar_one() == 1


async def test_others_are_refused_an_archive_and_there_is_none_of_nothing(
    anyone: httpx.AsyncClient, database_url: str
) -> None:
    statuses = {
        (area, code): (
            await anyone.get(f"{BASE}/agreements/{code}/archives", headers=_bearer(database_url, area))
        ).status_code
        for area, code in product(("1283", "1282-karlslund", "12"), (AGREEMENT, "nowhere"))
    }
    assert statuses == {
        **dict.fromkeys([("1283", AGREEMENT), ("1282-karlslund", AGREEMENT)], 403),
        ("12", AGREEMENT): 200,
        **{(area, "nowhere"): 404 for area in ("1283", "1282-karlslund", "12")},
    }


def _bearer(database_url: str, area: str) -> dict[str, str]:
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        key = keys.create(connection, "test", [KeyScope.ADMINISTER], [area])
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as client:
        yield client


READS = "SELECT count(*) FROM audit_entry WHERE address = :address AND operation = 'read'"


def test_a_file_that_is_there_stays_and_none_is_left_of_nothing(
    samverkan: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "all.zip"
    assert isinstance(samverkan("export", "nowhere", str(path)).exception, ExportFailed)
    assert not path.exists()
    path.write_text("mine")
    assert isinstance(samverkan("export", AGREEMENT, str(path)).exception, ExportFailed)
    assert path.read_text() == "mine"
