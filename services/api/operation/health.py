"""Whether the service lives, whether it can work, and how it does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.http.dependencies import Today, resources_of
from services.api.http.middleware import Measured
from services.api.http.problems import NotReady
from services.api.http.responses import Answer
from services.api.http.routing import CheckedRoute
from shared.db.tables import postponed_scope, pulled_source
from shared.facts.marks import oldest_comparison_mark_seconds, oldest_mark_seconds

MIGRATIONS = Path(__file__).parents[3] / "alembic"

health = APIRouter(route_class=CheckedRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ImportQueue:
    """How far the figures are behind the facts, and their comparisons behind them; no age when nothing waits."""

    oldest_mark_seconds: float | None
    # Figures are there, and their comparisons follow: in a moment, or when all are compared after a month's end.
    oldest_comparison_mark_seconds: float | None
    postponed_scopes: int
    failing_sources: int


class Metrics:
    """The metrics of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "samverkan_request_seconds",
            "How long requests took.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._oldest_mark = Gauge(
            "samverkan_oldest_mark_seconds",
            "How long the oldest mark has waited, of a scope or of the levels above.",
            registry=self.registry,
        )
        self._oldest_comparison_mark = Gauge(
            "samverkan_oldest_comparison_mark_seconds",
            "How long the oldest comparison has been following its figure.",
            registry=self.registry,
        )
        self._postponed = Gauge(
            "samverkan_postponed_scopes", "Scopes whose recomputation failed and waits.", registry=self.registry
        )

        self._failing = Gauge(
            "samverkan_failing_sources", "Pulled sources whose last run got no further.", registry=self.registry
        )

    def show(self, import_queue: ImportQueue | None) -> None:
        """Take over the import_queue; None means that it cannot be known."""
        self._oldest_mark.set(math.nan if import_queue is None else import_queue.oldest_mark_seconds or 0.0)
        age = math.nan if import_queue is None else import_queue.oldest_comparison_mark_seconds or 0.0
        self._oldest_comparison_mark.set(age)
        self._postponed.set(math.nan if import_queue is None else import_queue.postponed_scopes)
        self._failing.set(math.nan if import_queue is None else import_queue.failing_sources)


def install(app: FastAPI) -> None:
    """Add the addresses for those who run the service, and measure requests."""
    app.state.metrics = Metrics()
    app.add_middleware(Measured, seconds=app.state.metrics.requests)
    app.include_router(health)


@health.get("/health/live")
async def live() -> Answer:
    """Tell that the process answers."""
    return Answer({"status": "live"})


@health.get("/health/ready")
async def ready(request: Request, today: Today) -> Answer:
    """Tell whether requests can be served, and how far the figures are behind the facts.

    Redis is reported but not needed: facts are taken in without it, and their figures follow when it is back.
    """
    resources = resources_of(request)
    try:
        async with resources.reading.connect() as connection:
            is_migrated = await _is_migrated(connection)
            import_queue = await _backlog(connection, today) if is_migrated else None
    except (SQLAlchemyError, OSError) as error:
        raise NotReady("The database cannot be reached.") from error
    if import_queue is None:
        raise NotReady("The database lacks migrations that this version needs: run `samverkan migrate`.")
    return Answer(
        {
            "status": "ready",
            "database": "reachable",
            "migrations": "current",
            "redis": "reachable" if await resources.wakeup.reaches_redis() else "unreachable",
            "oldestMarkSeconds": import_queue.oldest_mark_seconds,
            "oldestComparisonMarkSeconds": import_queue.oldest_comparison_mark_seconds,
            "postponedScopes": import_queue.postponed_scopes,
            "failingSources": import_queue.failing_sources,
        }
    )


@health.get("/metrics")
async def show_metrics(request: Request, today: Today) -> Response:
    """Show the metrics in Prometheus' format."""
    metrics: Metrics = request.app.state.metrics
    metrics.show(await _find_backlog(resources_of(request).reading, today))
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


async def _find_backlog(reading: AsyncEngine, today: date) -> ImportQueue | None:
    try:
        async with reading.connect() as connection:
            return await _backlog(connection, today)
    except (SQLAlchemyError, OSError):
        return None


async def _backlog(connection: AsyncConnection, today: date) -> ImportQueue:
    postponed = (await connection.execute(select(func.count()).select_from(postponed_scope))).scalar_one()
    is_failing = pulled_source.c.failure.is_not(None)
    failing = (await connection.execute(select(func.count()).select_from(pulled_source).where(is_failing))).scalar_one()
    return ImportQueue(
        await oldest_mark_seconds(connection, today),
        await oldest_comparison_mark_seconds(connection),
        postponed,
        failing,
    )


async def _is_migrated(connection: AsyncConnection) -> bool:
    if (await connection.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one() is None:
        return False
    applied = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars()
    return set(applied) == _heads()


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory(MIGRATIONS).get_heads())
