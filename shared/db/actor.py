"""Who writes: told to PostgreSQL as each transaction begins, for the audit trail's triggers.

Nobody hands the actor on: it is of the task that the transaction is begun in, and of the tasks that this one starts.
Where there is none, the trail names the role in the database.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import orjson
from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class Actor:
    """The id and name of a key, or of a command or service; who is behind it, if it says so; and the trace's id."""

    id: str
    name: str
    sent_by: str | None = None
    trace_id: str | None = None

    def as_document(self) -> dict[str, Any]:
        """Return the actor as the triggers read it, and as it is stored for what is done later."""
        return {"id": self.id, "name": self.name, "sentBy": self.sent_by, "trace": self.trace_id}

    @classmethod
    def of_document(cls, stored: Mapping[str, Any]) -> Self:
        """Return the actor of a document."""
        return cls(stored["id"], stored["name"], stored["sentBy"], stored["trace"])


WORKER = Actor("worker", "samverkan worker")
"""The worker, for what it does by itself."""

current_actor: ContextVar[Actor | None] = ContextVar("current_actor", default=None)


@contextmanager
def acting_as(actor: Actor | None) -> Iterator[None]:
    """Let transactions that begin meanwhile be the actor's."""
    token = current_actor.set(actor)
    try:
        yield
    finally:
        current_actor.reset(token)


def announce_actor(engine: Engine) -> None:
    """Tell PostgreSQL at the beginning of each transaction of an engine whose it is; it holds until that ends."""
    event.listen(engine, "begin", _announce)


def _announce(connection: Connection) -> None:
    actor = current_actor.get()
    if actor is not None:
        document = orjson.dumps(actor.as_document()).decode()
        connection.exec_driver_sql("SELECT set_config('samverkan.caller', %s, true)", (document,))
