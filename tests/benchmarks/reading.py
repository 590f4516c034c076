"""(d) GET /indicator-values, against a bare route that runs the same SELECT and returns the same bytes."""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, text

from services.api.http.responses import Page
from services.api.values.queries import ValueFilter, page_statement
from services.cli.child_process import Program
from services.cli.serve import Address
from tests.benchmarks import servers
from tests.benchmarks.baseline import PAGES, BaselinePage, BaselinePages
from tests.benchmarks.bench import Bench, Effort
from tests.benchmarks.load import Load, answers_a_second
from tests.benchmarks.results import Result, thousands
from tests.benchmarks.servers import API
from tests.benchmarks.value_queries import INDICATORS, LONG_PAGES, long_queries, short_queries

AIM = 0.5
PATH = f"{API}/indicator-values"


@dataclass(frozen=True, slots=True)
class Side:
    """A server that answers the queries under a path."""

    address: Address
    path: str
    key: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A page as it is asked for over HTTP, and as the read model knows it."""

    query: str
    filter: ValueFilter
    page: Page


def measure(bench: Bench) -> Iterator[Result]:
    """Measure both sides in turn, for short pages and for long ones."""
    database = bench.databases.figures(bench.size)
    with create_engine(database.url, poolclass=NullPool).connect() as connection:
        lists = {20: list(_short_pages(connection)), 1000: list(_long_pages(connection))}
    with servers.running_api(bench.servers.service(database)) as api, TemporaryDirectory() as folder:
        ours = Side(api, PATH, database.key)
        pages = {one.query: _baseline_page(one, _get(ours, one.query)) for one in chain(*lists.values())}
        file = Path(folder) / "pages.json"
        file.write_text(json.dumps(asdict(BaselinePages(database.conninfo, pages))))
        with _running_baseline(file) as address:
            theirs = Side(address, "/values", database.key)
            for rows, asked in lists.items():
                queries_asked = [one.query for one in asked]
                _refuse_other_bytes(ours, theirs, queries_asked)
                rounds = in_turns([ours, theirs], queries_asked, bench.effort)
                what = f"GET of {thousands(rows)} values, requests/s"
                yield Result.at_least(what, rounds[0], "bare route, same SELECT, same bytes", rounds[1], AIM)


def in_turns(sides: Sequence[Side], asked: Sequence[str], effort: Effort) -> list[list[float]]:
    """Ask each side in turn for as many pages as it can answer; return its requests a second, round by round."""
    rounds: list[list[float]] = [[] for _ in sides]
    for _ in range(effort.rounds_of_load):
        for side, found in zip(sides, rounds, strict=True):
            paths = [f"{side.path}?{query}" for query in asked]
            found.append(
                answers_a_second(Load(side.address.host, side.address.port, side.key, paths, effort.seconds_of_load))
            )
    return rounds


def _short_pages(connection: Connection) -> Iterator[Asked]:
    """Yield the first page of each municipality's months of one indicator."""
    (series,) = _series(connection, INDICATORS[:1]).values()
    areas = connection.execute(text("SELECT code, area_id FROM area JOIN agreement_area USING (area_id)")).all()
    for query, (_, area_id) in zip(short_queries(code for code, _ in areas), areas, strict=True):
        yield Asked(query, ValueFilter((series,), (), (area_id,), "month"), Page(1, 20))


def _long_pages(connection: Connection) -> Iterator[Asked]:
    """Yield pages of the years of every area."""
    series = _series(connection, INDICATORS)
    for query, (indicator, number) in zip(long_queries(), LONG_PAGES, strict=True):
        yield Asked(query, ValueFilter((series[indicator],), (), (), "year"), Page(number, 1000))


def _series(connection: Connection, codes: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(_SERIES, {"codes": list(codes)})
    return {row.indicator_code: row.series_id for row in rows}


def _baseline_page(asked: Asked, answer: bytes) -> BaselinePage:
    """Return the page for the baseline, with the head that our own answer has."""
    head = answer[: answer.index(b'"indicatorValues":[') + len(b'"indicatorValues":[')].decode()
    rows, parameters = page_statement(asked.filter, asked.page)
    return BaselinePage(head, f"SELECT string_agg(json, ',') FROM ({rows}) AS page(json)", parameters)


@contextmanager
def _running_baseline(pages: Path) -> Iterator[Address]:
    address = servers.free_address()
    command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.baseline:create_app", "--factory", "--no-access-log"]
    command += ["--host", address.host, "--port", str(address.port), "--log-level", "warning"]
    environment: Mapping[str, Any] = {**os.environ, PAGES: str(pages)}
    with servers.running(Program(name="baseline", command=tuple(command), environment=environment)) as child:
        servers.wait_for_answer(child, address)
        yield address


def _refuse_other_bytes(ours: Side, theirs: Side, asked: Sequence[str]) -> None:
    for query in asked:
        if _get(ours, query) != _get(theirs, query):
            raise RuntimeError(f"the two sides answer differently for {query}")


def _get(side: Side, query: str) -> bytes:
    connection = http.client.HTTPConnection(side.address.host, side.address.port)
    try:
        connection.request("GET", f"{side.path}?{query}", headers={"Authorization": f"Bearer {side.key}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{side.path}?{query}: {body!r}")
    return body


_SERIES = text(
    "SELECT indicator_code, series_id FROM indicator_series WHERE slice = 'all' AND indicator_code = ANY(:codes)"
)
