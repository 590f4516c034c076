"""The app: what it holds while it runs, its routes, and how errors are answered."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api import operation
from services.api.activities.routes import activities
from services.api.activity_types.routes import activity_types
from services.api.agreements.routes import agreements
from services.api.areas.roles import area_roles
from services.api.areas.routes import areas
from services.api.areas.terms import area_terms
from services.api.changes.routes import changes
from services.api.commitments.routes import commitments
from services.api.documentation import texts
from services.api.documentation.page import pages
from services.api.documentation.specification import operation_id
from services.api.duplicate_suspects.routes import duplicate_suspects
from services.api.http import database_away, methods, problems
from services.api.http.auth import KeyRing
from services.api.http.dependencies import Resources, Wakeup
from services.api.http.middleware import Compressed, CrossOrigin, TracedApp, TraceInAnswer
from services.api.http.tracing import TraceInLog, telemetry
from services.api.imports.mappings.routes import import_mappings
from services.api.imports.queue import ImportQueue
from services.api.imports.routes import ACTIVITIES, OBSERVATIONS, activity_imports, observation_imports
from services.api.indicators.routes import indicators
from services.api.notes.routes import notes
from services.api.observations.routes import observations
from services.api.odata import routes as odata
from services.api.odata.executor import build_feed_pool
from services.api.pulled_sources.routes import pulled_sources
from services.api.roles.routes import roles
from services.api.values.charts.cache import ChartCache
from services.api.values.charts.routes import charts, svg_charts
from services.api.values.files.routes import indicator_value_files
from services.api.values.lineage.routes import value_parts
from services.api.values.routes import indicator_values
from services.api.webhooks.routes import webhooks
from shared.catalogue.loader import shipped_catalogue
from shared.db.budget import API_SHARES, share_out
from shared.db.clock import DatabaseClock
from shared.db.engine import PoolKind, build_engine, build_pool, statement_timeout
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.logs import start_log
from shared.settings import Settings, settings_at_start

# Tried in this order: what is asked for most comes first.
RESOURCES = (
    svg_charts,
    indicator_values,
    charts,
    indicator_value_files,
    value_parts,
    changes,
    areas,
    area_roles,
    area_terms,
    agreements,
    commitments,
    activity_types,
    indicators,
    roles,
    activities,
    duplicate_suspects,
    observations,
    notes,
    import_mappings,
    activity_imports,
    observation_imports,
    webhooks,
    pulled_sources,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the app; without settings they come from the environment, which ends the process if it cannot be used.

    Raises:
        BrokenCatalogue: with every fault of every definition.
    """
    settings = settings or settings_at_start()
    _start_log(settings.log_level)
    app = TracedApp(
        **texts.DESCRIPTION,
        lifespan=_lifespan,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=telemetry(),
        generate_unique_id_function=operation_id,
    )
    app.state.resources = _resources(settings)
    app.state.methods = methods.Methods()
    # Each around those before it: whatever is answered, a fault of ours too, passes all that come after.
    operation.install(app, settings)
    problems.install(app)
    database_away.install(app)
    app.add_middleware(Compressed)
    if settings.cors_origins:
        app.add_middleware(CrossOrigin, origins=settings.cors_origins, methods=app.state.methods)
    app.add_middleware(TraceInAnswer)
    for resource in RESOURCES:
        app.include_router(resource)
    odata.install(app)
    texts.install(app)
    methods.install(app, (*RESOURCES, texts.about, pages, *operation.ROUTERS))
    return app


def _start_log(level: str) -> None:
    start_log(level, "%(levelname)s %(name)s [%(trace)s]: %(message)s", [TraceInLog()])


def _resources(settings: Settings) -> Resources:
    url = settings.database_url
    sessions = share_out(settings.limits.api_sessions, API_SHARES)

    asked = statement_timeout(settings.limits.query_seconds)

    def engine(kind: PoolKind, *, autocommit: bool = False, limits: Mapping[str, str] | None = None) -> AsyncEngine:
        return build_engine(url, kind, connections=sessions[kind], autocommit=autocommit, limits=limits or {})

    return Resources(
        settings=settings,
        catalogue=CatalogueInForce(shipped_catalogue()),
        engine=engine(PoolKind.WRITING),
        reading=engine(PoolKind.READING, autocommit=True, limits=asked),
        figures=build_pool(url, PoolKind.FIGURES, connections=sessions[PoolKind.FIGURES], limits=asked),
        feed=build_feed_pool(url, sessions[PoolKind.FEED], settings.limits.feed_seconds),
        keys=KeyRing(engine(PoolKind.KEYS, autocommit=True)),
        clock=DatabaseClock(),
        wakeup=Wakeup(settings.redis_url),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    resources: Resources = app.state.resources
    # A collection walks all that the process holds; an import's rows are many and make no cycles, so seldom is enough.
    gc.set_threshold(20_000, 20, 20)
    await resources.figures.open()
    await resources.feed.open()
    import_queue = ImportQueue(resources, {kind.makes: kind for kind in (ACTIVITIES, OBSERVATIONS)})
    async with resources.wakeup.running(), import_queue.running(), resources.clock.running(resources.reading):
        yield
    resources.singleton(ChartCache).close()
    await app.state.watch.stop()
    await resources.figures.close()
    await resources.feed.close()
    await resources.engine.dispose()
    await resources.reading.dispose()
    await resources.keys.close()
