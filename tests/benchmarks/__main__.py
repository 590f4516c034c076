"""`make bench`: measures the parts that are asked for, the usual ones when none is, and writes RESULTS.md.

Nothing is asserted: a machine that is busy with something else shows it in the figures, not in a red test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from services.cli.data_directory import DataDirectory
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import today
from tests.benchmarks import (
    against,
    charts,
    circumstances,
    comparisons,
    freshness,
    imports,
    judging,
    odata,
    pages,
    reading,
    rebuild,
    report,
    report_files,
    shares,
    signals,
    sums,
    tenancy,
)
from tests.benchmarks.bench import Bench
from tests.benchmarks.database_cache import DatabaseCache
from tests.benchmarks.databases import Databases
from tests.benchmarks.fixture_world import WorldSize
from tests.benchmarks.report import Report
from tests.benchmarks.results import COLUMNS, Result
from tests.benchmarks.servers import running_servers

T = TypeVar("T")
# In the order in which they run and are reported.
PARTS: dict[str, Callable[[Bench], Iterator[Result]]] = {
    "freshness": freshness.measure,
    "imports": imports.measure,
    "rebuild": rebuild.measure,
    "reading": reading.measure,
    "odata": odata.measure,
    "charts": charts.measure,
    "comparisons": comparisons.measure,
    "judging": judging.measure,
    "tenancy": tenancy.measure,
    "pages": pages.measure,
    "report": report_files.measure,
}
# Only when asked for by name: each takes minutes.
ON_DEMAND: dict[str, Callable[[Bench], Iterator[Result]]] = {
    "tenancy_writes": tenancy.measure_writes,
    "own_indicators": report_files.measure_own,
}
# As these, and without servers: how good signals and forecasts are, of simulated figures and real ones.
SIMULATED: dict[str, Callable[[int], Iterator[Result]]] = {
    "signals": signals.measure,
    "sums": sums.measure,
    "shares": shares.measure,
}
AGAINST = "against"
SIZE = 200_000
MOST_SIZE = 10_000_000


def main() -> None:
    """Measure, print each result when it is there, and write the report after each part."""
    arguments = _arguments()
    console = Console(width=None if Console().is_terminal else 180)
    folder = DataDirectory.from_environment().path / "benchmarks"
    written = Report.read(report.RESULTS)
    load = circumstances.load_of_others()

    def report_part(name: str, measured_results: Iterator[Result], bench: Bench | None) -> None:
        started = time.monotonic()
        results = list(measured_results)
        console.print(_table(name, results))
        measured = circumstances.describe(bench, load, time.monotonic() - started)
        written.replace(arguments.size, name, results, measured)
        written.write(report.RESULTS, (*PARTS, *ON_DEMAND, *SIMULATED, AGAINST))

    for name, simulate in _named(SIMULATED, arguments.only).items():
        console.print(f"{name} …", style="dim")
        report_part(name, simulate(arguments.size), None)
    chosen = dict(_chosen(arguments, folder))
    if chosen:
        with _running_bench(folder, arguments.size, console) as bench:
            for name, measure in chosen.items():
                bench.tell(name)
                report_part(name, measure(bench), bench)
            bench.tell("done")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, help=f"how many activities; {SIZE} unless given")
    parser.add_argument(
        "--only",
        action="append",
        choices=[*PARTS, *ON_DEMAND, *SIMULATED],
        help=f"measure this part; may be given several times; {', '.join(ON_DEMAND | SIMULATED)} only so",
    )
    parser.add_argument(
        "--against", metavar="COMMIT", help="measure GET, freshness, imports and exports against a commit's"
    )
    arguments = parser.parse_args()
    if not freshness.SMALL < arguments.size <= MOST_SIZE:
        parser.error(f"the size must be more than {freshness.SMALL} and at most {MOST_SIZE}")
    if arguments.against and not set(arguments.only or ()) <= set(against.PARTS):
        parser.error(f"against a commit there are only {', '.join(against.PARTS)}")
    return arguments


def _chosen(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Callable[[Bench], Iterator[Result]]]]:
    """Yield the parts to measure by name; against a commit there is one."""
    if arguments.against:
        yield AGAINST, against.part(arguments.against, arguments.only or [*against.PARTS], folder)
        return
    yield from (_named(PARTS | ON_DEMAND, arguments.only) if arguments.only else PARTS).items()


def _named(parts: Mapping[str, T], names: Collection[str] | None) -> dict[str, T]:
    """Return the parts that are asked for by name."""
    return {name: part for name, part in parts.items() if name in (names or ())}


@contextmanager
def _running_bench(folder: Path, size: int, console: Console) -> Iterator[Bench]:
    started = time.monotonic()

    def tell(what: str) -> None:
        console.print(f"{time.monotonic() - started:4.0f} s  {what} …", style="dim")

    with running_servers(folder) as servers:
        cache = DatabaseCache(servers)
        catalogue, day = shipped_catalogue(), today()
        databases = Databases(cache, WorldSize.of(size), catalogue, day, tell)
        yield Bench(servers, cache, databases, catalogue, day, size, tell)


def _table(name: str, results: list[Result]) -> Table:
    table = Table(*COLUMNS, title=name, title_justify="left")
    for result in results:
        table.add_row(*result.cells)
    return table


if __name__ == "__main__":
    main()
