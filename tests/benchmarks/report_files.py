"""(k) A tertial's report in each format, first and again: a municipality with the full catalogue and ten years.

By the clock, and by what API and database took of a core: that is much the same on a machine that others use.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import psutil  # type: ignore[import-untyped]  # it tells no types

from tests.benchmarks import servers
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.judging import AREA, judge, ten_years
from tests.benchmarks.results import Result
from tests.benchmarks.servers import API

SECONDS = 5.0
OWN = 400
PATH = f"{API}/reports/{AREA}~2016-t1"
# The years of the values, and the municipality, for one agreement of all annexes.
_AGREED = (
    "UPDATE agreement SET valid = daterange('2007-01-01', '2017-01-01')",
    "UPDATE annex SET valid = daterange('2007-01-01', '2017-01-01')",
    f"""UPDATE agreement_area SET area_id = (SELECT area_id FROM area WHERE code = '{AREA}')
        WHERE agreement_id = (SELECT min(agreement_id) FROM agreement_area)""",
)
# Charts and tables have signals of no other years.
_NOT_JUDGED = "DELETE FROM signal_mark WHERE year < 2014"
FORMATS = ("pdf", "html", "docx", "xlsx")


def measure(bench: Bench) -> Iterator[Result]:
    """Measure each format by an API that has just begun, and again by one that has drawn the charts."""
    with ten_years(bench) as database:
        database.run(_NOT_JUDGED)
        judge(database)
        yield from _measured(bench, database)


def measure_own(bench: Bench) -> Iterator[Result]:
    """Measure the same where the municipality has many indicators of its own; none is judged."""
    with ten_years(bench, OWN) as database:
        database.run("DELETE FROM signal_mark")
        yield from _measured(bench, database, f" of {OWN} own indicators")


def _measured(bench: Bench, database: Database, of: str = "") -> Iterator[Result]:
    for statement in _AGREED:
        database.run(statement)
    service = bench.servers.service(database)
    for form in FORMATS:
        with servers.running_api(service) as api:
            headers = {"Authorization": f"Bearer {database.key}"}
            with httpx.Client(base_url=api.url, headers=headers, timeout=60) as client:
                for time_of in ("first", "again"):
                    seconds, processor = _made(client, form)
                    yield Result.below(f"report{of} as {form}, {time_of}, s", [seconds], SECONDS)
                    yield Result(f"report{of} as {form}, {time_of}, seconds of a core", [processor])


def _made(client: httpx.Client, form: str) -> tuple[float, float]:
    """Return how long a report took, and how many seconds of a core."""
    started, processor = time.perf_counter(), _processor()
    client.get(PATH, params={"format": form, "language": "sv"}).raise_for_status()
    return time.perf_counter() - started, _processor() - processor


def _processor() -> float:
    """Return the seconds of all programs that this process has started, and of those that these waited for."""
    return sum(sum(one.cpu_times()[:4]) for one in psutil.Process().children(recursive=True))
