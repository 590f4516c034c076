"""Health and metrics, for machines."""

from fastapi import FastAPI

from services.api.http.middleware import Measured
from services.api.operation.health import health
from services.api.operation.metrics import Metrics, metrics
from services.api.operation.readiness import Watch
from shared.settings import Settings

ROUTERS = (health, metrics)


def install(app: FastAPI, settings: Settings) -> None:
    """Add the addresses for those who run the service, and measure requests."""
    app.state.metrics = Metrics()
    app.state.watch = Watch(settings)
    app.add_middleware(Measured, seconds=app.state.metrics.requests)
    for router in ROUTERS:
        app.include_router(router)
