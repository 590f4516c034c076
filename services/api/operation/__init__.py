"""Health, by the API's own address, and metrics, by one of theirs: for machines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import Histogram

from services.api.http.dependencies import Resources
from services.api.http.middleware import RequestMetrics
from shared.operation.metrics import Sampler, StateCollector, exposed, new_registry
from shared.operation.pools import pool_of
from shared.operation.watch import Watch
from shared.settings import Settings

# Each is a line for every method, route and status.
BUCKETS = (0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0)


def install(app: FastAPI, settings: Settings) -> None:
    """Prepare what those who run the service ask for, and measure requests."""
    registry = app.state.metrics = new_registry()
    app.state.watch = Watch(settings)
    seconds = Histogram(
        "samverkan_request_seconds",
        "How long requests took.",
        ("method", "route", "status"),
        buckets=BUCKETS,
        registry=registry,
    )
    app.add_middleware(RequestMetrics, seconds=seconds)


@asynccontextmanager
async def running(app: FastAPI, *, serves_metrics: bool) -> AsyncIterator[None]:
    """Answer health and metrics meanwhile; the metrics on their port, or nowhere."""
    resources: Resources = app.state.resources
    settings = resources.settings
    pools = {
        "writing": pool_of(resources.engine),
        "reading": pool_of(resources.reading),
        "figures": pool_of(resources.figures),
        "feed": pool_of(resources.feed),
    }
    sampler = Sampler(app.state.watch, asyncio.get_running_loop())
    app.state.metrics.register(StateCollector("api", sampler, pools))
    with ExitStack() as stack:
        if serves_metrics and settings.metrics_port:
            stack.enter_context(exposed(app.state.metrics, str(settings.metrics_address), settings.metrics_port))
        try:
            yield
        finally:
            await app.state.watch.stop()
