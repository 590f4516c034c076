"""(f) the feed for Power BI: a million values page by page, against COPY of the same SELECT; and its memory."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil
import psycopg
from sqlalchemy import make_url

from services.api.odata.options import Query
from services.api.odata.routes import ROOT
from services.api.odata.sets import FEEDS, MODEL
from services.api.odata.statement import select_statement
from services.cli.up import Address
from tests.benchmarks import servers
from tests.benchmarks.results import Result
from tests.benchmarks.servers import Servers

SET = "IndicatorValues"
ROWS = 1_000_000
AIM = 0.25
# By then the server has everything that it keeps; what it grows by later it would grow by without end.
WARM_ROWS = 100_000
MOST_GROWTH = 1.1
MIB = 2**20

_ROW = b'{"id":'
_NEXT = b'"@odata.nextLink":'


def compare(lab: Servers, database_url: str, rounds: int) -> Iterator[Result]:
    """Measure both sides in turn; the memory is the highest of all rounds."""
    ours: list[float] = []
    theirs: list[float] = []
    with servers.running_api(lab, database_url) as api:
        server = _process_at(api)
        _export(api, lab.key, WARM_ROWS)
        warm = _peak(server)
        for _ in range(rounds):
            ours.append(ROWS / _export(api, lab.key, ROWS))
            theirs.append(ROWS / _copy(database_url))
        peak = _peak(server)
    yield Result.at_least(f"OData, {ROWS:,} values, rows/s", ours, "COPY of the same SELECT", theirs, AIM)
    against = f"after the first {WARM_ROWS:,} rows"
    yield Result.at_most("OData, peak memory of the API, MiB", [peak / MIB], against, [warm / MIB], MOST_GROWTH)


def _export(api: Address, key: str, rows: int) -> float:
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
        raise AssertionError(f"the feed sent {received:,} rows")
    return seconds


def _next(page: bytes) -> str | None:
    at = page.rfind(_NEXT, len(page) - 2000)
    if at < 0:
        return None
    link = urlsplit(orjson.loads(page[at + len(_NEXT) : -1]))
    return f"{link.path}?{link.query}"


def _copy(database_url: str) -> float:
    """Return the seconds that COPY takes for the same columns of the same rows in the same order."""
    statement = select_statement(Query(), MODEL.sets[SET], MODEL)
    columns = ", ".join(column.sql for column in statement.columns)
    order = ", ".join(one.sql for one in FEEDS[SET].order)
    select = f"SELECT {columns} FROM {statement.source} ORDER BY {order} LIMIT {ROWS}"
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    begin = time.perf_counter()
    with psycopg.connect(url) as connection, connection.cursor().copy(f"COPY ({select}) TO STDOUT".encode()) as copy:
        rows = sum(1 for _ in copy)
    seconds = time.perf_counter() - begin
    if rows != ROWS:
        raise AssertionError(f"COPY sent {rows:,} rows")
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
