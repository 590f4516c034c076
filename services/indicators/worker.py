"""The worker process. Each kind of work is looked for at every tick of its clock.

Marked figures wait for none where the API's wakeup is heard. Run it with `python -m services.indicators.worker`.
"""

# Over 300 lines: all kinds of work that a worker looks for, and how its process begins and ends.

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.indicators.audit import AuditTrail
from services.indicators.clock import SECONDS_A_JOB_MAY_TAKE, Tick, keep_time
from services.indicators.compute.comparisons import compare
from services.indicators.compute.figures_above import FiguresAboveKeeper, serve_none
from services.indicators.compute.rollup import roll_up
from services.indicators.compute.signal_failures import SignalFailures
from services.indicators.compute.signal_process import SignalProcess
from services.indicators.compute.signals import SECONDS as SECONDS_OF_SIGNALS
from services.indicators.compute.signals import judge_signals
from services.indicators.compute.sweep import BatchSize, sweep
from services.indicators.metrics import WorkerMetrics
from services.indicators.reminders.sender import Reminders
from services.indicators.retention import FactRemover
from services.indicators.sign_ins import EndedSignIns
from services.indicators.sources.polling import Poller
from services.indicators.wakeup import wakeups
from services.indicators.webhooks.dispatcher import Dispatcher
from shared import cancellation, redis
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.certificates import tls_context
from shared.connectors.fetching import Fetcher
from shared.connectors.outgoing import Sender
from shared.db.budget import WORKER_SHARES, share_out
from shared.db.clock import DatabaseClock
from shared.db.engine import PoolKind, build_engine, is_unavailable, log_failure
from shared.db.locks import change_area_hierarchy, share_area_hierarchy
from shared.db.territories import FiguresAbove, sees_all_rows
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.reporting import refresh_reporting
from shared.facts.series import put_series
from shared.heartbeat import SECONDS_UNTIL_STUCK, Pulse
from shared.logs import start_log
from shared.mail.sending import mailer_of
from shared.settings import Settings, settings_at_start
from shared.signals import forecast  # noqa: F401  else the first figure would wait for its libraries

# Of the time, while others write; together four fifths of a processor, since one runs after the other. What follows the
# sweep is brought up within seconds all the same: the more of it waits, the more is done together.
SHARE_OF_ROLLUP = 0.2
SHARE_OF_COMPARISONS = 0.3
SHARE_OF_SIGNALS = 0.15
SHARE_OF_SEALING = 0.15
SECONDS_A_WAKEUP_TELLS_OF_OTHERS = 2.0
SECONDS_BEFORE_NEXT_TRY = 1.0
SECONDS_BETWEEN_BEATS = 1.0

log = logging.getLogger(__name__)

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

    def __init__(self, settings: Settings) -> None:
        self._redis = redis.client(settings.redis_url)
        self.pulse = Pulse(self._redis)
        self.clock = DatabaseClock()
        self._metrics = WorkerMetrics()
        self._definitions = CatalogueInForce(shipped_catalogue())
        self._figures_above = FiguresAboveKeeper() if settings.figures_above is FiguresAbove.CLOSED else None
        self._engine = _engine(settings, PoolKind.COMPUTING)
        # Connections of their own: webhooks wait for no figure, and delay none.
        self._webhook_engine = _engine(settings, PoolKind.WEBHOOKS)
        tls = tls_context(settings.trusted_cas)
        sender = Sender(settings.trusted_networks, tls=tls)
        self.dispatcher = Dispatcher(self._webhook_engine, sender, self.clock, figures_above=settings.figures_above)
        self._source_engine = _engine(settings, PoolKind.SOURCES)
        fetcher = Fetcher(settings.trusted_networks, tls=tls)
        self.poller = Poller(self._source_engine, fetcher, CatalogueInForce(shipped_catalogue()), self.clock)
        # On the connections of webhooks: both are for what goes out, and wait for others' servers without any.
        self.reminders = Reminders(
            self._webhook_engine,
            mailer_of(settings, tls),
            settings.public_url,
            CatalogueInForce(shipped_catalogue()),
            self.clock,
        )
        self.remover = FactRemover(
            self._source_engine, CatalogueInForce(shipped_catalogue()), self.clock, settings.limits.fact_years
        )
        self.sign_ins = EndedSignIns(self._source_engine)
        self._others_until = 0.0
        self._batch_size = BatchSize()
        self._rollup_throttle = Throttle(SHARE_OF_ROLLUP, self._do_others_write)
        self._comparison_throttle = Throttle(SHARE_OF_COMPARISONS, self._do_others_write)
        self._signal_throttle = Throttle(SHARE_OF_SIGNALS, self._do_others_write)
        self._signal_process = SignalProcess()
        self._signal_failures = SignalFailures()
        self._sealing_throttle = Throttle(SHARE_OF_SEALING, self._do_others_write)
        self._audit_trail = AuditTrail(settings.limits.audit_days)
        # One after the other, so that the sweep competes with one of them at most.
        self._following = asyncio.Lock()
        self._judging = asyncio.Lock()
        self._asked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Make the series equal the catalogue, and begin to listen."""
        async with self._engine.begin() as connection:
            await self.clock.set(connection)
            await _refuse_partial_view(connection)
            await share_area_hierarchy(connection)
            if self._figures_above is None:
                await serve_none(connection)
            async with connection.begin_nested() as trial:
                are_changed = await put_series(connection, await self._definitions.current(connection), self.clock())
                if are_changed:
                    await trial.rollback()
        if are_changed:
            await self._put_changed_series()
        self._signal_process.start()
        self._tasks = [
            asyncio.create_task(work) for work in (self._listen(), self._sweep_when_asked(), self.pulse.run())
        ]

    async def _put_changed_series(self) -> None:
        """Make the series equal the catalogue, and with them where reporting is on: both, or at the next start.

        The structure is locked from the beginning: who shares it first and then wants it alone may meet another.
        """
        async with self._engine.begin() as connection:
            await change_area_hierarchy(connection)
            await put_series(connection, await self._definitions.current(connection), self.clock())
            await refresh_reporting(connection)

    def serve_metrics(self, settings: Settings) -> None:
        """Serve the metrics of this worker over HTTP."""
        engines = {"computing": self._engine, "webhooks": self._webhook_engine, "sources": self._source_engine}
        self._metrics.start(settings, engines)

    async def stop(self) -> None:
        """End what runs, and close the database."""
        await self._metrics.stop()
        await cancellation.cancel(self._tasks)
        self._signal_process.close()
        await self.dispatcher.stop()
        await self.poller.stop()
        await self.reminders.stop()
        await self.remover.stop()
        for engine in (self._source_engine, self._webhook_engine, self._engine):
            await engine.dispose()
        with suppress(*redis.UNAVAILABLE):
            await self._redis.aclose()

    def ticks(self) -> dict[str, Tick]:
        """Return what is looked for, and when."""
        every_second = frozenset(range(60))
        return {
            "sweep": Tick(self._noted(self.ask_for_sweep), frozenset(range(0, 60, 2))),
            "roll up": Tick(self._noted(self.roll_up), every_second),
            "compare": Tick(self._noted(self.compare), every_second),
            "judge signals": Tick(self._noted(self.judge_signals), every_second),
            "seal": Tick(self._noted(self.seal), every_second),
            "dispatch": Tick(self._noted(self.dispatcher.look), every_second),
            "poll": Tick(self._noted(self.poller.look), frozenset(range(0, 60, 10))),
            "remind": Tick(self._noted(self.reminders.look), frozenset({15})),
            "remove facts": Tick(self._noted(self.remover.look), frozenset({30})),
            "remove sign-ins": Tick(self._noted(self.sign_ins.look), frozenset({45})),
        }

    def _noted(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Return what also notes that work begins: a worker that does so is not stuck.

        While PostgreSQL cannot be asked it fails in one line, where the clock would log a traceback each second.
        """

        async def begin() -> None:
            self.pulse.worked_at = time.monotonic()
            try:
                await work()
            except Exception as error:
                if not is_unavailable(error):
                    raise
                log_failure(log, "looking for work", error)

        return begin

    async def ask_for_sweep(self) -> None:
        """Have the marks looked at, also when no wakeup is heard."""
        self._asked.set()

    async def roll_up(self) -> None:
        """Bring the levels above the municipality up to date, unless their throttle has them rest."""

        async def run(connection: AsyncConnection) -> None:
            await roll_up(connection, self._definitions, self.clock, self._figures_above)

        try:
            await self._follow("rollup", self._rollup_throttle, run)
        except BaseException:
            # What it has decided is rolled back, and not what it remembers of that: all is looked through again.
            self._figures_above = self._figures_above and FiguresAboveKeeper()
            raise

    async def compare(self) -> None:
        """Bring the comparisons of each figure up to date, unless their throttle has them rest."""
        await self._follow("comparisons", self._comparison_throttle, lambda connection: compare(connection, self.clock))

    async def judge_signals(self) -> None:
        """Bring the signals of each figure up to date, a few at a time while others write."""

        async def run() -> None:
            seconds = 0 if self._do_others_write() else SECONDS_OF_SIGNALS
            with self._metrics.seconds.labels("signals").time():
                await judge_signals(self._turn, self.clock, seconds, self._signal_process.judged, self._signal_failures)

        async with self._judging:
            await self._signal_throttle.keep(run)

    async def seal(self) -> None:
        """Seal what has been written since, and remove what old entries say."""
        await self._follow("sealing", self._sealing_throttle, self._audit_trail.keep)

    async def _follow(self, name: str, throttle: Throttle, work: Work) -> None:
        """Do the work of a pass that follows the sweep, in one transaction."""

        async def run() -> None:
            with self._metrics.seconds.labels(name).time():
                async with self._engine.begin() as connection:
                    await work(connection)

        async with self._following:
            await throttle.keep(run)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction when no pass that follows the sweep is in one, and commit it."""
        async with self._following, self._engine.begin() as connection:
            yield connection

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
                    async with asyncio.timeout(SECONDS_A_JOB_MAY_TAKE):
                        await self.clock.look(self._engine)
                    if await sweep(self._engine, self._definitions, self.clock, size=self._batch_size):
                        self._asked.set()
                self.pulse.sweeps += 1
                self.pulse.swept_at = time.monotonic()
            except Exception as error:  # noqa: BLE001  the next tick tries again
                self._metrics.failures.inc()
                log_failure(log, "a sweep", error)


def _engine(settings: Settings, kind: PoolKind) -> AsyncEngine:
    sessions = share_out(settings.limits.worker_sessions, WORKER_SHARES)
    return build_engine(settings.database_url, kind, connections=sessions[kind])


async def serve(settings: Settings, heartbeat: Path | None) -> None:
    """Run the worker until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    worker = ComputingWorker(settings)
    worker.serve_metrics(settings)
    beating = asyncio.create_task(_beat(heartbeat, worker.pulse)) if heartbeat else None
    try:
        if await _started(worker, stop):
            await keep_time(settings.redis_url, worker.ticks(), stop)
    finally:
        await worker.stop()
        if beating:
            beating.cancel()


async def _started(worker: ComputingWorker, stop: asyncio.Event) -> bool:
    """Start the worker; wait for PostgreSQL while it is away. Tell whether that succeeded before `stop` was set."""
    is_reported = False
    while not stop.is_set():
        try:
            await worker.start()
        except (SQLAlchemyError, OSError) as error:
            if not is_unavailable(error):
                raise
            if not is_reported:
                log.warning("DATABASE_URL's server cannot be used (%s): the worker waits for it", type(error).__name__)
            is_reported = True
            worker.pulse.worked_at = time.monotonic()  # it waits, and is not stuck
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SECONDS_BEFORE_NEXT_TRY)
        else:
            return True
    return False


async def _refuse_partial_view(connection: AsyncConnection) -> None:
    """End the process where policies hide rows from it: the figures would lack them, and nobody would see."""
    if not await sees_all_rows(connection):
        raise SystemExit(
            "The worker does not see all rows: log it in by DATABASE_URL as samverkan_worker, or as another role that "
            "has BYPASSRLS."
        )


async def _beat(heartbeat: Path, pulse: Pulse) -> None:
    """Touch a file each second while the worker is not stuck: who started the process sees that it does not hang."""
    while True:
        if time.monotonic() - pulse.worked_at < SECONDS_UNTIL_STUCK:
            heartbeat.touch()  # noqa: ASYNC240  an existing file: nothing is waited for
        await asyncio.sleep(SECONDS_BETWEEN_BEATS)


def main() -> None:
    """Run until a signal stops it."""
    parser = argparse.ArgumentParser(description="Computes the figures.")
    parser.add_argument("--heartbeat", type=Path, help="a file to touch each second")
    arguments = parser.parse_args()
    settings = settings_at_start()
    start_log(settings.log_level, settings.log_format)
    # arq logs every job it runs, which is several a second.
    logging.getLogger("arq.worker").setLevel(logging.WARNING)
    gc.freeze()  # a collection, for which all wait, need not walk the modules
    asyncio.run(serve(settings, arguments.heartbeat))


if __name__ == "__main__":
    main()
