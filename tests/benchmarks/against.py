"""Our code beside that of another commit, in turns: GET, freshness, imports and exports.

Both work on the same data, made by the other commit's own code; ours has a copy, which our migrations bring forward.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from shared.facts.series import put_series
from tests.benchmarks import checkouts, databases, freshness, imports, odata, reading, replica, servers
from tests.benchmarks.activities import make_activities
from tests.benchmarks.activity_file import csv_file
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.fixture_world import WorldSize
from tests.benchmarks.results import Result, thousands
from tests.benchmarks.servers import Installation, Service
from tests.benchmarks.value_queries import long_queries, short_queries

# No slower, no later than the other.
AIM = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """The same data for our code and for another commit's: without activities, and with them and their figures."""

    bench: Bench
    commit: str
    theirs: Installation

    @property
    def name(self) -> str:
        """What the other commit is called in a table."""
        return f"commit {self.commit[:10]}"

    def worlds(self) -> list[Service]:
        """Return both services on databases without activities."""
        return self._services("world", 0, self._make_world)

    def figures(self) -> list[Service]:
        """Return both services on databases with activities and figures."""
        return self._services("figures", self.bench.size, self._make_figures)

    def on_copies(self, services: Sequence[Service], stack: ExitStack) -> list[Service]:
        """Return the same services on copies, which last as long as the stack."""
        return [
            replace(service, database=stack.enter_context(self.bench.cache.copy(service.database)))
            for service in services
        ]

    def _services(self, kind: str, size: int, make: Callable[[], Database]) -> list[Service]:
        bench = self.bench
        identity = _digest(databases.identity_of_seed(WorldSize.of(bench.size), bench.today), self.commit)
        theirs = self._stored(f"other{kind}_{size}_{identity}", make)
        migrated = _digest(identity, databases.identity(WorldSize.of(bench.size), bench.today))
        ours = self._stored(f"our{kind}_{size}_{migrated}", lambda: self._migrate(theirs))
        return [bench.servers.service(ours), self._their_service(theirs)]

    def _stored(self, name: str, make: Callable[[], Database]) -> Database:
        return self.bench.cache.find(name) or self.bench.cache.store(make(), name)

    def _make_world(self) -> Database:
        self.bench.tell(f"making a database by {self.name}, over HTTP")
        return _compact(replica.make_world(self._their_service(self.bench.cache.begin()), self.bench))

    def _make_figures(self) -> Database:
        _, world = self.worlds()
        made = self.bench.cache.begin(world.database)
        self.bench.tell(f"importing {self.bench.size} activities by {self.name}, and computing all figures")
        replica.add_activities(self._their_service(made), self.bench)
        replica.settle(self._their_service(made))
        return _compact(made)

    def _migrate(self, theirs: Database) -> Database:
        bench = self.bench
        bench.tell("migrating a copy of it, and computing its figures by our definitions")
        copy = bench.cache.begin(theirs)
        replica.run_command(bench.servers.service(copy), "migrate")
        # Else our worker would mark all figures soon after its start, and compute them while others are measured.
        copy.with_connection(lambda connection: put_series(connection, bench.catalogue, bench.today))
        replica.settle(bench.servers.service(copy))
        return _compact(copy)

    def _their_service(self, database: Database) -> Service:
        return Service(self.theirs, database, self.bench.servers.other_redis_url)


def part(commit: str, parts: Sequence[str], folder: Path) -> Callable[[Bench], Iterator[Result]]:
    """Return what measures parts of PARTS against a commit, whose code is kept in a folder."""

    def measure(bench: Bench) -> Iterator[Result]:
        name = checkouts.full_name(commit)
        bench.tell(f"checking out {commit}")
        pair = Pair(bench, name, checkouts.check_out(name, folder / "commits"))
        for one, compare in PARTS.items():
            if one in parts:
                yield from compare(pair)

    return measure


def _compare_reading(pair: Pair) -> Iterator[Result]:
    services = pair.figures()
    codes = sorted({place.municipality for place in pair.bench.databases.places()})
    with ExitStack() as stack:
        sides = [
            reading.Side(stack.enter_context(servers.running_api(service)), reading.PATH, service.database.key)
            for service in services
        ]
        for number, queries in ((20, short_queries(codes)), (1000, long_queries())):
            # Both begin with everything remembered that they remember.
            reading.in_turns(sides, queries, replace(pair.bench.effort, rounds_of_load=1))
            ours, theirs = reading.in_turns(sides, queries, pair.bench.effort)
            yield Result.at_least(f"GET of {thousands(number)} values, requests/s", ours, pair.name, theirs, AIM)


def _compare_freshness(pair: Pair) -> Iterator[Result]:
    bench = pair.bench
    # What follows the figures would be waited for in some turns of one side alone: another commit may lack it.
    effort = replace(bench.effort, rounds_of_comparisons=0, compares_under_load=False)
    with ExitStack() as stack:
        services = pair.on_copies(pair.figures(), stack)
        ours, theirs = freshness.probe_in_turns(services, bench.databases.places(), bench.today, effort)
    for load in ("idle", "loaded"):
        medians = (freshness.medians(getattr(turns, load)) for turns in (ours, theirs))
        yield Result.at_most(f"POST until figure, {load}: p50, ms", next(medians), pair.name, next(medians), AIM)


def _compare_imports(pair: Pair) -> Iterator[Result]:
    bench, number = pair.bench, pair.bench.effort.imported_rows
    content = csv_file(make_activities(bench.databases.places(), number, bench.today))
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(bench.effort.rounds):
        for service, found in zip(pair.worlds(), rates, strict=True):
            with ExitStack() as stack:
                (on_copy,) = pair.on_copies([service], stack)
                found.append(number / imports.seconds_of_import(on_copy, content))
    yield Result.at_least(f"import of {thousands(number)} CSV rows, rows/s", rates[0], pair.name, rates[1], AIM)


def _compare_exports(pair: Pair) -> Iterator[Result]:
    effort = pair.bench.effort
    rates: tuple[list[float], list[float]] = ([], [])
    services = pair.figures()
    with ExitStack() as stack:
        apis = [stack.enter_context(servers.running_api(service)) for service in services]
        for _ in range(effort.rounds):
            for api, service, found in zip(apis, services, rates, strict=True):
                found.append(effort.exported_rows / odata.export(api, service.database.key, effort.exported_rows))
    what = f"OData, {thousands(effort.exported_rows)} values, rows/s"
    yield Result.at_least(what, rates[0], pair.name, rates[1], AIM)


PARTS: dict[str, Callable[[Pair], Iterator[Result]]] = {
    "reading": _compare_reading,
    "freshness": _compare_freshness,
    "imports": _compare_imports,
    "odata": _compare_exports,
}


def _compact(database: Database) -> Database:
    """Leave no room of rows that are gone, of which a migration makes many, and return the database."""
    database.run("VACUUM (FULL, ANALYZE)")
    # The freeing of what was there before is not to be waited for by what is measured.
    database.run("CHECKPOINT")
    return database


def _digest(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[: databases.IDENTITY_LENGTH]
