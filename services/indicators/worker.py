"""The worker process. arq is only its alarm clock: it carries no fact, so losing every job loses nothing.

Each kind of work is looked for at every tick of its cron. Marked figures wait for none where the API's wakeup is heard.

Run it with `python -m services.indicators.worker`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any, ClassVar

from arq import cron, run_worker
from arq.connections import ArqRedis, RedisSettings
from sqlalchemy.ext.asyncio import AsyncConnection

from services.indicators.compute.comparisons import compare
from services.indicators.compute.rollup import roll_up
from services.indicators.compute.sweep import sweep
from services.indicators.metrics import WorkerMetrics
from services.indicators.sources.polling import Poller
from services.indicators.wakeup import wakeups
from services.indicators.webhooks.dispatcher import Dispatcher
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.certificates import tls_context
from shared.connectors.fetching import Fetcher
from shared.connectors.outgoing import Sender
from shared.db.engine import build_engine
from shared.db.locks import share_area_hierarchy
from shared.domain.period import today
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.reporting import refresh_reporting
from shared.facts.series import put_series
from shared.heartbeat import Pulse
from shared.logs import start_log
from shared.settings import Settings, settings_at_start

# Of the time, while others write. What follows the sweep is brought up within seconds all the same: the more of it
# waits, the more is done together.
SHARE_OF_ROLLUP = 0.2
SHARE_OF_COMPARISONS = 0.4
SECONDS_A_WAKEUP_TELLS_OF_OTHERS = 2.0

log = logging.getLogger(__name__)

# What arq hands to every job: our worker under "worker", beside its own entries.
Context = dict[str, Any]
Work = Callable[[AsyncConnection], Awaitable[object]]


class Throttle:
    """Lets a pass take at most a share of the time while others are busy: the longer it took, the longer it rests.

    What comes meanwhile waits for the next pass, which takes it all together: under load fewer passes do more each.
    """

    def __init__(self, share: float, is_busy: Callable[[], bool]) -> None:
        self._rests_per_second_taken = 1 / share - 1
        self._is_busy = is_busy
        self._rests_until = 0.0

    async def keep(self, run: Callable[[], Awaitable[object]]) -> None:
        """Run a pass unless the last one still rests."""
        started = time.monotonic()
        if started < self._rests_until and self._is_busy():
            return
        try:
            await run()
        finally:
            ended = time.monotonic()
            self._rests_until = ended + (ended - started) * self._rests_per_second_taken


class ComputingWorker:
    """What runs in the process: the passes that compute figures, the webhooks' dispatcher and the sources' poller."""

    def __init__(self, settings: Settings, redis: ArqRedis) -> None:
        self._redis = redis
        self.pulse = Pulse(redis)
        self._metrics = WorkerMetrics()
        self._definitions = CatalogueInForce(shipped_catalogue())
        # Each statement takes keys as arrays, for which PostgreSQL would plan anew every time: half of a recomputation.
        self._engine = build_engine(
            settings.database_url, connections=4, application="samverkan worker", plans="force_generic_plan"
        )
        # Connections of their own: webhooks wait for no figure, and delay none.
        self._webhook_engine = build_engine(settings.database_url, connections=4, application="samverkan webhooks")
        tls = tls_context(settings.trusted_cas)
        self.dispatcher = Dispatcher(self._webhook_engine, Sender(settings.trusted_networks, tls=tls))
        self._source_engine = build_engine(settings.database_url, connections=4, application="samverkan sources")
        fetcher = Fetcher(settings.trusted_networks, tls=tls)
        self.poller = Poller(self._source_engine, fetcher, CatalogueInForce(shipped_catalogue()), today)
        self._others_until = 0.0
        self._rollup_throttle = Throttle(SHARE_OF_ROLLUP, self._do_others_write)
        self._comparison_throttle = Throttle(SHARE_OF_COMPARISONS, self._do_others_write)
        # One after the other, so that the sweep competes with one of them at most.
        self._following = asyncio.Lock()
        self._asked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Make the series equal the catalogue, and begin to listen."""
        async with self._engine.begin() as connection:
            await share_area_hierarchy(connection)
            are_changed = await put_series(connection, await self._definitions.current(connection), today())
        if are_changed:
            async with self._engine.begin() as connection:
                await refresh_reporting(connection)
        self._tasks = [
            asyncio.create_task(work) for work in (self._listen(), self._sweep_when_asked(), self.pulse.run())
        ]

    def serve_metrics(self, settings: Settings) -> None:
        """Serve the metrics of this worker over HTTP."""
        engines = {"figures": self._engine, "webhooks": self._webhook_engine, "sources": self._source_engine}
        self._metrics.start(settings, engines)

    async def stop(self) -> None:
        """End what runs, and close the database."""
        await self._metrics.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.dispatcher.stop()
        await self.poller.stop()
        for engine in (self._source_engine, self._webhook_engine, self._engine):
            await engine.dispose()

    def ask_for_sweep(self) -> None:
        """Have the marks looked at."""
        self._asked.set()

    async def roll_up(self) -> None:
        """Bring the levels above the municipality up to date, unless their throttle has them rest."""
        await self._follow(
            "rollup", self._rollup_throttle, lambda connection: roll_up(connection, self._definitions, today)
        )

    async def compare(self) -> None:
        """Bring the comparisons of each figure up to date, unless their throttle has them rest."""
        await self._follow("comparisons", self._comparison_throttle, lambda connection: compare(connection, today))

    async def _follow(self, name: str, throttle: Throttle, work: Work) -> None:
        """Do the work of a pass that follows the sweep, in one transaction."""

        async def run() -> None:
            with self._metrics.seconds.labels(name).time():
                async with self._engine.begin() as connection:
                    await work(connection)

        async with self._following:
            await throttle.keep(run)

    def _do_others_write(self) -> bool:
        return time.monotonic() < self._others_until

    async def _listen(self) -> None:
        async for _ in wakeups(self._redis):
            self._others_until = time.monotonic() + SECONDS_A_WAKEUP_TELLS_OF_OTHERS
            self._asked.set()

    async def _sweep_when_asked(self) -> None:
        """Recompute what is marked, whenever that is asked for: one sweep at a time, until nothing is left."""
        while await self._asked.wait():
            self._asked.clear()
            try:
                with self._metrics.seconds.labels("sweep").time():
                    async with asyncio.timeout(WorkerSettings.job_timeout):
                        if await sweep(self._engine, self._definitions, today):
                            self._asked.set()
                self.pulse.sweeps += 1
                self.pulse.swept_at = time.monotonic()
            except Exception:
                self._metrics.failures.inc()
                log.exception("a sweep failed; the next tick tries again")


async def start(context: Context) -> None:
    """Make the worker and start it."""
    context["worker"] = ComputingWorker(context["settings"], context["redis"])
    if context.get("serves_metrics"):  # first: the start may take its time
        _worker(context).serve_metrics(context["settings"])
    await _worker(context).start()


async def stop(context: Context) -> None:
    """Stop the worker."""
    await _worker(context).stop()


async def note_work(context: Context) -> None:
    """Note that arq begins a job: while it does, the worker is not stuck."""
    _worker(context).pulse.worked_at = time.monotonic()


async def ask_for_sweep(context: Context) -> None:
    """Have the marks looked at, also when no wakeup is heard."""
    _worker(context).ask_for_sweep()


async def roll_up_levels(context: Context) -> None:
    """Bring the levels above the municipality up to date."""
    await _worker(context).roll_up()


async def compare_figures(context: Context) -> None:
    """Bring the comparisons of each figure up to date."""
    await _worker(context).compare()


async def tell_subscribers(context: Context) -> None:
    """Begin to send what has changed to those who subscribe."""
    await _worker(context).dispatcher.look()


async def poll_sources(context: Context) -> None:
    """Begin to read the sources that are due."""
    await _worker(context).poller.look()


def _worker(context: Context) -> ComputingWorker:
    worker: ComputingWorker = context["worker"]
    return worker


# arq's own type asks for arguments that no job of ours takes.
_SWEEP: Any = ask_for_sweep
_ROLL_UP: Any = roll_up_levels
_COMPARE: Any = compare_figures
_TELL_SUBSCRIBERS: Any = tell_subscribers
_POLL: Any = poll_sources


class WorkerSettings:
    """What arq reads: an attribute inherited from a base class would be ignored."""

    # No job ids: arq holds a fixed one back for a minute. Overlapping calls are harmless.
    cron_jobs: ClassVar = [
        cron(_SWEEP, second=set(range(0, 60, 2)), run_at_startup=True),
        cron(_ROLL_UP, second=set(range(60))),
        cron(_COMPARE, second=set(range(60))),
        cron(_TELL_SUBSCRIBERS, second=set(range(60))),
        cron(_POLL, second=set(range(0, 60, 10))),
    ]
    on_startup = start
    on_shutdown = stop
    on_job_start = note_work
    timezone = UTC
    # How late a tick may be.
    poll_delay = 0.1
    keep_result = 0
    job_timeout = 60
    job_completion_wait = 5
    health_check_interval = 15
    max_jobs = 10


def main() -> None:
    """Run until a signal stops it."""
    settings = settings_at_start()
    start_log(settings.log_level, "%(levelname)s %(name)s: %(message)s")
    # arq logs every job it runs, which is several a second.
    logging.getLogger("arq.worker").setLevel(logging.WARNING)
    context = {"settings": settings, "serves_metrics": True}
    run_worker(WorkerSettings, redis_settings=RedisSettings.from_dsn(settings.redis_url), ctx=context)  # type: ignore[arg-type]  # arq's protocol wants attributes it has defaults for


if __name__ == "__main__":
    main()
