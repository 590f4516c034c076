"""(g) The comparisons of a few indicators, made as the worker makes them after a rebuild."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import read_model
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result, thousands


def measure(bench: Bench) -> Iterator[Result]:
    """Measure them once: it takes long, and nothing is held against it."""
    with bench.cache.copy(bench.databases.figures(bench.size)) as database:
        read_model.mark_comparisons(database)
        seconds = read_model.compare_marked(database, bench.today)
        number = int(str(database.run("SELECT count(*) FROM comparison")))
    yield Result(f"comparisons of {thousands(number)} values, seconds", [seconds])
