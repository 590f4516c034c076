"""Whether the service lives, and whether it can work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from services.api.http.database_away import RETRY_AFTER
from services.api.http.languages import language_of_refusals, refusals_in
from services.api.http.problems import NotReady
from services.api.http.responses import Answer
from services.api.http.routing import CheckedRoute
from shared.domain.errors import Violation
from shared.heartbeat import alive
from shared.operation.watch import Watch

if TYPE_CHECKING:
    from shared.heartbeat import Beat
    from shared.operation.watch import DatabaseState

# The answer is true for the moment when it is asked.
UNCACHED = {"Cache-Control": "no-store", "Vary": "Accept-Language"}

health = APIRouter(route_class=CheckedRoute, include_in_schema=False)


@health.get("/health/live")
async def live() -> Answer:
    """Tell that the process answers. Nothing else is asked: a restart mends nothing that is wrong elsewhere."""
    return Answer({"status": "live"}, headers=UNCACHED)


@health.get("/health/ready")
async def ready(request: Request) -> Answer:
    """Tell whether requests can be served, and how far the figures are behind the facts.

    503 while PostgreSQL takes no writes. Without Redis or a worker the status is `degraded`: facts are taken in, and
    their figures follow when it is back.
    """
    watch: Watch = request.app.state.watch
    database, beats = await watch.look()
    if database.fault is not None:
        raise NotReady("No request can be served now.", (database.fault.value,), RETRY_AFTER)
    if not database.is_migrated:
        raise NotReady(
            "The database lacks migrations that this version needs: run `samverkan migrate`.", (), RETRY_AFTER
        )
    problems = [*_problems(database, beats)]
    listed = refusals_in(language_of_refusals(request.headers), map(_entry, problems))
    status = "degraded" if problems else "ready"
    return Answer({"status": status, **_state(database, beats), "problems": listed}, headers=UNCACHED)


def _state(database: DatabaseState, beats: list[Beat] | None) -> dict[str, object]:
    state: dict[str, object] = {
        "database": "writable",
        "migrations": "current",
        "redis": "unreachable" if beats is None else "reachable",
        "worker": "unknown" if beats is None else "alive" if alive(beats) else "silent",
    }
    backlog = database.backlog
    if backlog is None:  # null would say that nothing waits
        return state | {"figures": "unknown"}
    return state | {
        "oldestMarkSeconds": backlog.oldest_mark_seconds,
        "oldestComparisonMarkSeconds": backlog.oldest_comparison_mark_seconds,
        "postponedScopes": backlog.postponed_scopes,
        "failingSources": backlog.failing_sources,
    }


def _problems(database: DatabaseState, beats: list[Beat] | None) -> Iterator[Violation]:
    if beats is None:
        yield Violation(
            "redis",
            "Redis does not answer: figures follow when it is back",
            "See that Redis or Valkey runs at the address of REDIS_URL.",
        )
    elif not alive(beats):
        yield Violation(
            "worker",
            "no worker is heard of: reports are taken, and their figures follow when one runs again",
            "See that the worker runs, as `samverkan up` has it, and read its log.",
        )
    if database.backlog is None:
        yield Violation(
            "figures",
            "how far the figures are behind could not be found out in time",
            "Ask again; if it lasts, see whether a session of PostgreSQL holds locks for long.",
        )


def _entry(problem: Violation) -> dict[str, str]:
    return {"part" if name == "field" else name: text for name, text in asdict(problem).items() if text is not None}
