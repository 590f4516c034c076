"""(b) POST /activity-imports of a CSV, against PostgreSQL's own COPY of the same rows into the same table."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator

import psycopg

from tests.benchmarks import servers
from tests.benchmarks.activities import make_activities
from tests.benchmarks.activity_file import csv_file
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.results import Result, thousands
from tests.benchmarks.servers import API, Service

AIM = 1 / 3
PIECE = 1 << 20


def measure(bench: Bench) -> Iterator[Result]:
    """Measure both sides in turn, each on an empty table of its own; the worker is not running."""
    world, number = bench.databases.world(), bench.effort.imported_rows
    content = csv_file(make_activities(bench.databases.places(), number, bench.today))
    ours, theirs = [], []
    for _ in range(bench.effort.rounds):
        with bench.cache.copy(world) as database:
            ours.append(number / seconds_of_import(bench.servers.service(database), content))
            rows = _stored_rows(database)
        with bench.cache.copy(world) as database:
            theirs.append(number / _seconds_of_copy(database, rows))
    yield Result.at_least(f"import of {thousands(number)} CSV rows, rows/s", ours, "COPY of the same rows", theirs, AIM)


def seconds_of_import(service: Service, content: bytes) -> float:
    """Return how long an API that has just started takes for a CSV of new activities."""
    headers = {"Authorization": f"Bearer {service.database.key}", "Content-Type": "text/csv"}
    with servers.running_api(service) as address:
        connection = http.client.HTTPConnection(address.host, address.port)
        # The first request of a new process builds what all later ones use.
        few = content[: content.index(b"\n", 2000) + 1]
        connection.request("POST", f"{API}/activity-imports?dryRun=true", few, headers)
        connection.getresponse().read()
        started = time.perf_counter()
        connection.request("POST", f"{API}/activity-imports", content, headers)
        answer = connection.getresponse()
        report = json.loads(answer.read())
        seconds = time.perf_counter() - started
        connection.close()
    if report.get("created") != content.count(b"\n") - 1:
        raise RuntimeError(f"the import did not store every row: {report}")
    return seconds


def _stored_rows(database: Database) -> bytes:
    """Return the table's rows as COPY writes them."""
    rows = "COPY (SELECT * FROM activity ORDER BY import_row) TO STDOUT"
    with psycopg.connect(database.conninfo) as connection, connection.cursor().copy(rows) as copy:
        return b"".join(bytes(piece) for piece in copy)


def _seconds_of_copy(database: Database, rows: bytes) -> float:
    with psycopg.connect(database.conninfo) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy("COPY activity FROM STDIN") as copy:
            for start in range(0, len(rows), PIECE):
                copy.write(rows[start : start + PIECE])
        connection.commit()
        return time.perf_counter() - started
