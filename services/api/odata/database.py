"""The connections that run what clients compose: they can only read, and are stopped before they hold the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import AsyncConnectionPool

from services.api.odata.errors import Busy, InvalidRequest, QueryTooCostly
from shared.db.engine import build_pool

# A page of the whole read model takes a fraction of a second.
LONGEST_SECONDS = 30
CONNECTIONS = 4


def build_feed_pool(database_url: str) -> AsyncConnectionPool:
    """Return the feed's own pool, to be opened. Each statement is planned for the values that it is asked with."""
    return build_pool(
        database_url,
        connections=CONNECTIONS,
        application="samverkan-odata",
        plans="force_custom_plan",
        limits={
            "statement_timeout": f"{LONGEST_SECONDS}s",
            "default_transaction_read_only": "on",
            "default_transaction_isolation": r"repeatable\ read",
        },
    )


@contextmanager
def refusals_translated() -> Iterator[None]:
    """Translate what PostgreSQL says of a statement that a client's expressions are part of."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise QueryTooCostly(
            f"The answer took longer than {LONGEST_SECONDS} seconds. Narrow it by $filter, or leave $orderby out."
        ) from error
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, psycopg.errors.StatementTooComplex) as error:
        raise InvalidRequest(
            "An expression has no value for some row, such as a number or a date out of bounds.", code="NoValue"
        ) from error


@contextmanager
def failures_translated() -> Iterator[None]:
    """Translate that PostgreSQL cannot be asked: every connection is taken, or it is away."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise Busy("The service is busy. Try again in a while.", headers={"Retry-After": "10"}) from error
