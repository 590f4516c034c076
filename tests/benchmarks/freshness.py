"""(a) From the answer of a POST until the municipality's figure shows it, with nobody else about and under load.

The probes are one process (`python -m tests.benchmarks.freshness probe`), the other clients' writes another one.
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import date
from statistics import median, quantiles
from string import ascii_lowercase
from threading import Event, Thread
from typing import Any

from services.api.requests import BASE
from services.cli.up import Address
from tests.benchmarks import servers
from tests.benchmarks.data import ANNEX_OF, GRAFFITI, Place
from tests.benchmarks.results import Result
from tests.benchmarks.servers import Servers

PROBES = 500
WRITES_A_SECOND = 100
WRITERS = 10
P50_AIM, P99_AIM = 50.0, 1000.0
SIZES_AIM = 1.2
LONGEST_PAUSE = 0.05
SECONDS_TO_SETTLE = 3.0
GIVE_UP_AFTER = 30.0
# Probes have a month of their own, so that no other write is taken for theirs; municipality and year are shared.
PROBED_MONTH = 6


@dataclass(frozen=True, slots=True)
class Client:
    """Where a client sends what, in which year; `places` are pairs of an area's and its agreement's code."""

    host: str
    port: int
    key: str
    year: int
    places: list[tuple[str, str]]


def measure(lab: Servers, databases: dict[int, tuple[str, list[Place]]], today: date) -> Iterator[Result]:
    """Probe databases of different sizes; each is given by its number of activities."""
    medians: dict[str, dict[int, float]] = {"idle": {}, "loaded": {}}
    for size, (database_url, places) in databases.items():
        with servers.running_worker(lab, database_url), servers.running_api(lab, database_url) as address:
            client = _client(address, lab.key, places, today)
            # The first requests of a new process are slow; so is the worker while it takes up what a rebuild left.
            time.sleep(SECONDS_TO_SETTLE)
            for load, found in medians.items():
                loading = _other_clients(client) if load == "loaded" else nullcontext()
                with loading as rate:
                    seconds = _probe(client)
                found[size] = median(seconds)
                busy = f"{rate:.0f} writes/s" if rate else "idle"
                what = f"POST until figure, {size:,} stored, {busy}"
                yield Result.below(f"{what}: p50, ms", 1000 * median(seconds), P50_AIM)
                yield Result.below(f"{what}: p99, ms", 1000 * quantiles(seconds, n=100)[98], P99_AIM)
    for load, found in medians.items():
        small, large = found.values()
        what = f"POST until figure, {load}: larger against smaller, p50 in ms"
        yield Result.at_most(what, [1000 * large], "the smaller database", [1000 * small], SIZES_AIM)


def _client(address: Address, key: str, places: list[Place], today: date) -> Client:
    parks = [(place.code, place.agreement) for place in places if place.kind == "park"]
    return Client(address.host, address.port, key, today.year - 1, parks)


def _probe(client: Client) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-m", __name__, "probe"],
        input=json.dumps(asdict(client)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds: list[float] = json.loads(done.stdout)
    return seconds


@contextmanager
def _other_clients(client: Client) -> Iterator[float]:
    """Let others write meanwhile, and yield at what rate."""
    command = [sys.executable, "-m", __name__, "write"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(client)) + "\n")
        process.stdin.flush()
        time.sleep(SECONDS_TO_SETTLE)
        try:
            yield float(WRITES_A_SECOND)
        finally:
            process.stdin.close()
            rate = float(process.stdout.read() or 0)
    if rate < 0.95 * WRITES_A_SECOND:
        raise RuntimeError(
            f"only {rate:.0f} writes a second were answered: the probes say nothing of {WRITES_A_SECOND}"
        )


class Line:
    """One kept-alive connection."""

    def __init__(self, client: Client) -> None:
        self._connection = http.client.HTTPConnection(client.host, client.port)
        self._headers = {"Authorization": f"Bearer {client.key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Return the answer's content."""
        self._connection.request(method, f"{BASE}/{path}", body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in {http.client.OK, http.client.CREATED}:
            raise RuntimeError(f"{method} {path}: {answer.status} {content!r}")
        return json.loads(content)


def probe(client: Client) -> list[float]:
    """Report one activity at a time, and ask for the figure until it counts it; return the seconds that took."""
    chance = random.Random()
    line = Line(client)
    seconds = []
    for _ in range(PROBES):
        # Else every probe would meet the worker at the same point of its round.
        time.sleep(LONGEST_PAUSE * chance.random())
        area, agreement = chance.choice(client.places)
        month = f"{client.year}-{PROBED_MONTH:02}"
        figure = (
            f"indicator-values?indicator=graffiti-cleanups&area={area[:4]}&periodType=month&from={month}&to={month}"
        )
        expected = _numerator(line.ask("GET", figure)) + 1
        line.ask("POST", "activities", _activity(area, agreement, date(client.year, PROBED_MONTH, 15)))
        answered = time.perf_counter()
        while _numerator(line.ask("GET", figure)) < expected:
            if time.perf_counter() - answered > GIVE_UP_AFTER:
                raise RuntimeError(f"{area[:4]} does not show an activity after {GIVE_UP_AFTER:.0f} s")
        seconds.append(time.perf_counter() - answered)
    return seconds


def _numerator(page: Any) -> int:
    values = page["indicatorValues"]
    return int(values[0]["numerator"]) if values else 0


def write(client: Client) -> float:
    """Report activities at an even rate until standard input ends; return how many a second were answered."""
    stop = Event()
    counts = [0] * WRITERS
    started = time.perf_counter()
    threads = [Thread(target=_write_evenly, args=(client, index, counts, stop)) for index in range(WRITERS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    seconds = time.perf_counter() - started
    stop.set()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _write_evenly(client: Client, index: int, counts: list[int], stop: Event) -> None:
    chance = random.Random()
    line = Line(client)
    period = WRITERS / WRITES_A_SECOND
    due = time.perf_counter() + period * index / WRITERS
    months = [month for month in range(1, 13) if month != PROBED_MONTH]
    for number in itertools.count(1):
        if stop.wait(max(0.0, due - time.perf_counter())):
            return
        area, agreement = chance.choice(client.places)
        line.ask("POST", "activities", _activity(area, agreement, date(client.year, chance.choice(months), 15)))
        counts[index] = number
        due += period


def _activity(area: str, agreement: str, day: date) -> bytes:
    # Of letters alone: figures could look like a personal number, which is refused.
    external_id = "".join(random.choices(ascii_lowercase, k=16))
    sent: dict[str, object] = {"source": "probe", "externalId": external_id, "type": GRAFFITI, "agreement": agreement}
    sent |= {"annex": ANNEX_OF[GRAFFITI], "area": area, "status": "performed"}
    return json.dumps(sent | {"reported": f"{day}", "start": f"{day}"}).encode()


if __name__ == "__main__":
    role = {"probe": probe, "write": write}[sys.argv[1]]
    json.dump(role(Client(**json.loads(sys.stdin.readline()))), sys.stdout)
