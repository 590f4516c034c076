"""The audit trail: entries that wait to be sealed, sealed ones, and the chain of their hashes.

Triggers on the tables of each resource write `audit_pending`, in the writer's transaction; migration 0027 has them. The
worker moves entries into `audit_entry` and chains their hashes in `audit_seal`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from shared.db.tables.metadata import metadata
from shared.db.tables.xid8 import CURRENT_TRANSACTION, Xid8


def _entry_columns() -> tuple[Column[object], ...]:
    return (
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        # The id of a key; or what wrote without one: pulled-sources/<code>, commands/<name>, database/<role>.
        Column("actor", Text, nullable=False),
        Column("actor_name", Text, nullable=False),
        # The person or system behind the caller, as X-Sent-By names it.
        Column("sent_by", Text),
        Column("trace_id", Text),
        # created, changed, deleted; read, of a whole set; removed, of payloads.
        Column("operation", Text, nullable=False),
        Column("resource", Text, nullable=False),
        Column("address", Text, nullable=False),
        # Whose it is, where one area is concerned.
        Column("area_id", Integer),
        # The stored row, by column; of what was read, what was asked for. JSON and not JSONB: a hash is of its text.
        Column("before", JSON),
        Column("after", JSON),
    )


# Emptied by the worker within seconds: those who write wait for no chain.
audit_pending = Table(
    "audit_pending",
    metadata,
    Column("changed_in", Xid8, primary_key=True, server_default=CURRENT_TRANSACTION),
    Column("change_number", BigInteger, Identity(), primary_key=True),
    *_entry_columns(),
    Index("ix_audit_pending_address", "address", postgresql_where=text("before IS NOT NULL")),
)

# Sealed entries as long as they keep their payload: an entry without one has its seal alone.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("change_number", BigInteger, nullable=False),
    *_entry_columns(),
    Index("ix_audit_entry_address", "address", "number"),
    Index("ix_audit_entry_resource", "resource", "number"),
    Index("ix_audit_entry_actor", "actor", "number"),
    Index("ix_audit_entry_recorded_at", "recorded_at"),
)

# Numbers have no gap, and no seal is ever removed.
audit_seal = Table(
    "audit_seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("payload_hash", LargeBinary, nullable=False),
    # Of the hash before and the payload's.
    Column("hash", LargeBinary, nullable=False),
)

# One row: the last seal, which whoever seals holds a lock on.
audit_head = Table(
    "audit_head",
    metadata,
    Column("is_only", Boolean, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("is_only", name="is_only"),
)
