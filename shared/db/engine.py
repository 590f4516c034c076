"""Engines and pools for the services. A connection is prepared once; a transaction is one request or batch of work.

No session waits for ever: every pool has a limit for a lock and one for a statement, set here by its kind.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from enum import Enum
from typing import Any

import orjson
import psycopg
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, InvalidRequestError
from sqlalchemy.exc import OperationalError as WrappedError
from sqlalchemy.exc import TimeoutError as EngineTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.db.access import EVERY_AREA, NO_ACCESS, SET_ACCESS, current_access, settings_of
from shared.db.actor import announce_actor
from shared.db.conninfo import conninfo_of
from shared.db.live_pool import SECONDS_WHILE_AWAY, LivePool, has_news

API_ROLE = "samverkan_api"
"""The role of PostgreSQL that the policies are for."""

AUTO = "auto"
GENERIC = "force_generic_plan"


# Whose access the sessions of a pool have, as settings of theirs: that of the request or job which takes a connection,
# with the rights of the API's role whoever logs in; the service's own, which looks at all there is; or none, where no
# policy is for the role that logs in. Who looks keys up has the API's role and no access at all: functions of the
# database are asked instead. That a note of a key's use is lost with the server is no loss.
_CALLERS: Mapping[str, str] = {"role": API_ROLE}
_SERVICES: Mapping[str, str] = {"samverkan.details": EVERY_AREA.text, "samverkan.figures": EVERY_AREA.text}
_FUNCTIONS_ALONE: Mapping[str, str] = {"role": API_ROLE, "synchronous_commit": "off"}
_NONE: Mapping[str, str] = {}


class PoolKind(Enum):
    """What the connections of a pool are for.

    It says what PostgreSQL shows of its sessions, for how many seconds they wait for a lock and work on one statement,
    0 for as long as it takes, their plan_cache_mode, and whose access they have. A read that meets a lock is answered
    soon, as others wait behind it; a write may wait for one that is being made.
    """

    # Asked once at a time, and given up within a second.
    HEALTH = ("samverkan health", 1, 5, AUTO, _SERVICES)
    KEYS = ("samverkan keys", 1, 5, AUTO, _FUNCTIONS_ALONE)
    READING = ("samverkan reading", 2, 30, AUTO, _CALLERS)
    FIGURES = ("samverkan figures", 2, 30, AUTO, _CALLERS)
    # Each statement is planned for the values that it is asked with.
    FEED = ("samverkan feed", 2, 30, "force_custom_plan", _CALLERS)
    WRITING = ("samverkan writing", 5, 30, AUTO, _CALLERS)
    # Statements take keys as arrays, for which PostgreSQL would plan anew every time: half of a recomputation.
    COMPUTING = ("samverkan computing", 5, 60, GENERIC)
    WEBHOOKS = ("samverkan webhooks", 5, 30)
    SOURCES = ("samverkan sources", 5, 60)
    # For commands that go through all there is.
    MAINTENANCE = ("samverkan maintenance", 5, 0)

    def __init__(
        self,
        application: str,
        lock_seconds: int,
        statement_seconds: int,
        plans: str = AUTO,
        access: Mapping[str, str] = _NONE,
    ) -> None:
        self.application = application
        self.is_callers = access is _CALLERS
        self.session = {
            "lock_timeout": f"{lock_seconds}s",
            "statement_timeout": f"{statement_seconds}s",
            "plan_cache_mode": plans,
            **access,
        }


# How long PostgreSQL may be silent before it counts as away: when a connection is made, and afterwards.
_REACHED: Mapping[str, object] = {
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_SECONDS_BETWEEN_TRIES = 0.1
# A worker's connections use some 106 statements; the driver forgets plans beyond 100.
_MOST_PLANS = 200
_SETTINGS = {"timezone": "UTC", "datestyle": "ISO", "idle_in_transaction_session_timeout": "60000"}
_NO_LIMITS: Mapping[str, str] = {}
# Where a connection's record has the access that its session was told of.
_ACCESS = "access"


def build_engine(  # noqa: PLR0913  all that sessions differ in
    database_url: str,
    kind: PoolKind = PoolKind.MAINTENANCE,
    *,
    connections: int = 10,
    application: str | None = None,
    autocommit: bool = False,
    limits: Mapping[str, str] = _NO_LIMITS,
) -> AsyncEngine:
    """Return an engine for PostgreSQL whose sessions run in UTC, with the limits of their kind, or other `limits`.

    With `autocommit` each statement is sent without BEGIN and ROLLBACK.
    """
    engine = create_async_engine(
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
        connect_args={**_session(kind, application, limits), "async_creator_fn": _Connector()},
    )
    event.listen(engine.sync_engine, "checkout", _Alive(engine))
    if kind.is_callers:
        event.listen(engine.sync_engine, "checkout", _set_access)
    if not autocommit:
        announce_actor(engine.sync_engine)
    return engine


def build_command_engine(database_url: str) -> Engine:
    """Return an engine for a command: a connection for each use, with the limits of maintenance."""
    engine = create_engine(
        database_url, poolclass=NullPool, hide_parameters=True, connect_args=_session(PoolKind.MAINTENANCE, None)
    )
    announce_actor(engine)
    return engine


class _Connector:
    """Makes connections. A server that restarts, or has no room for the moment, is waited for, but not by everybody.

    Who comes while it has been away for longer is told so at once.
    """

    def __init__(self) -> None:
        self._failing_since: float | None = None

    async def __call__(self, *arguments: Any, **options: Any) -> psycopg.AsyncConnection[Any]:  # noqa: ANN401  the driver's own
        """Return a connection, made with the driver's arguments."""
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(*arguments, **options)
            except psycopg.OperationalError:
                self._failing_since = self._failing_since or time.monotonic()
                if time.monotonic() - self._failing_since > SECONDS_WHILE_AWAY:
                    raise
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
            else:
                self._failing_since = None
                connection.prepared_max = _MOST_PLANS
                return connection


class _Alive:
    """Sees to it that a connection that PostgreSQL has ended, as in a restart, is not used: all are made anew then.

    A ping before each use would cost a request as much as its SELECT. Here a connection is asked only when something
    has come on it while nobody waited for anything, which is what the end of one looks like.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._dialect = engine.sync_engine.dialect

    def __call__(self, connection: Any, _record: object, _fairy: object) -> None:  # noqa: ANN401  the driver's own
        if not has_news(connection.driver_connection):
            return
        try:
            self._dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _set_access(connection: Any, record: Any, _fairy: object) -> None:  # noqa: ANN401  the library's own
    """Tell a session whose access it has, where that was another's before.

    It is committed, for it must not go with a transaction that is rolled back.
    """
    access = current_access() or NO_ACCESS
    if record.info.get(_ACCESS) == access:
        return
    record.info.pop(_ACCESS, None)
    cursor = connection.cursor()
    cursor.execute(SET_ACCESS, settings_of(access))
    cursor.close()
    connection.commit()
    record.info[_ACCESS] = access


# What else says "not now", beside OperationalError: a standby that only reads, and a transaction that took too long.
_NOT_NOW = (
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
)
# What SQLAlchemy says when PostgreSQL has ended the second connection too that it took from the pool.
_ENDED_AGAIN = ("This connection is closed",)


def is_refused_by_policy(error: BaseException) -> bool:
    """Tell whether a row was to be written that a policy keeps from the session. A missing right is another fault."""
    cause = getattr(error, "orig", None) or error
    if not isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return False
    return "row-level security policy" in (cause.diag.message_primary or "")


def is_unavailable(error: BaseException) -> bool:
    """Tell whether PostgreSQL could not be asked, or not now: it is away, full, busy, or waited for a lock too long."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, WrappedError) or isinstance(error.orig, _NOT_NOW)
    if isinstance(error, InvalidRequestError):
        return error.args == _ENDED_AGAIN
    return isinstance(error, (EngineTimeout, psycopg.OperationalError, *_NOT_NOW))


def waited_too_long(error: BaseException) -> bool:
    """Tell whether a statement gave up a lock that others hold."""
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, psycopg.errors.LockNotAvailable)


def took_too_long(error: BaseException) -> bool:
    """Tell whether PostgreSQL has ended a statement since it took too long."""
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, psycopg.errors.QueryCanceled)


def statement_timeout(seconds: float) -> Mapping[str, str]:
    """Return the limits of sessions whose statements may take so long."""
    return {"statement_timeout": f"{round(seconds * 1000)}ms"}


def name_of(error: BaseException) -> str:
    """Return what may be logged of a database's error: which it is. Its text may repeat what was sent."""
    cause = getattr(error, "orig", None) or error
    sqlstate = getattr(cause, "sqlstate", None)
    return type(cause).__name__ + (f" {sqlstate}" if sqlstate else "")


def log_failure(log: logging.Logger, what: str, error: Exception) -> None:
    """Log that something failed: in one line where PostgreSQL could not be asked, else with where it failed."""
    if is_unavailable(error):
        log.warning("%s failed: PostgreSQL cannot be asked now (%s)", what, name_of(error))
    else:
        log.error("%s failed", what, exc_info=error)


def build_pool(
    database_url: str,
    kind: PoolKind,
    *,
    connections: int,
    application: str | None = None,
    limits: Mapping[str, str] = _NO_LIMITS,
) -> LivePool:
    """Return a pool, to be opened, of psycopg's own connections: for the one SELECT that is asked all the time.

    SQLAlchemy's way to a connection and back takes longer than PostgreSQL takes to answer it. `limits` are settings of
    PostgreSQL that hold in each session.
    """
    return LivePool(
        conninfo_of(database_url),
        min_size=1,
        max_size=connections,
        timeout=10,
        reconnect_timeout=SECONDS_WHILE_AWAY,
        open=False,
        is_callers=kind.is_callers,
        kwargs={"autocommit": True, **_session(kind, application, limits)},
    )


def _session(kind: PoolKind, application: str | None, limits: Mapping[str, str] = _NO_LIMITS) -> dict[str, object]:
    settings = {**_SETTINGS, **kind.session, **limits}
    return {
        "application_name": application or kind.application,
        # Plans are cached on the server after two uses: the same few statements run all day. A generic one is kept from
        # the first, since a large statement takes some 50 ms to plan.
        "prepare_threshold": 0 if kind.session["plan_cache_mode"] == GENERIC else 2,
        **_REACHED,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
