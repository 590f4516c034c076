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

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from services.api.answers import Page
from services.api.indicator_values.queries import SERIES_CODES, Filter, page_statement
from services.cli.child import Program
from services.cli.up import Address
from shared.read_model.value_id import series_code
from tests.benchmarks import servers
from tests.benchmarks.bare import PAGES, BarePage, BarePages
from tests.benchmarks.load import Load, answers_a_second
from tests.benchmarks.results import Result
from tests.benchmarks.servers import Servers

AIM = 0.5
SECONDS = 3.0
PATH = "/samverkan/v1/indicator-values"
INDICATORS = ("graffiti-cleanups", "school-visits", "participants")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page as it is asked for over HTTP, and as the read model knows it."""

    query: str
    filter: Filter
    page: Page


def compare(lab: Servers, database_url: str, rounds: int) -> Iterator[Result]:
    """Measure both sides in turn, for short pages and for long ones."""
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        lists = {20: list(_short_pages(connection)), 1000: list(_long_pages(connection))}
    with servers.running_api(lab, database_url) as api, TemporaryDirectory() as folder:
        pages = {
            one.query: _bare_page(one, _get(api, f"{PATH}?{one.query}", lab.key)) for one in chain(*lists.values())
        }
        told = Path(folder) / "pages.json"
        told.write_text(json.dumps(asdict(BarePages(_conninfo(database_url), pages))))
        with _running_bare(told) as bare:
            for rows, asked in lists.items():
                _refuse_other_bytes(api, bare, lab.key, asked)
                yield _compare(api, bare, lab.key, rows, asked, rounds)


def _compare(api: Address, bare: Address, key: str, rows: int, asked: Sequence[Asked], rounds: int) -> Result:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        for address, path, figures in ((api, PATH, ours), (bare, "/values", theirs)):
            paths = [f"{path}?{one.query}" for one in asked]
            figures.append(answers_a_second(Load(address.host, address.port, key, paths, SECONDS)))
    what = f"GET of {rows:,} values, requests/s"
    return Result.at_least(what, ours, "bare route, same SELECT, same bytes", theirs, AIM)


def _short_pages(connection: Connection) -> Iterator[Asked]:
    """Yield the first page of each municipality's months of one indicator."""
    (series,) = _series(connection, INDICATORS[:1]).values()
    for code, area_id in connection.execute(text("SELECT code, area_id FROM area JOIN agreement_area USING (area_id)")):
        query = f"indicator={INDICATORS[0]}&area={code}&periodType=month"
        yield Asked(query, Filter((series,), (), (area_id,), "month"), Page(1, 20))


def _long_pages(connection: Connection) -> Iterator[Asked]:
    """Yield some pages of the years of every area, for a few indicators."""
    for indicator, series in _series(connection, INDICATORS).items():
        for number in (1, 2, 3):
            query = f"indicator={indicator}&periodType=year&page={number}&limit=1000"
            yield Asked(query, Filter((series,), (), (), "year"), Page(number, 1000))


def _series(connection: Connection, codes: Sequence[str]) -> dict[str, int]:
    known = {series_code(code, "all"): code for code in codes}
    rows = connection.exec_driver_sql(SERIES_CODES, {"codes": list(known)})
    return {known[row.code]: row.id for row in rows}


def _bare_page(asked: Asked, answer: bytes) -> BarePage:
    """Return the page for the bare route, with the head that our own answer has."""
    head = answer[: answer.index(b'"indicatorValues":[') + len(b'"indicatorValues":[')].decode()
    rows, parameters = page_statement(asked.filter, asked.page)
    return BarePage(head, f"SELECT string_agg(json, ',') FROM ({rows}) AS page(json)", parameters)


def _conninfo(database_url: str) -> str:
    url = make_url(database_url)
    return f"host={url.query['host']} dbname={url.database} user={url.username} options='-c timezone=UTC'"


@contextmanager
def _running_bare(pages: Path) -> Iterator[Address]:
    address = servers.free_address()
    command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.bare:create_app", "--factory", "--no-access-log"]
    command += ["--host", address.host, "--port", str(address.port), "--log-level", "warning"]
    environment: Mapping[str, Any] = {**os.environ, PAGES: str(pages)}
    with servers.running(Program(name="bare", command=tuple(command), environment=environment)) as child:
        servers.wait_for_answer(child, address)
        yield address


def _refuse_other_bytes(api: Address, bare: Address, key: str, asked: Sequence[Asked]) -> None:
    for one in asked:
        if _get(api, f"{PATH}?{one.query}", key) != _get(bare, f"/values?{one.query}", key):
            raise AssertionError(f"the two sides answer differently for {one.query}")


def _get(address: Address, path: str, key: str) -> bytes:
    connection = http.client.HTTPConnection(address.host, address.port)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {body!r}")
    return body
