"""(i) The pages for people: how heavy they are, how long the service takes to make them, and to store a report."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from uuid import uuid4

import httpx

from services.cli.serve import Address
from shared.domain.person import PersonRole
from tests.benchmarks import servers
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result
from tests.pages.links import link_for

LATEST_MS = 150
REPEATED = 40
# How many kB each may have, gzipped.
PAGES = {
    "/mina-rapporter": 50,
    "/rapportera": 50,
    "/rapportera/school-visit": 50,
    "/rapportera/safety-walk": 50,
    "/rapportera/graffiti-cleanup": 50,
    "/overenskommelsen": 150,
}
_TOKEN = re.compile(r'name="form-token" value="([0-9a-f]+)"')


def measure(bench: Bench) -> Iterator[Result]:
    """Measure what a reporter of one municipality meets, each page in turn."""
    places = bench.databases.places()
    municipality = places[0].municipality
    database = bench.databases.figures(bench.size)
    with bench.cache.copy(database) as copy, servers.running_api(bench.servers.service(copy)) as api:
        visitor = _signed_in(copy.url, api, municipality)
        with closing(visitor):
            for path, heaviest in PAGES.items():
                seconds = [_seconds(visitor, path) for _ in range(REPEATED)]
                size = len(gzip.compress(visitor.get(path).raise_for_status().content))
                yield Result.below(f"{path}, kB gzipped", [size / 1000], heaviest)
                yield Result.below(f"{path}, p95 in ms", [_p95(seconds)], LATEST_MS)
            yield Result.below("a report is stored, p95 in ms", [_p95(_reports(visitor, bench))], LATEST_MS)


def _signed_in(database_url: str, api: Address, municipality: str) -> httpx.Client:
    link = link_for(database_url, api.url, PersonRole.REPORTER, municipality)
    visitor = httpx.Client(base_url=api.url, headers={"Origin": api.url}, timeout=60)
    token = visitor.post(link.removeprefix(api.url)).headers["set-cookie"].partition(";")[0]
    visitor.headers["Cookie"] = token
    return visitor


def _seconds(visitor: httpx.Client, path: str) -> float:
    started = time.perf_counter()
    visitor.get(path).raise_for_status()
    return time.perf_counter() - started


def _reports(visitor: httpx.Client, bench: Bench) -> Sequence[float]:
    """Return how long each of some reports took."""
    path = "/rapportera/foot-patrol"
    found = _TOKEN.search(visitor.get(path).text)
    place = re.search(r'<option value="([^"]+)">', visitor.get(path).text)
    if found is None or place is None:
        raise RuntimeError(f"{path} has no form")
    seconds = []
    for _ in range(REPEATED):
        form = {"form-token": found[1], "external-id": str(uuid4()), "place": place[1], "status": "performed"}
        started = time.perf_counter()
        answer = visitor.post(path, data={**form, "start": bench.today.isoformat(), "alike": "other"})
        seconds.append(time.perf_counter() - started)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise RuntimeError(f"{path} was answered with {answer.status_code}")
    return seconds


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[round(0.95 * (len(seconds) - 1))] * 1000
