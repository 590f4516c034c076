"""The clients of (a), each a process of its own: one probes, the other is all the rest who write meanwhile.

`python -m tests.benchmarks.freshness_client probe|write` reads a `Client` as a line of JSON from standard input, and
writes what it found to standard output. The writer goes on until standard input ends.
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from string import ascii_lowercase
from threading import Event, Thread
from typing import Any

from tests.benchmarks.activities import make_activity, places_by_type, types
from tests.benchmarks.activity_profiles import GRAFFITI, TRAINING, VISIT
from tests.benchmarks.fixture_world import Place

API = "/samverkan/v1"
# What is reported in turn, and the figure that must count it. A visit changes figures of every kind, a training 15.
PROBED = {GRAFFITI: "graffiti-cleanups", VISIT: "school-visits", TRAINING: "trainings"}
# The first requests of a new process build what all later ones use.
WARM_UP = 2 * len(PROBED)
# Comparisons follow later, and signals these: they are waited for during the next probes, not between them.
COMPARED_EVERY = 10
# The first of those that are probed in turn: the others may be too rare to be judged by their months.
JUDGED_EVERY = 5 * len(PROBED)
# A client that asks without a rest would take the API's time from the others.
PAUSE = 0.005
LONGEST_PAUSE = 0.05
WRITES_A_SECOND = 100
WRITERS = 10
GIVE_UP_AFTER = 60.0
# Signals are to be there within a minute: where they are not, that is to be reported.
GIVE_UP_SIGNALS_AFTER = 300.0
# Probes have a month of their own, so that no other write is taken for theirs; municipality and year are shared.
PROBED_MONTH = 6


@dataclass(frozen=True, slots=True)
class Client:
    """Where a client sends what, in which year.

    `places` are the fields of places, and `compares` waits for comparisons and signals, too.
    """

    host: str
    port: int
    key: str
    year: int
    probes: int
    compares: bool
    places: list[tuple[Any, ...]]

    @property
    def places_by_type(self) -> dict[str, list[Place]]:
        """Where activities of each type take place."""
        return places_by_type([Place(*fields) for fields in self.places])


@dataclass(frozen=True, slots=True)
class Waits:
    """For how many seconds the probes of a turn waited: each for its figure, some for its comparisons or signal."""

    figure: list[float] = field(default_factory=list)
    comparisons: list[float] = field(default_factory=list)
    signal: list[float] = field(default_factory=list)


class Line:
    """One kept-alive connection."""

    def __init__(self, client: Client) -> None:
        self._connection = http.client.HTTPConnection(client.host, client.port)
        self._headers = {"Authorization": f"Bearer {client.key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Return the answer's content."""
        self._connection.request(method, f"{API}/{path}", body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in {http.client.OK, http.client.CREATED}:
            raise RuntimeError(f"{method} {path}: {answer.status} {content!r}")
        return json.loads(content)

    def value(self, figure: str) -> Any:
        """Return a figure's value: where reporting is on, there is one even of nothing."""
        (value,) = self.ask("GET", figure)["indicatorValues"]
        return value


class Prober:
    """Reports one activity at a time, and asks for the figure until it counts it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._line = Line(client)
        self._chance = random.Random()
        self._places = client.places_by_type
        self._uncompared: deque[tuple[str, float]] = deque()
        self._unjudged: deque[tuple[str, float]] = deque()
        self._waits = Waits()

    def run(self) -> Waits:
        """Return how long each probe waited, but for the first, which warm the service up."""
        activity_types = itertools.cycle(PROBED)
        for _ in range(WARM_UP):
            self._probe(next(activity_types))
        for number in range(self._client.probes):
            figure, answered, seconds = self._probe(next(activity_types))
            self._waits.figure.append(seconds)
            if self._client.compares and number % COMPARED_EVERY == 0:
                self._uncompared.append((figure, answered))
            if self._client.compares and number % JUDGED_EVERY == 0:
                self._unjudged.append((figure, answered))
            self._look_for_what_follows()
        while self._uncompared or self._unjudged:
            self._look_for_what_follows()
            time.sleep(PAUSE)
        return self._waits

    def _probe(self, activity_type: str) -> tuple[str, float, float]:
        """Return where the figure is, when the POST was answered, and how long it took from then to the figure."""
        # Else every probe would meet the worker at the same point of its round.
        time.sleep(LONGEST_PAUSE * self._chance.random())
        place = self._chance.choice(self._places[activity_type])
        year = self._client.year
        figure = _address(PROBED[activity_type], place, f"{year}-{PROBED_MONTH:02}")
        expected = self._line.value(figure)["numerator"] + 1
        body = _activity(activity_type, place, date(year, PROBED_MONTH, 15), self._chance)
        self._line.ask("POST", "activities", body)
        answered = time.perf_counter()
        while self._line.value(figure)["numerator"] < expected:
            _give_up(figure, answered)
            time.sleep(PAUSE)
        return figure, answered, time.perf_counter() - answered

    def _look_for_what_follows(self) -> None:
        """Note it if the figure that has waited longest has its comparisons, or its signal."""
        if self._uncompared:
            figure, since = self._uncompared[0]
            _give_up(figure, since)
            if self._line.value(figure)["comparisons"]["previousPeriod"] is not None:
                self._waits.comparisons.append(time.perf_counter() - since)
                self._uncompared.popleft()
        if self._unjudged:
            figure, since = self._unjudged[0]
            _give_up(figure, since, GIVE_UP_SIGNALS_AFTER)
            value = self._line.value(figure)
            if "signal" not in value:  # it is of a commit from before there were any
                self._unjudged.clear()
            elif value["signal"] is not None:
                self._waits.signal.append(time.perf_counter() - since)
                self._unjudged.popleft()


def write(client: Client) -> float:
    """Report activities at an even rate until standard input ends; return how many a second were answered."""
    stop = Event()
    counts = [0] * WRITERS
    at = client.places_by_type
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


def _address(indicator: str, place: Place, month: str) -> str:
    """Return where the figure of the place's municipality is."""
    asked = f"indicator={indicator}&slice=all&area={place.municipality}"
    return f"indicator-values?{asked}&periodType=month&from={month}&to={month}"


def _give_up(figure: str, since: float, seconds: float = GIVE_UP_AFTER) -> None:
    if time.perf_counter() - since > seconds:
        raise RuntimeError(f"{figure} lacks an activity, its comparisons or its signal after {seconds:.0f} s")


def _activity(activity_type: str, place: Place, day: date, chance: random.Random) -> bytes:
    # Of letters alone: digits could look like a personal number, which is refused.
    external_id = "".join(chance.choices(ascii_lowercase, k=16))
    made = replace(make_activity(external_id, activity_type, place, day, chance), status="performed")
    return json.dumps({"source": "probe"} | made.document).encode()


if __name__ == "__main__":
    client = Client(**json.loads(sys.stdin.readline()))
    json.dump(asdict(Prober(client).run()) if sys.argv[1] == "probe" else write(client), sys.stdout)
