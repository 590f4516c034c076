"""(a) From the answer of a POST until the municipality's figure counts it, with nobody else about and under load."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, astuple, dataclass, field, replace
from datetime import date
from statistics import mean, median, quantiles

from services.cli.serve import Address
from tests.benchmarks import servers
from tests.benchmarks.bench import Bench, Effort
from tests.benchmarks.fixture_world import Place
from tests.benchmarks.freshness_client import Client, Waits
from tests.benchmarks.results import Result, thousands
from tests.benchmarks.servers import Service

SMALL = 10_000
P50_AIM, P99_AIM = 50.0, 1000.0
SIGNAL_AIM = 60.0
SIZES_AIM = 1.2
SECONDS_TO_TAKE_UP = 180.0
CLIENT = "tests.benchmarks.freshness_client"


@dataclass(frozen=True, slots=True)
class Turns:
    """What one service's probes found, turn by turn, and how many writes a second it answered to others meanwhile."""

    idle: list[Waits] = field(default_factory=list)
    loaded: list[Waits] = field(default_factory=list)
    writes_a_second: list[float] = field(default_factory=list)


def measure(bench: Bench) -> Iterator[Result]:
    """Probe a small database and a large one, which take turns."""
    with ExitStack() as stack:
        sizes = (SMALL, bench.size)
        copies = [stack.enter_context(bench.cache.copy(bench.databases.figures(size))) for size in sizes]
        services = {size: bench.servers.service(copy) for size, copy in zip(sizes, copies, strict=True)}
        small, large = probe_in_turns(list(services.values()), bench.databases.places(), bench.today, bench.effort)
    for size, turns in zip(sizes, (small, large), strict=True):
        yield from _results(size, turns)
    for load in ("idle", "loaded"):
        what = f"POST until figure, {load}: {thousands(bench.size)} against {thousands(SMALL)} stored, p50 in ms"
        smaller, larger = (medians(getattr(turns, load)) for turns in (small, large))
        yield Result.at_most(what, larger, "the smaller database", smaller, SIZES_AIM)


def probe_in_turns(services: Sequence[Service], places: Sequence[Place], today: date, effort: Effort) -> list[Turns]:
    """Probe services in turn, first with nobody else about, then under load.

    A load leaves comparisons to be made. No other service is probed while a worker is at these: it is stopped, and goes
    on with them in its next turn, which is under load again.
    """
    found = [Turns() for _ in services]
    fields = [astuple(place) for place in places]
    with ExitStack() as stack:
        apis = [stack.enter_context(servers.running_api(service)) for service in services]
        clients = [
            Client(
                api.host, api.port, service.database.key, today.year - 1, effort.probes, compares=True, places=fields
            )
            for api, service in zip(apis, services, strict=True)
        ]
        with ExitStack() as workers:
            for service in services:
                workers.enter_context(servers.running_worker(service))
            for api in apis:
                _settle(api)
            for index in _turns(len(services), effort.rounds):
                compares = len(found[index].idle) < effort.rounds_of_comparisons
                found[index].idle.append(_probe(replace(clients[index], compares=compares)))
        for index in _turns(len(services), effort.rounds):
            with (
                servers.running_worker(services[index]),
                _other_clients(clients[index], effort, found[index].writes_a_second),
            ):
                found[index].loaded.append(_probe(replace(clients[index], compares=effort.compares_under_load)))
    return found


def medians(turns: Sequence[Waits]) -> list[float]:
    """Return the median wait for the figure in each turn, in milliseconds."""
    return [1000 * median(waits.figure) for waits in turns]


def _turns(services: int, rounds: int) -> Iterator[int]:
    """Yield whose turn it is: there and back, so that neither always comes after the other."""
    for number in range(rounds):
        yield from range(services) if number % 2 == 0 else reversed(range(services))


def _results(size: int, turns: Turns) -> Iterator[Result]:
    loaded = f"{mean(turns.writes_a_second):.0f} writes/s"
    for load, found in (("idle", turns.idle), (loaded, turns.loaded)):
        what = f"POST until figure, {thousands(size)} stored, {load}"
        # Under load all that is aimed at is that nobody waits long.
        p50 = f"{what}: p50, ms"
        yield Result.below(p50, medians(found), P50_AIM) if load == "idle" else Result(p50, medians(found))
        p99 = [1000 * quantiles(waits.figure, n=100, method="inclusive")[98] for waits in found]
        yield Result.below(f"{what}: p99, ms", p99, P99_AIM)
        comparisons = [1000 * median(waits.comparisons) for waits in found if waits.comparisons]
        if comparisons:
            yield Result(f"POST until comparisons, {thousands(size)} stored, {load}: p50, ms", comparisons)
        if signals := [median(waits.signal) for waits in found if waits.signal]:
            yield Result.below(f"POST until signal, {thousands(size)} stored, {load}: p50, s", signals, SIGNAL_AIM)


def _settle(api: Address) -> None:
    """Wait until a service's worker has taken up what it found when it started."""
    until = time.monotonic() + SECONDS_TO_TAKE_UP
    while _backlog(api) > 0:
        if time.monotonic() > until:
            raise RuntimeError(f"the worker is still at what was left after {SECONDS_TO_TAKE_UP:.0f} s")
        time.sleep(0.5)


def _backlog(api: Address) -> float:
    connection = http.client.HTTPConnection(api.host, api.port)
    connection.request("GET", "/health/ready")
    state = json.loads(connection.getresponse().read())
    connection.close()
    return float(state["oldestMarkSeconds"] or 0)


def _probe(client: Client) -> Waits:
    command = [sys.executable, "-m", CLIENT, "probe"]
    done = subprocess.run(command, input=json.dumps(asdict(client)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Waits(**json.loads(done.stdout))


@contextmanager
def _other_clients(client: Client, effort: Effort, rates: list[float]) -> Iterator[None]:
    """Let others write meanwhile, and add at what rate they were answered.

    It is below what they try where the machine has too much else to do: the probes then say less than they ought to.
    """
    command = [sys.executable, "-m", CLIENT, "write"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(client)) + "\n")
        process.stdin.flush()
        time.sleep(effort.seconds_before_loaded_probes)
        try:
            yield
        finally:
            process.stdin.close()
            rates.append(float(process.stdout.read() or 0))
