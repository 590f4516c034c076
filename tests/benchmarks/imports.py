"""(b) POST /activity-imports of a CSV, against PostgreSQL's own COPY of the same rows into the same table."""

from __future__ import annotations

import csv
import http.client
import io
import json
import time
from collections.abc import Iterable
from datetime import date

import psycopg
from sqlalchemy import make_url

from services.api.requests import BASE as API_BASE
from services.cli.up import Address
from tests.benchmarks import servers
from tests.benchmarks.data import GROUPS, SOURCE, MadeUp, items, make_activities
from tests.benchmarks.habits import HABITS, Items
from tests.benchmarks.results import Result
from tests.benchmarks.servers import BASE, Servers
from tests.benchmarks.surroundings import Place

AIM = 1 / 3
ROWS = 50_000
PIECE = 1 << 20
ATTRIBUTES = tuple(sorted({name for habit in HABITS.values() for name in habit.attributes}))
HEADER = (
    "source",
    "externalId",
    "type",
    "agreement",
    "annex",
    "area",
    "status",
    "reported",
    "policeReported",
    "start",
    "end",
    *(f"participants.{group}" for group in GROUPS),
    *(f"attributes.{name}" for name in ATTRIBUTES),
)


def compare(lab: Servers, places: list[Place], today: date, rounds: int) -> Result:
    """Measure both sides in turn, each on an empty table of its own; the worker is not running."""
    sheet = _sheet(make_activities(places, ROWS, today))
    ours, theirs = [], []
    for _ in range(rounds):
        database_url = lab.create("imported", BASE)
        with servers.running_api(lab, database_url) as address:
            ours.append(ROWS / _seconds_of_import(address, lab.key, sheet))
        rows = _stored_rows(database_url)
        lab.drop("imported")
        theirs.append(ROWS / _seconds_of_copy(lab.create("copied", BASE), rows))
        lab.drop("copied")
    return Result.at_least(f"import of {ROWS:,} CSV rows, rows/s", ours, "COPY of the same rows", theirs, AIM)


def _sheet(activities: Iterable[MadeUp]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for one in activities:
        start, end = one.times or (one.start, None)
        named = (SOURCE, one.external_id, one.type, one.place.agreement, one.annex, one.place.code, one.status)
        moments = (one.reported, one.police_reported, _moment(start), _moment(end))
        writer.writerow((*named, *moments, *one.participants, *map(_attribute, map(one.attributes.get, ATTRIBUTES))))
    return text.getvalue().encode()


def _moment(told: date | None) -> str | None:
    return told.isoformat() if told else None


def _attribute(told: str | Items | None) -> str | None:
    return " | ".join(f"{state}: {item}" for state, item in items(told)) if isinstance(told, tuple) else told


def _seconds_of_import(address: Address, key: str, sheet: bytes) -> float:
    connection = http.client.HTTPConnection(address.host, address.port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv"}
    # The first request of a new process builds what all later ones use.
    few = sheet[: sheet.index(b"\n", 2000) + 1]
    connection.request("POST", f"{API_BASE}/activity-imports?dryRun=true", few, headers)
    connection.getresponse().read()
    started = time.perf_counter()
    connection.request("POST", f"{API_BASE}/activity-imports", sheet, headers)
    answer = connection.getresponse()
    report = json.loads(answer.read())
    seconds = time.perf_counter() - started
    connection.close()
    if report.get("created") != ROWS:
        raise RuntimeError(f"the import did not keep every row: {report | {'remarks': report['remarks'][:1]}}")
    return seconds


def _stored_rows(database_url: str) -> bytes:
    """Return the table's rows as COPY writes them."""
    rows = "COPY (SELECT * FROM activity ORDER BY import_row) TO STDOUT"
    with psycopg.connect(_conninfo(database_url)) as connection, connection.cursor().copy(rows) as copy:
        return b"".join(bytes(piece) for piece in copy)


def _seconds_of_copy(database_url: str, rows: bytes) -> float:
    with psycopg.connect(_conninfo(database_url)) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy("COPY activity FROM STDIN") as copy:
            for start in range(0, len(rows), PIECE):
                copy.write(rows[start : start + PIECE])
        connection.commit()
        return time.perf_counter() - started


def _conninfo(database_url: str) -> str:
    url = make_url(database_url)
    return f"host={url.query['host']} dbname={url.database} user={url.username}"
