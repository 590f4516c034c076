"""Databases that outlive a run, found again by what they were made from; what writes works on a copy of one.

A stored database is named `<kind>_<size>_<identity>`. PostgreSQL itself keeps it from being written to by mistake:
its sessions are read-only unless they say otherwise, and a copy does not inherit that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import psycopg
from psycopg import sql

from tests.benchmarks.database import Database
from tests.benchmarks.servers import Servers

# An identity is that of one state of the code, and of one world. More than these would fill a disk unnoticed.
MOST_IDENTITIES = 8
_STORED = re.compile(r"[a-z]+_\d+_(?P<identity>[0-9a-f]{12})")
_COPY = "copy"
_UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Note:
    """What is written down of a stored database, as its comment."""

    key: str
    used_at: str


class DatabaseCache:
    """The stored databases of a running PostgreSQL."""

    def __init__(self, servers: Servers) -> None:
        """Take over a server, and remove what an interrupted run has left on it."""
        self._servers = servers
        self._numbers = count(1)
        for name in self._names():
            if name.startswith((f"{_COPY}_", f"{_UNFINISHED}_")):
                self._drop(name)

    def find(self, name: str) -> Database | None:
        """Return a stored database, if it is there, and note that it is in use."""
        note = self._notes().get(name)
        if note is None:
            return None
        self._note(name, note.key)
        return self._servers.database(name, note.key)

    def store(self, made: Database, name: str) -> Database:
        """Store a database that was begun, under a name; nothing may be connected to it."""
        self._note(made.name, made.key)
        self._run("ALTER DATABASE {} SET default_transaction_read_only = on", made.name)
        self._run("ALTER DATABASE {} RENAME TO {}", made.name, name)
        self._forget_oldest()
        return self._servers.database(name, made.key)

    def begin(self, stored: Database | None = None) -> Database:
        """Return a database to be filled for `store`: a copy of a stored one, or one without tables."""
        name = f"{_UNFINISHED}_{next(self._numbers)}"
        if stored is not None:
            return self._copy(stored, name)
        self._run("CREATE DATABASE {}", name)
        return self._servers.database(name)

    @contextmanager
    def copy(self, stored: Database) -> Iterator[Database]:
        """Yield a copy of a stored database that may be written to, and remove it afterwards."""
        copy = self._copy(stored, f"{_COPY}_{next(self._numbers)}")
        try:
            yield copy
        finally:
            self._drop(copy.name)

    def _copy(self, stored: Database, name: str) -> Database:
        # File by file, by the kernel, which need not even read them where the file system shares blocks.
        with self._connection() as connection:
            connection.execute("SET file_copy_method = clone")
            statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
            connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(stored.name)))
        return self._servers.database(name, stored.key)

    def _drop(self, name: str) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _forget_oldest(self) -> None:
        """Drop the databases of all but the identities that were used last."""
        used: dict[str, str] = {}
        for name, note in self._notes().items():
            identity = _identity(name)
            used[identity] = max(used.get(identity, ""), note.used_at)
        recent = sorted(used, key=lambda identity: used[identity])[-MOST_IDENTITIES:]
        for name in self._notes():
            if _identity(name) not in recent:
                self._drop(name)

    def _note(self, name: str, key: str) -> None:
        note = json.dumps({"key": key, "used_at": datetime.now(UTC).isoformat()})
        with self._connection() as connection:
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(note)))

    def _notes(self) -> dict[str, Note]:
        """Return the notes of the stored databases by name."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
            ).fetchall()
        return {name: Note(**json.loads(note)) for name, note in rows if _STORED.fullmatch(name) and note}

    def _names(self) -> list[str]:
        with self._connection() as connection:
            return [name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]

    def _run(self, statement: str, *names: str) -> None:
        with self._connection() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connection(self) -> psycopg.Connection[tuple[str, ...]]:
        return psycopg.connect(Database(self._servers.postgres_url).conninfo, autocommit=True)


def _identity(name: str) -> str:
    found = _STORED.fullmatch(name)
    assert found
    return found["identity"]
