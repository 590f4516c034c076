"""(i) The pages for people: how heavy they are, how long the service takes to make them, and to store a report."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from html import unescape
from uuid import uuid4

import httpx

from services.cli.serve import Address
from shared.domain.person import PersonRole
from tests.benchmarks import servers
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result
from tests.pages.links import link_for
from tests.pages.upload.uploading import WALKS, workbook

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
    "/overenskommelsen/alla-diagram": 150,
}
HEAVIEST_OF_COORDINATOR = 150
_TOKEN = re.compile(r'name="form-token" value="([0-9a-f]+)"')


def measure(bench: Bench) -> Iterator[Result]:
    """Measure what a reporter and a coordinator of one municipality meet, each page in turn."""
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
        coordinator = _signed_in(copy.url, api, municipality, PersonRole.COORDINATOR)
        with closing(coordinator):
            for name, path in _of_coordinator(coordinator):
                seconds = [_seconds(coordinator, path) for _ in range(REPEATED)]
                size = len(gzip.compress(coordinator.get(path).raise_for_status().content))
                yield Result.below(f"{name}, kB gzipped", [size / 1000], HEAVIEST_OF_COORDINATOR)
                yield Result.below(f"{name}, p95 in ms", [_p95(seconds)], LATEST_MS)


def _of_coordinator(coordinator: httpx.Client) -> Iterator[tuple[str, str]]:
    """Yield the pages that a coordinator works on, by what they are: those of one indicator and value, and uploads."""
    overview = coordinator.get("/overenskommelsen").raise_for_status().text
    for name, part in (("an indicator", "indikatorer"), ("a value", "varden")):
        found = re.search(rf'href="(/overenskommelsen/{part}/[^"]+)"', overview)
        if found is None:
            raise RuntimeError(f"/overenskommelsen leads to no {part}")
        yield name, unescape(found[1])
    yield "/ladda-upp", "/ladda-upp"
    yield "an uploaded sheet", _uploaded(coordinator)


def _uploaded(coordinator: httpx.Client) -> str:
    """Upload a sheet, and return the address of what it probably says."""
    token = _TOKEN.search(coordinator.get("/ladda-upp").text)
    if token is None:
        raise RuntimeError("/ladda-upp has no form")
    files = {"file": ("Vandringar.xlsx", workbook(WALKS))}
    answer = coordinator.post("/ladda-upp", data={"form-token": token[1]}, files=files)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise RuntimeError(f"/ladda-upp was answered with {answer.status_code}")
    return answer.headers["location"]


def _signed_in(
    database_url: str, api: Address, municipality: str, role: PersonRole = PersonRole.REPORTER
) -> httpx.Client:
    link = link_for(database_url, api.url, role, municipality)
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
