"""What a process says of itself and of the whole in Prometheus' format, on a port of its own.

A thread answers, so that it does so also while the process' loop is busy or PostgreSQL hangs. PostgreSQL and Redis are
asked once in five seconds at most, however often someone scrapes.
"""

from __future__ import annotations

import asyncio
import logging
import math
import platform
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.heartbeat import Beat, alive
from shared.operation.backlog import Backlog
from shared.operation.counts import REFUSED
from shared.version import SOFTWARE_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shared.operation.pools import Pool, PoolState
    from shared.operation.watch import DatabaseState, Watch

PREFIX = "samverkan_"
IMPORT_STATES = ("received", "running", "completed", "interrupted", "failed")
SECONDS_REMEMBERED = 5.0
SECONDS_TO_ANSWER = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was last found out, and how long the process' loop took to take the question up; None: it has not yet."""

    database: DatabaseState | None
    beats: list[Beat] | None
    lag: float | None

    @property
    def backlog(self) -> Backlog | None:
        """What waits, as far as it is known."""
        return None if self.database is None else self.database.backlog


class Sampler:
    """Asks a process' watch from the thread that answers scrapes, and remembers the answer for a while."""

    def __init__(self, watch: Watch, loop: asyncio.AbstractEventLoop) -> None:
        self._watch = watch
        self._loop = loop
        self._lock = Lock()
        self._sample = Sample(None, None, None)
        self._sampled_at = -math.inf

    def latest(self) -> Sample:
        """Return a sample of the last seconds; what could not be found out in time is None."""
        with self._lock:
            if time.monotonic() - self._sampled_at > SECONDS_REMEMBERED:
                self._sample = self._ask()
                self._sampled_at = time.monotonic()
            return self._sample

    def _ask(self) -> Sample:
        asking = asyncio.run_coroutine_threadsafe(self._look(time.monotonic()), self._loop)
        try:
            return asking.result(SECONDS_TO_ANSWER)
        except Exception as error:  # noqa: BLE001  whatever it is, the rest of the metrics is worth having
            asking.cancel()
            if not isinstance(error, TimeoutError):
                log.warning("what waits could not be found out: %s", type(error).__name__)
            return Sample(None, None, None)

    async def _look(self, asked_at: float) -> Sample:
        lag = time.monotonic() - asked_at
        database, beats = await self._watch.look()
        return Sample(database, beats, lag)


class StateCollector(Collector):
    """Shows a process' build, its pools, and the latest sample; a number that is not known is NaN."""

    def __init__(self, process: str, sampler: Sampler, pools: Mapping[str, Pool]) -> None:
        self._build = (process, SOFTWARE_VERSION, platform.python_version())
        self._sampler = sampler
        self._pools = pools

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing beforehand, so that nothing is asked when this is registered."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        sample = self._sampler.latest()
        yield _labelled("build_info", "Which build runs.", ("process", "version", "python"), {self._build: 1})
        yield _gauge("event_loop_lag_seconds", "How long the process' loop took to take up a question.", sample.lag)
        yield from _of_servers(sample)
        yield from _of_workers(sample.beats)
        yield from _of_backlog(sample.backlog)
        yield from _of_pools({name: pool() for name, pool in self._pools.items()})


def _of_servers(sample: Sample) -> Iterator[GaugeMetricFamily]:
    database = sample.database
    yield _gauge(
        "database_writable", "Whether PostgreSQL takes writes.", None if database is None else database.fault is None
    )
    yield _gauge("redis_up", "Whether Redis answers.", None if database is None else sample.beats is not None)


def _of_workers(heard: list[Beat] | None) -> Iterator[GaugeMetricFamily]:
    beats = heard or []
    living = len(alive(beats))
    numbers = {} if heard is None else {("alive",): living, ("silent",): len(beats) - living}
    yield _labelled("workers", "Workers that were heard of within the last hour.", ("state",), numbers)
    yield _gauge(
        "worker_heartbeat_age_seconds",
        "How long ago a worker was last heard of.",
        min((beat.age for beat in beats), default=None),
    )
    yield _gauge(
        "worker_last_sweep_age_seconds",
        "How long ago a worker last ended a sweep.",
        min((beat.since_sweep for beat in beats if beat.since_sweep is not None), default=None),
    )


_BACKLOG_NUMBERS: tuple[tuple[str, str, Callable[[Backlog], float | None]], ...] = (
    (
        "oldest_mark_seconds",
        "How long the oldest mark has waited, of a scope or of the levels above.",
        attrgetter("oldest_mark_seconds"),
    ),
    (
        "oldest_comparison_mark_seconds",
        "How long the oldest comparison has been following its figure.",
        attrgetter("oldest_comparison_mark_seconds"),
    ),
    (
        "oldest_signal_mark_seconds",
        "How long the oldest signal has been following its figure.",
        attrgetter("oldest_signal_mark_seconds"),
    ),
    ("postponed_scopes", "Scopes whose recomputation failed and waits.", attrgetter("postponed_scopes")),
    ("failing_sources", "Pulled sources whose last run got no further.", attrgetter("failing_sources")),
)


def _of_backlog(backlog: Backlog | None) -> Iterator[GaugeMetricFamily]:
    for name, description, number in _BACKLOG_NUMBERS:
        yield _gauge(name, description, None if backlog is None else number(backlog) or 0)
    if backlog is None:
        return
    marks = {
        ("figures",): backlog.figure_marks,
        ("levels",): backlog.level_marks,
        ("comparisons",): backlog.comparison_marks,
        ("signals",): backlog.signal_marks,
    }
    yield _labelled("marks", "Marks that wait, by what is computed again; up to 100 000 of each.", ("kind",), marks)
    messages = {("due",): backlog.due_messages, ("failed",): backlog.failed_messages}
    yield _labelled("webhook_messages", "Messages whose time has come, or that no receiver took.", ("state",), messages)
    webhooks = {(status,): backlog.webhooks.get(status, 0) for status in ("active", "challenged", "paused")}
    yield _labelled("webhooks", "Subscriptions by their status.", ("status",), webhooks)
    imports = {(status,): backlog.imports.get(status, 0) for status in IMPORT_STATES}
    yield _labelled("imports", "Imports of files by their status.", ("status",), imports)


def _of_pools(states: Mapping[str, PoolState]) -> Iterator[GaugeMetricFamily]:
    numbers = {
        (name, state): number
        for name, one in states.items()
        for state, number in (("open", one.open), ("in_use", one.in_use), ("most", one.most))
    }
    yield _labelled("pool_connections", "Connections to PostgreSQL of a pool.", ("pool", "state"), numbers)
    waiting = {(name,): one.waiting for name, one in states.items()}
    yield _labelled("pool_waiting", "How many wait for a connection of a pool.", ("pool",), waiting)


def _gauge(name: str, description: str, number: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}{name}", description, value=math.nan if number is None else float(number))


def _labelled(name: str, description: str, labels: Sequence[str], numbers: Mapping[Any, float]) -> GaugeMetricFamily:
    """Return a family of several numbers, by the tuples of their labels."""
    family = GaugeMetricFamily(f"{PREFIX}{name}", description, labels=labels)
    for label, number in numbers.items():
        family.add_metric(label, float(number))
    return family


def new_registry() -> CollectorRegistry:
    """Return a registry for one process' metrics, with its memory and time, and what it refuses."""
    registry = CollectorRegistry()
    registry.register(ProcessCollector(registry=None))
    registry.register(REFUSED)
    return registry


@contextmanager
def exposed(registry: CollectorRegistry, host: str, port: int) -> Iterator[int | None]:
    """Serve metrics over HTTP meanwhile and yield the port; None where the port is in use: the service goes on."""
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        log.warning(
            "metrics are not served at %s, port %d: %s. Name others in SAMVERKAN_METRICS_ADDRESS and the port's "
            "variable, or port 0 for none.",
            host,
            port,
            error.strerror,
        )
        yield None
        return
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
