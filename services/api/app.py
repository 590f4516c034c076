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
from services.api.agreement_periods.completeness import period_completeness
from services.api.agreement_periods.frozen_values import frozen_values
from services.api.agreement_periods.routes import agreement_periods
from services.api.agreements.routes import agreements
from services.api.api_clients.routes import api_clients
from services.api.areas.roles import area_roles
from services.api.areas.routes import areas
from services.api.areas.terms import area_terms
from services.api.audit_entries.routes import audit_entries
from services.api.breaks.routes import breaks
from services.api.changes.routes import changes
from services.api.commitments.routes import commitments
from services.api.documentation import texts
from services.api.documentation.page import pages
from services.api.duplicate_suspects.routes import duplicate_suspects
from services.api.http import database_away, methods, problems
from services.api.http.accounts import accounts_of
from services.api.http.auth import KeyRing
from services.api.http.dependencies import Resources, Wakeup
from services.api.http.issuers import IssuersFile, read_issuers
from services.api.http.middleware import Compressed, CrossOrigin, TracedApp, TraceInAnswer
from services.api.http.rate_limits import RateLimited, RateLimits
from services.api.http.routing import add_routes
from services.api.http.sessions import Sessions
from services.api.http.slots import Slots
from services.api.http.tokens import verifier_of
from services.api.http.tracing import TraceInLog, telemetry
from services.api.imports.mappings.routes import import_mappings
from services.api.imports.queue import ImportQueue
from services.api.imports.routes import ACTIVITIES, OBSERVATIONS, activity_imports, observation_imports
from services.api.indicators.routes import indicators
from services.api.notes.removals import note_removals
from services.api.notes.routes import notes
from services.api.observations.routes import observations
from services.api.odata import routes as odata
from services.api.odata.executor import build_feed_pool
from services.api.open_data.harvest import open_data
from services.api.open_data.routes import open_data_catalogues
from services.api.operation.health import health
from services.api.pages import refusals
from services.api.pages.agreement.commenting import commenting
from services.api.pages.agreement.routes import agreement
from services.api.pages.agreement_files.routes import agreement_files
from services.api.pages.breaks.routes import break_pages
from services.api.pages.closing.comment_removal import comment_removals
from services.api.pages.closing.routes import closing
from services.api.pages.decisions.routes import decision_pages
from services.api.pages.due.routes import due, one_click
from services.api.pages.open_data.routes import open_data_pages
from services.api.pages.operation.keys import key_pages
from services.api.pages.operation.routes import operation_pages
from services.api.pages.own_reports.routes import own_reports
from services.api.pages.people.routes import people_pages
from services.api.pages.promises.routes import promises, public_promises
from services.api.pages.reporting.routes import reporting
from services.api.pages.setup.routes import setup
from services.api.pages.setup.step_routes import setup_steps
from services.api.pages.sign_in import sign_in
from services.api.pages.sign_in_by_account import sign_in_by_account
from services.api.pages.small_multiples.routes import small_multiples
from services.api.pages.start import start
from services.api.pages.upload.routes import uploads
from services.api.pulled_sources.routes import pulled_sources
from services.api.reports.page_routes import report_pages
from services.api.reports.routes import reports
from services.api.roles.routes import roles
from services.api.values.charts.cache import PngCache
from services.api.values.charts.routes import charts, svg_charts
from services.api.values.differences.routes import area_differences
from services.api.values.files.routes import indicator_value_files
from services.api.values.lineage.routes import value_parts
from services.api.values.routes import indicator_values
from services.api.webhooks.routes import webhooks
from shared.catalogue.loader import shipped_catalogue
from shared.db.budget import API_SHARES, share_out
from shared.db.clock import DatabaseClock
from shared.db.engine import PoolKind, build_engine, build_pool, statement_timeout
from shared.db.territories import Territories
from shared.environment import UnusableSettings
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.logs import start_log
from shared.settings import Settings, settings_at_start

# Tried in this order: what is asked for most comes first.
RESOURCES = (
    svg_charts,
    indicator_values,
    charts,
    indicator_value_files,
    area_differences,
    value_parts,
    reports,
    changes,
    areas,
    area_roles,
    area_terms,
    agreements,
    agreement_periods,
    period_completeness,
    frozen_values,
    commitments,
    activity_types,
    indicators,
    roles,
    activities,
    duplicate_suspects,
    observations,
    notes,
    note_removals,
    breaks,
    import_mappings,
    activity_imports,
    observation_imports,
    webhooks,
    pulled_sources,
    api_clients,
    audit_entries,
    open_data_catalogues,
)

PAGES = (
    start,
    sign_in,
    sign_in_by_account,
    agreement,
    agreement_files,
    report_pages,
    small_multiples,
    closing,
    comment_removals,
    break_pages,
    decision_pages,
    commenting,
    due,
    reporting,
    own_reports,
    people_pages,
    promises,
    public_promises,
    operation_pages,
    key_pages,
    setup,
    setup_steps,
    open_data_pages,
    uploads,
)


def create_app(settings: Settings | None = None, *, serves_metrics: bool = False) -> FastAPI:
    """Build the app; without settings they come from the environment, which ends the process if it cannot be used.

    With `serves_metrics` they are served on the port of the settings: one app of a process has that.

    Raises:
        BrokenCatalogue: with every fault of every definition.
    """
    settings = settings or settings_at_start()
    start_log(settings.log_level, settings.log_format, [TraceInLog()])
    app = TracedApp(
        **texts.DESCRIPTION,
        lifespan=_lifespan,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=telemetry(),
    )
    app.state.resources = resources = _resources(settings)
    app.state.serves_metrics = serves_metrics
    app.state.methods = methods.Methods()
    # Each around those before it: whatever is answered, a fault of ours too, passes all that come after.
    app.add_middleware(
        RateLimited,
        limits=resources.rate_limits,
        keys=resources.keys,
        sessions=resources.sessions,
        takes_passwords=settings.odata_basic,
        most_at_once=settings.limits.requests_per_client,
    )
    operation.install(app, settings)
    problems.install(app)
    database_away.install(app)
    refusals.install(app)
    app.add_middleware(Compressed)
    if settings.cors_origins:
        app.add_middleware(CrossOrigin, origins=settings.cors_origins, methods=app.state.methods)
    app.add_middleware(TraceInAnswer)
    for resource in RESOURCES:
        add_routes(app, resource)
    odata.install(app)
    texts.install(app)
    add_routes(app, health)
    add_routes(app, open_data)
    for some in (*PAGES, one_click):
        add_routes(app, some)
    methods.install(app, (*RESOURCES, texts.about, pages, health, open_data, *PAGES))
    return app


def _resources(settings: Settings) -> Resources:
    url, limits = settings.database_url, settings.limits
    sessions = share_out(limits.api_sessions, API_SHARES)
    clock = DatabaseClock()
    asked = statement_timeout(limits.query_seconds)

    def engine(kind: PoolKind, *, autocommit: bool = False, within: Mapping[str, str] | None = None) -> AsyncEngine:
        return build_engine(url, kind, connections=sessions[kind], autocommit=autocommit, limits=within or {})

    issuers = _issuers(settings)
    key_pool = build_pool(url, PoolKind.KEYS, connections=sessions[PoolKind.KEYS])
    tokens = verifier_of(issuers.issuers, settings) if issuers.issuers else None
    keys = KeyRing(key_pool, Territories(clock, settings.figures_above), tokens)
    return Resources(
        settings=settings,
        catalogue=CatalogueInForce(shipped_catalogue()),
        engine=engine(PoolKind.WRITING),
        reading=engine(PoolKind.READING, autocommit=True, within=asked),
        figures=build_pool(url, PoolKind.FIGURES, connections=sessions[PoolKind.FIGURES], limits=asked),
        feed=build_feed_pool(url, sessions[PoolKind.FEED], limits.feed_seconds),
        keys=keys,
        # On the same connections: who visits is asked as often as who calls.
        sessions=Sessions(key_pool, keys),
        accounts=accounts_of(issuers.sign_in, settings),
        clock=clock,
        rate_limits=RateLimits(
            settings.redis_url,
            by_key=limits.key_requests_per_minute,
            by_address=limits.stranger_requests_per_minute,
            sign_ins=limits.sign_ins_per_minute,
        ),
        uploads=Slots(limits.uploads, limits.uploads_per_key),
        files=Slots(limits.files, limits.files_per_key),
        feed_answers=Slots(limits.feed_answers, limits.feed_answers_per_key),
        wakeup=Wakeup(settings.redis_url),
    )


def _issuers(settings: Settings) -> IssuersFile:
    """Return whose tokens are taken and by whom people sign in; a file that cannot be used ends the process."""
    if settings.token_issuers is None:
        return IssuersFile.none()
    try:
        return read_issuers(settings.token_issuers)
    except UnusableSettings as error:
        raise SystemExit(str(error)) from None


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    resources: Resources = app.state.resources
    # A collection walks all that was made since the start; an import's rows are many and make no cycles.
    gc.set_threshold(20_000, 20, 20)
    await resources.keys.open()
    await resources.figures.open()
    await resources.feed.open()
    import_queue = ImportQueue(resources, {kind.makes: kind for kind in (ACTIVITIES, OBSERVATIONS)})
    serves_metrics: bool = app.state.serves_metrics
    async with (
        resources.wakeup.running(),
        import_queue.running(),
        resources.clock.running(resources.reading),
        operation.running(app, serves_metrics=serves_metrics),
    ):
        yield
    for account in resources.accounts.values():
        await account.stop()
    resources.singleton(PngCache).close()
    await resources.rate_limits.close()
    await resources.figures.close()
    await resources.feed.close()
    await resources.engine.dispose()
    await resources.reading.dispose()
    await resources.keys.close()
