"""The metrics of a worker: what its passes take, and what every process shows."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

from shared.operation.metrics import Sampler, StateCollector, exposed, new_registry
from shared.operation.pools import pool_of
from shared.operation.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncEngine

    from shared.settings import Settings

BUCKETS = (0.01, 0.05, 0.25, 1.0, 5.0, 20.0, 60.0)


class WorkerMetrics:
    """Measures a worker's passes, and serves that and its state over HTTP once it is asked to."""

    def __init__(self) -> None:
        self._registry = new_registry()
        self.seconds = Histogram(
            "samverkan_pass_seconds",
            "How long the worker's passes took: sweeps, the levels above, comparisons, signals.",
            ("work",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.failures = Counter("samverkan_failed_sweeps", "Sweeps that failed as a whole.", registry=self._registry)
        self._watch: Watch | None = None
        self._stack = ExitStack()

    def start(self, settings: Settings, engines: Mapping[str, AsyncEngine]) -> None:
        """Serve the metrics from now on, with the pools of some engines, unless the settings say not to."""
        if not settings.worker_metrics_port:
            return
        self._watch = Watch(settings)
        sampler = Sampler(self._watch, asyncio.get_running_loop())
        pools = {name: pool_of(engine) for name, engine in engines.items()}
        self._registry.register(StateCollector("worker", sampler, pools))
        self._stack.enter_context(exposed(self._registry, str(settings.metrics_address), settings.worker_metrics_port))

    async def stop(self) -> None:
        """Serve them no more."""
        await asyncio.to_thread(self._stack.close)
        if self._watch is not None:
            await self._watch.stop()
