"""How the service does, in Prometheus' format."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest

from services.api.http.routing import CheckedRoute

if TYPE_CHECKING:
    from services.api.operation.readiness import Watch
    from shared.operation.backlog import Backlog

metrics = APIRouter(route_class=CheckedRoute, include_in_schema=False)


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

    def show(self, backlog: Backlog | None) -> None:
        """Take over the backlog; None means that it cannot be known."""
        self._oldest_mark.set(math.nan if backlog is None else backlog.oldest_mark_seconds or 0.0)
        self._oldest_comparison_mark.set(math.nan if backlog is None else backlog.oldest_comparison_mark_seconds or 0.0)
        self._postponed.set(math.nan if backlog is None else backlog.postponed_scopes)
        self._failing.set(math.nan if backlog is None else backlog.failing_sources)


@metrics.get("/metrics")
async def show_metrics(request: Request) -> Response:
    """Show the metrics in Prometheus' format."""
    watch: Watch = request.app.state.watch
    of_app: Metrics = request.app.state.metrics
    of_app.show((await watch.database()).backlog)
    return Response(generate_latest(of_app.registry), media_type=CONTENT_TYPE_LATEST)
