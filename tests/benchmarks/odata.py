"""(f) The feed for Power BI: many values page by page, against COPY of the same SELECT; and the memory it takes."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil  # type: ignore[import-untyped]  # it tells no types
import psycopg

from services.api.odata.options import Query
from services.api.odata.routes import ROOT
from services.api.odata.sets import FEEDS, MODEL
from services.api.odata.statement import select_statement
from services.cli.serve import Address
from tests.benchmarks import servers
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.results import Result, thousands

SET = "IndicatorValues"
AIM = 0.25
# By then the server has all that it remembers; what it grows by later it would grow by without end.
WARM_ROWS = 100_000
MOST_GROWTH = 1.1
MIB = 2**20

_ROW = b'{"id":'
_NEXT = b'"@odata.nextLink":'


def measure(bench: Bench) -> Iterator[Result]:
    """Measure both sides in turn; the memory is the highest of all rounds."""
    rows = bench.effort.exported_rows
    database = bench.databases.figures(bench.size)
    ours: list[float] = []
    theirs: list[float] = []
    with servers.running_api(bench.servers.service(database)) as api:
        server = _process_at(api)
        export(api, database.key, WARM_ROWS)
        warm = _peak(server)
        for _ in range(bench.effort.rounds):
            ours.append(rows / export(api, database.key, rows))
            theirs.append(rows / _copy(database, rows))
        peak = _peak(server)
    yield Result.at_least(f"OData, {thousands(rows)} values, rows/s", ours, "COPY of the same SELECT", theirs, AIM)
    against = f"after the first {thousands(WARM_ROWS)} rows"
    yield Result.at_most("OData, peak memory of the API, MiB", [peak / MIB], against, [warm / MIB], MOST_GROWTH)


def export(api: Address, key: str, rows: int) -> float:
    """Return the seconds that it takes to read so many rows, and refuse to have got any other number."""
    connection = http.client.HTTPConnection(api.host, api.port)
    path: str | None = f"{ROOT}/{SET}?$top={rows}"
    received = 0
    begin = time.perf_counter()
    while path is not None:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        page = connection.getresponse().read()
        received += page.count(_ROW)
        path = _next(page)
    seconds = time.perf_counter() - begin
    connection.close()
    if received != rows:
        raise RuntimeError(f"the feed sent {received:,} rows")
    return seconds


def _next(page: bytes) -> str | None:
    at = page.rfind(_NEXT, len(page) - 2000)
    if at < 0:
        return None
    link = urlsplit(orjson.loads(page[at + len(_NEXT) : -1]))
    return f"{link.path}?{link.query}"


def _copy(database: Database, limit: int) -> float:
    """Return the seconds that COPY takes for the same columns of the same rows in the same order."""
    statement = select_statement(Query(), MODEL.sets[SET], MODEL)
    columns = ", ".join(column.sql for column in statement.columns)
    order = ", ".join(one.sql for one in FEEDS[SET].order)
    select = f"SELECT {columns} FROM {statement.source} ORDER BY {order} LIMIT {limit}"
    statement_of_copy = f"COPY ({select}) TO STDOUT".encode()
    begin = time.perf_counter()
    with psycopg.connect(database.conninfo) as connection, connection.cursor().copy(statement_of_copy) as copy:
        rows = sum(1 for _ in copy)
    seconds = time.perf_counter() - begin
    if rows != limit:
        raise RuntimeError(f"COPY sent {rows:,} rows")
    return seconds


def _process_at(api: Address) -> psutil.Process:
    """Return the process that serves at an address; it is a child of ours."""
    for child in psutil.Process().children(recursive=True):
        if any(connection.laddr.port == api.port for connection in child.net_connections("tcp")):
            return child
    raise RuntimeError("nothing serves at the address")


def _peak(process: psutil.Process) -> int:
    """Return the most memory that a process has had in use at once, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
