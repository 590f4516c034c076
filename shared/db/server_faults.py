"""What is wrong with PostgreSQL, by what came of asking it: one table for health, the doctor and every command."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

import psycopg
from sqlalchemy.exc import TimeoutError as EngineTimeout

from shared.domain.errors import Violation


class ServerFault(Enum):
    """What is wrong, and how that is mended. No password, address or value is repeated."""

    READ_ONLY = Violation(
        "database",
        "the database only reads",
        "Name the primary server in DATABASE_URL, or turn default_transaction_read_only off.",
    )
    DISK_FULL = Violation("database", "the database's disk is full", "Free space on the disk of PostgreSQL's data.")
    SLOW = Violation(
        "database",
        "the database does not answer in time",
        "See whether PostgreSQL's process, its disk or the network to it hangs.",
    )
    BUSY = Violation("database", "the database is too busy with others", "Try again in a moment.")
    LIMITED = Violation(
        "database",
        "the database has no sessions or memory left for this account",
        "Raise PostgreSQL's max_connections, or end the sessions that others keep open.",
    )
    UNKNOWN_ACCOUNT = Violation(
        "database",
        "the database does not know the account or its password",
        "Correct them in DATABASE_URL, with %40 for @ and %2F for / in a password.",
    )
    UNKNOWN_DATABASE = Violation(
        "database",
        "the server has no database of this name",
        "Create the database, or name another one in DATABASE_URL.",
    )
    NOT_LET_IN = Violation(
        "database",
        "the database does not let this account or machine in",
        "Allow it in PostgreSQL's pg_hba.conf, or name another account in DATABASE_URL.",
    )
    NOT_ALLOWED = Violation(
        "database",
        "the database does not allow this account what is needed",
        "Name the owner of the database in DATABASE_URL.",
    )
    UNKNOWN_HOST = Violation("database", "the database's host has no address", "Correct the host in DATABASE_URL.")
    NO_POSTGRESQL = Violation(
        "database", "what answers is no PostgreSQL", "Correct the host and the port in DATABASE_URL."
    )
    NO_TLS = Violation(
        "database",
        "the database and this machine cannot agree on TLS",
        "Correct sslmode or sslrootcert in DATABASE_URL, or the server's certificate.",
    )
    STARTING = Violation(
        "database", "the database starts or stops", "Wait a moment; if it lasts, read PostgreSQL's log."
    )
    AWAY = Violation(
        "database",
        "the database cannot be reached",
        "See that PostgreSQL runs at the address of DATABASE_URL.",
    )


class _Sign(NamedTuple):
    """What a fault is known by: the beginnings of SQLSTATEs, or what is said where there is none.

    There is none while a session is being made. It is said in English then, as most servers and drivers do.
    """

    fault: ServerFault
    states: tuple[str, ...] = ()
    said: str = ""


# The first that fits counts: a state before its class.
_SIGNS = (
    _Sign(ServerFault.READ_ONLY, ("25006",)),
    _Sign(ServerFault.DISK_FULL, ("53100",)),
    _Sign(ServerFault.SLOW, ("57014",), "timeout expired|timed out"),
    _Sign(ServerFault.BUSY, ("55P03", "40")),
    _Sign(ServerFault.STARTING, ("57P",), "starting up|shutting down|recovery mode"),
    _Sign(ServerFault.LIMITED, ("53",), "too many|remaining connection slots"),
    _Sign(
        ServerFault.UNKNOWN_ACCOUNT,
        ("28P01",),
        'password authentication failed|no password supplied|role ".*" does not exist',
    ),
    _Sign(ServerFault.UNKNOWN_DATABASE, ("3D",), 'database ".*" does not exist'),
    _Sign(ServerFault.NOT_LET_IN, ("28",), r"pg_hba\.conf"),
    _Sign(ServerFault.NOT_ALLOWED, ("42501",), "permission denied for database"),
    _Sign(ServerFault.UNKNOWN_HOST, (), "failed to resolve host|could not translate host name"),
    _Sign(
        ServerFault.NO_POSTGRESQL,
        (),
        "invalid response to SSL negotiation|expected authentication request|invalid response from the server",
    ),
    _Sign(ServerFault.NO_TLS, (), r"does not support SSL|certificate|SSL error|SSL SYSCALL|root\.crt"),
    _Sign(ServerFault.AWAY, ("08", "57")),
)


def known_fault_of(error: BaseException) -> ServerFault | None:
    """Return what an error means that came of asking PostgreSQL; None where the fault is ours."""
    if isinstance(error, TimeoutError | EngineTimeout):
        return ServerFault.SLOW
    cause = getattr(error, "orig", None) or error
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate is not None:
        return next((sign.fault for sign in _SIGNS if sqlstate.startswith(sign.states)), None)
    if not isinstance(cause, psycopg.OperationalError | OSError):
        return None
    said = str(cause)
    fitting = (sign.fault for sign in _SIGNS if sign.said and re.search(sign.said, said, re.IGNORECASE))
    return next(fitting, ServerFault.AWAY)


def fault_of(error: BaseException) -> ServerFault:
    """Return what an error means where nothing but PostgreSQL can be at fault."""
    return known_fault_of(error) or ServerFault.AWAY
