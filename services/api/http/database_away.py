"""What is answered while PostgreSQL cannot be asked: try again soon. Nothing is wrong with the request."""

from __future__ import annotations

import psycopg
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as EngineTimeout
from starlette.requests import Request
from starlette.responses import Response

from services.api.http.languages import language_of_refusals
from services.api.http.problems import NotReady, OutsideAreas, answer
from services.api.http.time_limits import too_long
from shared.db.engine import is_refused_by_policy, is_unavailable, name_of, took_too_long

RETRY_AFTER = {"Retry-After": "5"}
_OUTSIDE = "Something that this would change lies outside of your areas. Ask whoever administers the area."


def install(app: FastAPI) -> None:
    """Make the app answer 503 where PostgreSQL is away, 403 where a policy refuses, and 500 to what else it says."""

    @app.exception_handler(DBAPIError)
    @app.exception_handler(EngineTimeout)
    @app.exception_handler(InvalidRequestError)
    @app.exception_handler(psycopg.Error)
    async def unavailable(request: Request, error: Exception) -> Response:
        if took_too_long(error):
            return answer(too_long(), language_of_refusals(request.headers), name_of(error))
        if is_refused_by_policy(error):
            return answer(OutsideAreas(_OUTSIDE), language_of_refusals(request.headers), name_of(error))
        if not is_unavailable(error):
            raise error
        away = NotReady("The database cannot be asked at the moment. Try again in a while.", (), RETRY_AFTER)
        return answer(away, language_of_refusals(request.headers), name_of(error))
