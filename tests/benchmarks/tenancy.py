"""(h) What it costs that nobody sees what is not theirs: the same API with policies, for two callers, and without.

And what it costs, where no facts have been removed, that figures without facts would stay as they are. What imports and
figures take is another part, since it takes minutes: each caller has a database, an API and a worker of its own.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

import psycopg
from psycopg import sql
from sqlalchemy import NullPool, create_engine

from services.api.odata.routes import ROOT
from services.cli.serve import Address
from shared.db import keys
from shared.db.keys import KeyScope
from tests.benchmarks import servers
from tests.benchmarks.activities import make_activities
from tests.benchmarks.activity_file import csv_file
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.fixture_world import Place
from tests.benchmarks.freshness import medians, probe_in_turns
from tests.benchmarks.imports import seconds_of_import
from tests.benchmarks.load import Load, answers_a_second
from tests.benchmarks.reading import PATH
from tests.benchmarks.results import Result, thousands
from tests.benchmarks.value_queries import INDICATORS, long_queries, short_queries

COUNTRYS, MUNICIPALITYS = "the country's caller", "a municipality's caller"
# How many times as long as without policies.
AIMS = {COUNTRYS: 1.05, MUNICIPALITYS: 1.15}
WITHOUT = "without policies"
# Where nothing is removed, what asks how far facts have been removed costs this much at most.
UNREMOVED, UNCONDITIONAL, UNREMOVED_AIM = "nothing removed", "no removal asked for", 1.05
MOST_EXPORTED = 100_000
POSTS = 100
# Load after load, of four questions by three callers: each shorter than where one question is measured.
SHARE_OF_LOAD = 1 / 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: by what name in the report, where, and with which key."""

    name: str
    api: Address
    key: str


def measure(bench: Bench) -> Iterator[Result]:
    """Measure all callers' requests in turn, each caller's seconds against those of the same without policies."""
    yield from _of_requests(bench)


def measure_writes(bench: Bench) -> Iterator[Result]:
    """Measure imports, and the time until a figure, in the same way; then both against no removal asked for."""
    yield from _of_imports(bench)
    yield from _of_freshness(bench)
    yield from _of_removal(bench)


def _of_requests(bench: Bench) -> Iterator[Result]:
    stored = bench.databases.figures(bench.size)
    place = bench.databases.places()[0]
    with ExitStack() as stack:
        database = stack.enter_context(bench.cache.copy(stored))
        bare = stack.enter_context(bench.cache.copy(stored))
        _without_policies(bare)
        api = stack.enter_context(servers.running_api(bench.servers.service(database)))
        bare_api = stack.enter_context(servers.running_api(bench.servers.service(bare)))
        callers = [
            Caller(COUNTRYS, api, database.key),
            Caller(MUNICIPALITYS, api, _key_of(database, place.municipality)),
        ]
        without = Caller(WITHOUT, bare_api, bare.key)
        asked: Mapping[str, Sequence[str]] = {
            "GET of 20 values": [f"{PATH}?{query}" for query in short_queries([place.municipality])],
            "GET of 20 values of any area": [f"{PATH}?indicator={INDICATORS[0]}&periodType=month&limit=20"],
            "GET of 1 000 values": [f"{PATH}?{query}" for query in long_queries()[:1]],
            "count of all values": [f"{ROOT}/IndicatorValues/$count"],
        }
        for what, paths in asked.items():
            yield from _compared(what, [*callers, without], partial(_of_load, bench, paths), bench.effort.rounds)
        what = f"OData, {thousands(MOST_EXPORTED)} values at most"
        yield from _compared(what, [*callers, without], _of_export, bench.effort.rounds)
        body = _activity(place.agreement, place.code)
        yield from _compared("POST", [*callers, without], partial(_of_posts, body), bench.effort.rounds)


def _of_imports(bench: Bench) -> Iterator[Result]:
    world, own = bench.databases.world(), _places_of_one(bench)
    content = csv_file(make_activities(own, bench.effort.imported_rows, bench.today))
    seconds: dict[str, list[float]] = {name: [] for name in (*AIMS, WITHOUT)}
    for _ in range(bench.effort.rounds):
        for name, found in seconds.items():
            with bench.cache.copy(world) as database:
                if name == WITHOUT:
                    _without_policies(database)
                key = _key_of(database, own[0].municipality) if name == MUNICIPALITYS else database.key
                found.append(seconds_of_import(bench.servers.service(replace(database, key=key)), content))
    for name, aim in AIMS.items():
        what = f"import of {thousands(bench.effort.imported_rows)} rows, {name}, s"
        yield Result.at_most(what, seconds[name], WITHOUT, seconds[WITHOUT], aim)


def _of_freshness(bench: Bench) -> Iterator[Result]:
    """From the answer of a POST until the municipality's figure counts it."""
    stored, own = bench.databases.figures(bench.size), _places_of_one(bench)
    with ExitStack() as stack:
        copies = {name: stack.enter_context(bench.cache.copy(stored)) for name in (*AIMS, WITHOUT)}
        _without_policies(copies[WITHOUT])
        copies[MUNICIPALITYS] = replace(copies[MUNICIPALITYS], key=_key_of(copies[MUNICIPALITYS], own[0].municipality))
        yield from _fresh(bench, copies, own, WITHOUT, AIMS)


def _of_removal(bench: Bench) -> Iterator[Result]:
    """The same, and an import, with the question from when on there are facts, and with its answer written there."""
    stored, own = bench.databases.figures(bench.size), _places_of_one(bench)
    aims = {UNREMOVED: UNREMOVED_AIM}
    with ExitStack() as stack:
        copies = {name: stack.enter_context(bench.cache.copy(stored)) for name in (*aims, UNCONDITIONAL)}
        _without_removal(copies[UNCONDITIONAL])
        yield from _fresh(bench, copies, own, UNCONDITIONAL, aims)
    content = csv_file(make_activities(own, bench.effort.imported_rows, bench.today))
    seconds: dict[str, list[float]] = {name: [] for name in (*aims, UNCONDITIONAL)}
    for _ in range(bench.effort.rounds):
        for name, found in seconds.items():
            with bench.cache.copy(bench.databases.world()) as database:
                if name == UNCONDITIONAL:
                    _without_removal(database)
                found.append(seconds_of_import(bench.servers.service(database), content))
    what = f"import of {thousands(bench.effort.imported_rows)} rows, {UNREMOVED}, s"
    yield Result.at_most(what, seconds[UNREMOVED], UNCONDITIONAL, seconds[UNCONDITIONAL], UNREMOVED_AIM)


def _fresh(
    bench: Bench, copies: Mapping[str, Database], places: Sequence[Place], against: str, aims: Mapping[str, float]
) -> Iterator[Result]:
    services = [bench.servers.service(database) for database in copies.values()]
    turns = dict(zip(copies, probe_in_turns(services, places, bench.today, bench.effort), strict=True))
    for load in ("idle", "loaded"):
        waits = {name: medians(getattr(found, load)) for name, found in turns.items()}
        for name, aim in aims.items():
            yield Result.at_most(
                f"POST until figure, {load}, {name}: p50, ms", waits[name], against, waits[against], aim
            )


def _places_of_one(bench: Bench) -> list[Place]:
    """Return the places of one municipality."""
    places = bench.databases.places()
    return [place for place in places if place.municipality == places[0].municipality]


def _compared(
    what: str, callers: Sequence[Caller], measured: Callable[[Caller], float], rounds: int
) -> Iterator[Result]:
    """Measure each caller in turn, in seconds, and judge it by its aim."""
    seconds: dict[str, list[float]] = {one.name: [] for one in callers}
    for _ in range(rounds):
        for one in callers:
            seconds[one.name].append(1000 * measured(one))
    for name, aim in AIMS.items():
        yield Result.at_most(f"{what}, {name}, ms", seconds[name], WITHOUT, seconds[WITHOUT], aim)


def _of_load(bench: Bench, paths: Sequence[str], caller: Caller) -> float:
    """Return the seconds that an answer takes while eight connections ask."""
    seconds = bench.effort.seconds_of_load * SHARE_OF_LOAD
    load = Load(caller.api.host, caller.api.port, caller.key, [*paths], seconds)
    return 1 / answers_a_second(load)


def _of_export(caller: Caller) -> float:
    """Return the seconds that a thousand rows take; callers see different numbers of them."""
    connection = http.client.HTTPConnection(caller.api.host, caller.api.port)
    begin = time.perf_counter()
    path = f"{ROOT}/IndicatorValues?$top={MOST_EXPORTED}&$select=id,value"
    headers = {"Authorization": f"Bearer {caller.key}", "Prefer": "odata.maxpagesize=20000"}
    connection.request("GET", path, headers=headers)
    rows = connection.getresponse().read().count(b'{"id":')
    seconds = time.perf_counter() - begin
    connection.close()
    return seconds * 1000 / rows


def _of_posts(body: bytes, caller: Caller) -> float:
    connection = http.client.HTTPConnection(caller.api.host, caller.api.port)
    headers = {"Authorization": f"Bearer {caller.key}", "Content-Type": "application/json"}
    begin = time.perf_counter()
    for _ in range(POSTS):
        connection.request("POST", f"{servers.API}/activities", body, headers)
        answer = connection.getresponse()
        if answer.status != http.client.CREATED:
            raise RuntimeError(f"{caller.name}: {answer.read()!r}")
        answer.read()
    seconds = time.perf_counter() - begin
    connection.close()
    return seconds / POSTS


def _activity(agreement: str, area: str) -> bytes:
    return (
        f'{{"source": "benchmarks", "type": "graffiti-cleanup", "agreement": "{agreement}", "area": "{area}", '
        '"status": "performed", "start": "2024-03-24"}'
    ).encode()


def _key_of(database: Database, municipality: str) -> str:
    with create_engine(database.url, poolclass=NullPool).begin() as connection:
        return keys.create(connection, "benchmarks", [KeyScope.REPORT], [municipality])


def _without_removal(database: Database) -> None:
    """Have the question from when on there are facts answered by a constant, which PostgreSQL puts in its place."""
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(
            """CREATE OR REPLACE FUNCTION facts_removed_before() RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
               RETURN date '-infinity'"""
        )


def _without_policies(database: Database) -> None:
    """Turn the policies of a database off, as it would be without them."""
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        tables = connection.execute("SELECT relname FROM pg_class WHERE relrowsecurity").fetchall()
        for (table,) in tables:
            statement = sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY")
            connection.execute(statement.format(sql.Identifier(table)))
