"""Files and bodies that are small to send and large to read, to store or to answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
from sqlalchemy import NullPool, create_engine, text

from shared.db.keys import KeyScope
from shared.limits import Limits
from tests.abuse.conftest import WithNeighbours
from tests.abuse.service import WALK, Service

CSV, NDJSON = "text/csv", "application/x-ndjson"
HEADER = b"source,externalId,type,agreement,area,status,start\n"
MANY = orjson.dumps({f"k{number}": 1 for number in range(10_000)})
# What takes long unless each line is read once, and each character a few times.
SLOW = {
    "a quote and newlines": b'source,idx\n"' + b"\n" * 50_000,
    "a quote and newlines below a header": HEADER + b'"' + b"\n" * 50_000,
    "newlines": b"\n" * 50_000,
    "blank rows": b";;;\n" * 20_000,
    "a quote in each line": HEADER + b'b","\n' * 20_000,
    "broken lines": HEADER + b'"x\n' * 20_000,
    "quotes": HEADER + b'"' * 500_000,
    "rows of commas": HEADER + (b"," * 500_000 + b"\n") * 4,
    "marks that combine": HEADER + b"1," + "\u0300\u0316".encode() * 100_000,
    "UTF-16": b"\xff\xfe" + b"\n\0" * 50_000,
}


def test_no_file_of_text_takes_the_loop(service: Service, neighbours: WithNeighbours) -> None:
    """trials C6: a header, a quote and 50 000 newlines took 13 s."""
    with (
        neighbours(service) as report,
        service.client(KeyScope.REPORT, seconds=120) as client,
        ThreadPoolExecutor(3) as threads,
    ):
        statuses = [*threads.map(lambda content: _sent(client, content).status_code, SLOW.values())]
    report.assert_unharmed()
    assert dict(zip(SLOW, statuses, strict=True)) == {name: 201 if HEADER in SLOW[name] else 422 for name in SLOW}


def test_a_file_of_wrong_rows_leaves_little_behind(service: Service, neighbours: WithNeighbours) -> None:
    """trials C11: a file of 600 KB left 66 MiB of remarks, for ever."""
    rows = 15_000
    with neighbours(service) as report, service.client(KeyScope.REPORT, seconds=120) as client:
        found = _sent(client, HEADER + b"x\n" * rows).json()
        listed = client.get(f"/activity-imports/{found['id']}/remarks").json()["_meta"]["totalRecords"]
    report.assert_unharmed()
    most = Limits().import_remarks
    assert (found["refused"], listed) == (rows, most)
    assert found["remarksLeftOut"] >= rows - most
    with create_engine(service.database_url, poolclass=NullPool).begin() as connection:
        statement = text("SELECT pg_total_relation_size('file_import_remark')")
        assert connection.execute(statement).scalar_one() < 10 * 1024 * 1024
        connection.execute(text("TRUNCATE file_import_remark"))


def test_no_answer_is_larger_than_what_was_sent(service: Service, neighbours: WithNeighbours) -> None:
    """trials C11: a header of a million commas was answered by 115 MiB."""
    columns = b",".join(b"c%d" % number for number in range(900))
    with neighbours(service) as report, service.client(KeyScope.REPORT, seconds=60) as client:
        headers = [_sent(client, b"source" + b"," * 1_000_000 + b"x\n"), _sent(client, columns + b"\n1\n")]
        row = _sent(client, MANY[:100_000] + b"\n" + MANY + b"\n", NDJSON)
        body = client.post("/activities", json={**WALK, **{f"k{number}": 1 for number in range(1000)}})
    report.assert_unharmed()
    assert [answer.status_code for answer in (*headers, body)] == [422, 422, 422]
    assert all(len(answer.content) < 64 * 1024 for answer in (*headers, row, body))
    assert row.json()["refused"] == 2
    assert len(row.json()["remarks"]) <= 40
    assert body.json()["violations"][-1]["reason"].endswith("more faults are not listed")


def _sent(client: httpx.Client, content: bytes, media_type: str = CSV, **query: Any) -> httpx.Response:
    return client.post("/activity-imports", content=content, params=query, headers={"Content-Type": media_type})
