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
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date
from statistics import mean, median, quantiles
from string import ascii_lowercase
from threading import Event, Thread
from typing import Any

from services.api.requests import BASE
from services.cli.up import Address
from tests.benchmarks import servers
from tests.benchmarks.data import make_activity, places_by_type, types
from tests.benchmarks.habits import GRAFFITI, TRAINING, VISIT
from tests.benchmarks.results import Result
from tests.benchmarks.servers import Servers
from tests.benchmarks.surroundings import Place

LOADS = ("idle", "loaded")
# The two databases take turns, there and back and there and back again: each has four.
TIMES_THERE_AND_BACK = 2
PROBES_A_TURN = 125
# What is reported in turn, and the figure that must show it. A visit changes figures of every kind, a training 15.
PROBED = {GRAFFITI: "graffiti-cleanups", VISIT: "school-visits", TRAINING: "trainings"}
# What stands beside a figure follows later: it is waited for beside the next probes, not between them.
COMPARED_EVERY = 10
# A client that asks without a rest would take the API's time from the others.
PAUSE = 0.005
WRITES_A_SECOND = 100
WRITERS = 10
P50_AIM, P99_AIM = 50.0, 1000.0
SIZES_AIM = 1.2
LONGEST_PAUSE = 0.05
SECONDS_TO_SETTLE = 3.0
SECONDS_TO_TAKE_UP = 180.0
IS_WORK_LEFT = "SELECT EXISTS (SELECT FROM rollup_mark) OR EXISTS (SELECT FROM comparison_mark)"
# Others have written for so long when the first probe comes: what is measured is a load that lasts, not its onset, in
# which the worker plans each statement once and reads what it is about to change.
SECONDS_OF_LOAD_BEFORE = 20.0
GIVE_UP_AFTER = 60.0
# Probes have a month of their own, so that no other write is taken for theirs; municipality and year are shared.
PROBED_MONTH = 6


@dataclass(frozen=True, slots=True)
class Client:
    """Where a client sends what, in which year; `places` are the fields of places."""

    host: str
    port: int
    key: str
    year: int
    places: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Waits:
    """For how many seconds each probe waited: for its figure, and some for what stands beside it."""

    figure: list[float]
    beside: list[float]

    def add(self, other: Waits) -> None:
        """Count another turn's probes too."""
        self.figure.extend(other.figure)
        self.beside.extend(other.beside)


def measure(lab: Servers, databases: dict[int, tuple[str, list[Place]]], today: date) -> Iterator[Result]:
    """Probe databases of different sizes; each is given by its number of activities.

    They take turns, since a machine may be faster at one time than at another.
    """
    waits = {size: {load: Waits([], []) for load in LOADS} for size in databases}
    rates: dict[int, list[float]] = {size: [] for size in databases}
    for size in (*databases, *reversed(databases)) * TIMES_THERE_AND_BACK:
        database_url, places = databases[size]
        with servers.running_worker(lab, database_url), servers.running_api(lab, database_url) as address:
            client = _client(address, lab.key, places, today)
            _settle(lab, database_url)
            waits[size]["idle"].add(_probe(client))
            with _other_clients(client) as answered:
                waits[size]["loaded"].add(_probe(client))
            rates[size] += answered
    for size, by_load in waits.items():
        for load, found in by_load.items():
            busy = f"{mean(rates[size]):.0f} writes/s" if load == "loaded" else load
            yield from _results(f"{size:,} stored, {busy}", found, is_idle=load == "idle")
    for load in LOADS:
        small, large = ([1000 * median(by_load[load].figure)] for by_load in waits.values())
        what = f"POST until figure, {load}: larger against smaller, p50 in ms"
        yield Result.at_most(what, large, "the smaller database", small, SIZES_AIM)


def _settle(lab: Servers, database_url: str) -> None:
    """Let the first requests of a new process be over, and the worker take up what a load or a rebuild has left."""
    time.sleep(SECONDS_TO_SETTLE)
    until = time.monotonic() + SECONDS_TO_TAKE_UP
    while lab.run(IS_WORK_LEFT, database_url):
        if time.monotonic() > until:
            raise RuntimeError(f"the worker is still at what was left after {SECONDS_TO_TAKE_UP:.0f} s")
        time.sleep(1)


def _results(where: str, waits: Waits, *, is_idle: bool) -> Iterator[Result]:
    what, half = f"POST until figure, {where}", 1000 * median(waits.figure)
    # Under load all that is aimed at is that nobody waits long.
    yield (Result.below(f"{what}: p50, ms", half, P50_AIM) if is_idle else Result.alone(f"{what}: p50, ms", [half]))
    yield Result.below(f"{what}: p99, ms", 1000 * quantiles(waits.figure, n=100)[98], P99_AIM)
    yield Result.alone(f"POST until comparisons, {where}: ms", [1000 * seconds for seconds in waits.beside])


def _client(address: Address, key: str, places: list[Place], today: date) -> Client:
    return Client(address.host, address.port, key, today.year - 1, [astuple(place) for place in places])


def _probe(client: Client) -> Waits:
    done = subprocess.run(
        [sys.executable, "-m", __name__, "probe"],
        input=json.dumps(asdict(client)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Waits(**json.loads(done.stdout))


@contextmanager
def _other_clients(client: Client) -> Iterator[list[float]]:
    """Let others write meanwhile; at what rate they were answered is in the list afterwards.

    It is below WRITES_A_SECOND where the machine has too much else to do: the probes then say less than they ought to.
    """
    rates: list[float] = []
    command = [sys.executable, "-m", __name__, "write"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(client)) + "\n")
        process.stdin.flush()
        time.sleep(SECONDS_OF_LOAD_BEFORE)
        try:
            yield rates
        finally:
            process.stdin.close()
            rates.append(float(process.stdout.read() or 0))


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


def probe(client: Client) -> Waits:
    """Report one activity at a time, and ask for the figure until it counts it; return how long that took."""
    chance = random.Random()
    line = Line(client)
    at = _places_by_type(client)
    waits = Waits([], [])
    behind: deque[tuple[str, float]] = deque()
    for number, activity_type in zip(range(PROBES_A_TURN), itertools.cycle(PROBED)):
        # Else every probe would meet the worker at the same point of its round.
        time.sleep(LONGEST_PAUSE * chance.random())
        place = chance.choice(at[activity_type])
        figure = _figure(activity_type, place, f"{client.year}-{PROBED_MONTH:02}")
        expected = _value(line.ask("GET", figure))["numerator"] + 1
        line.ask("POST", "activities", _activity(activity_type, place, date(client.year, PROBED_MONTH, 15), chance))
        answered = time.perf_counter()
        while _value(line.ask("GET", figure))["numerator"] < expected:
            _give_up(figure, answered)
            time.sleep(PAUSE)
        waits.figure.append(time.perf_counter() - answered)
        if number % COMPARED_EVERY == 0:
            behind.append((figure, answered))
        _look_beside(line, behind, waits)
    while behind:
        _look_beside(line, behind, waits)
        time.sleep(PAUSE)
    return waits


def _look_beside(line: Line, behind: deque[tuple[str, float]], waits: Waits) -> None:
    """Note it if what stands beside the figure that has waited longest is there."""
    if behind:
        figure, since = behind[0]
        if _value(line.ask("GET", figure))["comparisons"]["previousPeriod"] is not None:
            waits.beside.append(time.perf_counter() - since)
            behind.popleft()
        elif len(waits.figure) == PROBES_A_TURN:
            _give_up(figure, since)


def _figure(activity_type: str, place: Place, month: str) -> str:
    """Return where the figure of the place's municipality is."""
    asked = f"indicator={PROBED[activity_type]}&slice=all&area={place.code[:4]}"
    return f"indicator-values?{asked}&periodType=month&from={month}&to={month}"


def _value(page: Any) -> Any:
    """Return the one value of a page: where reporting is on, there is one even of nothing."""
    (value,) = page["indicatorValues"]
    return value


def _give_up(figure: str, since: float) -> None:
    if time.perf_counter() - since > GIVE_UP_AFTER:
        raise RuntimeError(f"{figure} does not show an activity, or nothing beside it, after {GIVE_UP_AFTER:.0f} s")


def _places_by_type(client: Client) -> dict[str, list[Place]]:
    return places_by_type([Place(*fields) for fields in client.places])


def write(client: Client) -> float:
    """Report activities at an even rate until standard input ends; return how many a second were answered."""
    stop = Event()
    counts = [0] * WRITERS
    at = _places_by_type(client)
    started = time.perf_counter()
    threads = [Thread(target=_write_evenly, args=(client, at, index, counts, stop)) for index in range(WRITERS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    seconds = time.perf_counter() - started
    stop.set()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _write_evenly(client: Client, at: dict[str, list[Place]], index: int, counts: list[int], stop: Event) -> None:
    chance = random.Random()
    line = Line(client)
    period = WRITERS / WRITES_A_SECOND
    due = time.perf_counter() + period * index / WRITERS
    months = [month for month in range(1, 13) if month != PROBED_MONTH]
    for number in itertools.count(1):
        if stop.wait(max(0.0, due - time.perf_counter())):
            return
        (activity_type,) = types(1, chance)
        day = date(client.year, chance.choice(months), 15)
        line.ask("POST", "activities", _activity(activity_type, chance.choice(at[activity_type]), day, chance))
        counts[index] = number
        due += period


def _activity(activity_type: str, place: Place, day: date, chance: random.Random) -> bytes:
    # Of letters alone: figures could look like a personal number, which is refused.
    external_id = "".join(chance.choices(ascii_lowercase, k=16))
    made = replace(make_activity(external_id, activity_type, place, day, chance), status="performed")
    return json.dumps({"source": "probe"} | made.document).encode()


if __name__ == "__main__":
    client = Client(**json.loads(sys.stdin.readline()))
    json.dump(asdict(probe(client)) if sys.argv[1] == "probe" else write(client), sys.stdout)
