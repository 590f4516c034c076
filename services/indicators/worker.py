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
from arq.connections import RedisSettings
from sqlalchemy.ext.asyncio import AsyncConnection

from services.indicators.compute.comparisons import compare
from services.indicators.compute.rollup import roll_up
from services.indicators.compute.sweep import sweep
from services.indicators.compute.throttle import Throttle
from services.indicators.sources.polling import Poller
from services.indicators.wakeup import wakeups
from services.indicators.webhooks.dispatcher import Dispatcher
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.fetching import Fetcher
from shared.connectors.outgoing import Sender
from shared.db.engine import build_engine
from shared.db.locks import share_area_hierarchy
from shared.domain.period import today
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.series import put_series
from shared.settings import Settings, settings_at_start

Context = dict[str, Any]

# Of the time, while others write. What follows the sweep is brought up within seconds all the same: the more of it
# waits, the more is done together.
SHARE_OF_LEVELS = 0.2
SHARE_OF_COMPARISONS = 0.4
SECONDS_A_WAKEUP_TELLS_OF_OTHERS = 2.0

log = logging.getLogger(__name__)


async def start(context: Context) -> None:
    """Open the database and make the series equal the catalogue."""
    settings: Settings = context["settings"]
    context["definitions"] = CatalogueInForce(shipped_catalogue())
    # Each statement takes keys as arrays, for which PostgreSQL would plan anew every time: half of a recomputation.
    context["engine"] = build_engine(
        settings.database_url, connections=4, application="samverkan worker", plans="force_generic_plan"
    )
    # Connections of their own: webhooks wait for no figure, and delay none.
    context["webhook_engine"] = build_engine(settings.database_url, connections=4, application="samverkan webhooks")
    context["dispatcher"] = Dispatcher(context["webhook_engine"], Sender(settings.trusted_networks))
    context["source_engine"] = build_engine(settings.database_url, connections=4, application="samverkan sources")
    fetcher = Fetcher(settings.trusted_networks)
    context["poller"] = Poller(context["source_engine"], fetcher, CatalogueInForce(shipped_catalogue()), today)
    context["others_until"] = 0.0

    def do_others_write() -> bool:
        return bool(time.monotonic() < context["others_until"])

    context["levels"] = Throttle(SHARE_OF_LEVELS, do_others_write)
    context["comparisons"] = Throttle(SHARE_OF_COMPARISONS, do_others_write)
    # One after the other, so that the sweep competes with one of them at most.
    context["following"] = asyncio.Lock()
    async with context["engine"].begin() as connection:
        await share_area_hierarchy(connection)
        await put_series(connection, await context["definitions"].current(connection), today())
    context["asked"] = asyncio.Event()
    context["tasks"] = [asyncio.create_task(_hear(context)), asyncio.create_task(_sweep_when_asked(context))]


async def stop(context: Context) -> None:
    """End what runs, and close the database."""
    for task in context["tasks"]:
        task.cancel()
    await asyncio.wait(context["tasks"])
    await context["dispatcher"].stop()
    await context["poller"].stop()
    await context["source_engine"].dispose()
    await context["webhook_engine"].dispose()
    await context["engine"].dispose()


async def _hear(context: Context) -> None:
    async for _ in wakeups(context["redis"]):
        context["others_until"] = time.monotonic() + SECONDS_A_WAKEUP_TELLS_OF_OTHERS
        context["asked"].set()


async def _sweep_when_asked(context: Context) -> None:
    """Recompute what is marked, whenever that is asked for: one sweep at a time, until nothing is left."""
    while await context["asked"].wait():
        context["asked"].clear()
        try:
            async with asyncio.timeout(WorkerSettings.job_timeout):
                if await sweep(context["engine"], context["definitions"], today):
                    context["asked"].set()
        except Exception:
            log.exception("a sweep failed; the next tick tries again")


async def ask_for_sweep(context: Context) -> None:
    """Have the marks looked at, also when no wakeup is heard."""
    context["asked"].set()


async def roll_up_levels(context: Context) -> None:
    """Bring the levels above the municipality up to date."""
    await _follow(context, "levels", lambda connection: roll_up(connection, context["definitions"], today))


async def compare_figures(context: Context) -> None:
    """Bring the comparisons of each figure up to date."""
    await _follow(context, "comparisons", lambda connection: compare(connection, today))


async def _follow(context: Context, throttle: str, work: Callable[[AsyncConnection], Awaitable[object]]) -> None:
    """Do the work of a pass that follows the sweep, in one transaction, unless its throttle has it rest."""

    async def run() -> None:
        async with context["engine"].begin() as connection:
            await work(connection)

    async with context["following"]:
        await context[throttle].keep(run)


async def tell_subscribers(context: Context) -> None:
    """Begin to send what has changed to those who subscribe."""
    await context["dispatcher"].look()


async def pull_sources(context: Context) -> None:
    """Begin to read the sources that are due."""
    await context["poller"].look()


# arq's own type asks for arguments that no job of ours takes.
_SWEEP: Any = ask_for_sweep
_ROLL_UP: Any = roll_up_levels
_COMPARE: Any = compare_figures
_TELL_SUBSCRIBERS: Any = tell_subscribers
_PULL: Any = pull_sources


class WorkerSettings:
    """What arq reads: an attribute inherited from a base class would be ignored."""

    # No job ids: arq holds a fixed one back for a minute. Overlapping calls are harmless.
    cron_jobs: ClassVar = [
        cron(_SWEEP, second=set(range(0, 60, 2)), run_at_startup=True),
        cron(_ROLL_UP, second=set(range(60))),
        cron(_COMPARE, second=set(range(60))),
        cron(_TELL_SUBSCRIBERS, second=set(range(60))),
        cron(_PULL, second=set(range(0, 60, 10))),
    ]
    on_startup = start
    on_shutdown = stop
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
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    # arq logs every job it runs, which is several a second.
    logging.getLogger("arq.worker").setLevel(logging.WARNING)
    run_worker(WorkerSettings, redis_settings=RedisSettings.from_dsn(settings.redis_url), ctx={"settings": settings})  # type: ignore[arg-type]  # arq's protocol wants attributes it has defaults for


if __name__ == "__main__":
    main()
