"""The worker process. arq is only its alarm clock: it carries no fact, so losing every job loses nothing.

Run it with `python -m services.indicators.worker`.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC
from typing import Any, ClassVar

from arq import cron, func, run_worker
from arq.connections import RedisSettings

from services.indicators.comparing import compare
from services.indicators.delivering import Deliverer
from services.indicators.levels_above import roll_up
from services.indicators.pulling import Puller
from services.indicators.sweep import sweep
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.fetching import Fetcher
from shared.connectors.webhooks import Sender
from shared.db.engine import build_engine
from shared.db.locks import share_structure
from shared.domain.period import today
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.series import put_series
from shared.settings import Settings

Context = dict[str, Any]


async def start(context: Context) -> None:
    """Open the database and make the series equal the catalogue."""
    settings: Settings = context["settings"]
    context["definitions"] = CatalogueInForce(shipped_catalogue())
    # Each statement takes keys as arrays, for which PostgreSQL would plan anew every time: half of a recomputation.
    context["engine"] = build_engine(
        settings.database_url, connections=4, application="samverkan worker", plans="force_generic_plan"
    )
    # Connections of their own: what subscribers are told waits for no figure, and holds none up.
    context["telling"] = build_engine(settings.database_url, connections=4, application="samverkan webhooks")
    context["deliverer"] = Deliverer(context["telling"], Sender(settings.trusted_networks))
    context["pulling"] = build_engine(settings.database_url, connections=4, application="samverkan sources")
    fetcher = Fetcher(settings.trusted_networks)
    context["puller"] = Puller(context["pulling"], fetcher, CatalogueInForce(shipped_catalogue()), today)
    context["sweeping"] = asyncio.Lock()
    context["asked"] = asyncio.Event()
    async with context["engine"].begin() as connection:
        await share_structure(connection)
        await put_series(connection, await context["definitions"].current(connection), today())


async def stop(context: Context) -> None:
    """Close the database."""
    await context["deliverer"].stop()
    await context["puller"].stop()
    await context["pulling"].dispose()
    await context["telling"].dispose()
    await context["engine"].dispose()


async def sweep_marks(context: Context) -> None:
    """Recompute what is marked. One sweep at a time: a call during one makes it look once more."""
    context["asked"].set()
    if context["sweeping"].locked():
        return
    async with context["sweeping"]:
        while context["asked"].is_set():
            context["asked"].clear()
            await sweep(context["engine"], context["definitions"], today)


async def roll_up_levels(context: Context) -> None:
    """Bring the levels above the municipality up to date, and then what stands beside each figure."""
    async with context["engine"].begin() as connection:
        await roll_up(connection, context["definitions"], today)
    async with context["engine"].begin() as connection:
        await compare(connection, today)


async def tell_subscribers(context: Context) -> None:
    """Begin to send what has changed to those who subscribe."""
    await context["deliverer"].look()


async def pull_sources(context: Context) -> None:
    """Begin to read the sources that are due."""
    await context["puller"].look()


# arq's own type asks for arguments that no job of ours takes.
_SWEEP: Any = sweep_marks
_ROLL_UP: Any = roll_up_levels
_TELL: Any = tell_subscribers
_PULL: Any = pull_sources


class WorkerSettings:
    """What arq reads: an attribute inherited from a base class would be ignored."""

    functions: ClassVar = [func(_SWEEP, name="sweep")]
    # No job ids: arq holds a fixed one back for a minute. Overlapping calls are harmless.
    cron_jobs: ClassVar = [
        cron(_SWEEP, second=set(range(0, 60, 2)), run_at_startup=True),
        cron(_ROLL_UP, second=set(range(60))),
        cron(_TELL, second=set(range(60))),
        cron(_PULL, second=set(range(0, 60, 10))),
    ]
    on_startup = start
    on_shutdown = stop
    timezone = UTC
    # How long a nudge waits in Redis: the greater part of the time until a figure shows.
    poll_delay = 0.01
    keep_result = 0
    job_timeout = 60
    job_completion_wait = 5
    health_check_interval = 15
    max_jobs = 10


def main() -> None:
    """Run until told to stop."""
    settings = Settings.from_environment()
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    # arq tells of every job it runs, which is several a second.
    logging.getLogger("arq.worker").setLevel(logging.WARNING)
    run_worker(WorkerSettings, redis_settings=RedisSettings.from_dsn(settings.redis_url), ctx={"settings": settings})  # type: ignore[arg-type]  # arq's protocol wants attributes it has defaults for


if __name__ == "__main__":
    main()
