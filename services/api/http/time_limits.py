"""Questions that take too long: PostgreSQL ends them, and the answer says how to ask for less."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
from fastapi import Depends
from sqlalchemy.exc import DBAPIError

from services.api.http.problems import TakesTooLong
from shared.db.engine import took_too_long
from shared.domain.errors import Violation

ASK_FOR_LESS = "Ask for less at a time: one area, one indicator or type, a shorter span, an earlier page."


def too_long(remedy: str = ASK_FOR_LESS) -> TakesTooLong:
    """Return what is answered to a question that was ended; `remedy` says how to narrow it."""
    return TakesTooLong("The answer would take longer than one may.", [Violation("", "asks for too much", remedy)])


def narrowed_by(remedy: str) -> Any:  # noqa: ANN401  as Depends does
    """Return the dependency of a route that says how to narrow what it is asked."""

    async def narrowed() -> AsyncIterator[None]:
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            if not took_too_long(error):
                raise
            raise too_long(remedy) from error

    return Depends(narrowed, scope="function")
