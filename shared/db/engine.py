"""Engines for the services. A connection is prepared once; a transaction is one request or one batch of work."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_SETTINGS = {"timezone": "UTC", "datestyle": "ISO", "idle_in_transaction_session_timeout": "60000"}
_NO_LIMITS: Mapping[str, str] = {}


def build_engine(
    database_url: str,
    *,
    connections: int = 10,
    application: str = "samverkan",
    plans: str = "auto",
    autocommit: bool = False,
) -> AsyncEngine:
    """Return an engine for PostgreSQL whose sessions run in UTC and give up on a lock that nobody releases.

    `plans` is PostgreSQL's plan_cache_mode. With `autocommit` each statement is sent without BEGIN and ROLLBACK.
    """
    return create_async_engine(
        database_url,
        isolation_level="AUTOCOMMIT" if autocommit else None,
        pool_reset_on_return=None if autocommit else "rollback",
        pool_size=connections,
        max_overflow=0,
        # The connection used last has its plans ready.
        pool_use_lifo=True,
        pool_timeout=10,
        # An error must not carry what was sent into the log: it may hold personal data.
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args=_session(application, plans),
    )


def build_pool(
    database_url: str,
    *,
    connections: int,
    application: str,
    plans: str = "auto",
    limits: Mapping[str, str] = _NO_LIMITS,
) -> AsyncConnectionPool:
    """Return a pool, to be opened, of psycopg's own connections: for the one SELECT that is asked all the time.

    SQLAlchemy's way to a connection and back takes longer than PostgreSQL takes to answer it. `limits` are settings of
    PostgreSQL that hold in each session.
    """
    url = make_url(database_url).set(drivername="postgresql")
    return AsyncConnectionPool(
        url.render_as_string(hide_password=False),
        min_size=1,
        max_size=connections,
        timeout=10,
        open=False,
        kwargs={"autocommit": True, **_session(application, plans, limits)},
    )


def _session(application: str, plans: str, limits: Mapping[str, str] = _NO_LIMITS) -> dict[str, object]:
    settings = {**_SETTINGS, "plan_cache_mode": plans, **limits}
    return {
        "application_name": application,
        # Plans are cached on the server after two uses: the same few statements run all day.
        "prepare_threshold": 2,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
