"""What is answered while PostgreSQL cannot be asked, or others hold what a request needs: try again soon."""

from __future__ import annotations

import psycopg
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as EngineTimeout
from starlette.requests import Request
from starlette.responses import Response

from services.api.http.languages import language_of_refusals
from services.api.http.problems import NotReady, OutsideAreas, RequestError, answer
from services.api.http.time_limits import too_long
from shared.db.engine import is_refused_by_policy, is_unavailable, name_of, took_too_long, waited_too_long

RETRY_AFTER = {"Retry-After": "5"}
_OUTSIDE = "Something that this would change lies outside of your areas. Ask whoever administers the area."


ERRORS = (DBAPIError, EngineTimeout, InvalidRequestError, psycopg.Error)
"""What is raised where PostgreSQL cannot be asked, or says no."""


def refusal_of(error: Exception) -> RequestError:
    """Return what a request is told where one of ERRORS was raised; what is a fault of ours is raised again."""
    if took_too_long(error):
        return too_long()
    if is_refused_by_policy(error):
        return OutsideAreas(_OUTSIDE)
    if not is_unavailable(error):
        raise error
    if waited_too_long(error):
        busy = "What this is about is being computed, or changed by somebody else. Try again in a few seconds."
        return NotReady(busy, (), RETRY_AFTER)
    return NotReady("The database cannot be asked at the moment. Try again in a while.", (), RETRY_AFTER)


def install(app: FastAPI) -> None:
    """Make the app answer 503 where PostgreSQL is away, 403 where a policy refuses, and 500 to what else it says."""

    async def unavailable(request: Request, error: Exception) -> Response:
        return answer(refusal_of(error), language_of_refusals(request.headers), name_of(error))

    for kind in ERRORS:
        app.add_exception_handler(kind, unavailable)
