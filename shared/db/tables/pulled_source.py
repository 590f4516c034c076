"""Sources that are asked rather than reporting by themselves, and how far each has been read."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.metadata import ACTING_OWNER, metadata

pulled_source = Table(
    "pulled_source",
    metadata,
    # The area that it belongs to, and its activities with it.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), primary_key=True, server_default=ACTING_OWNER),
    # What its activities have as their source.
    Column("code", Text, primary_key=True),
    Column("content", JSONB, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # All that was requested before has been read at least once.
    Column("position", DateTime(timezone=True)),
    # Null while it is paused.
    Column("due_at", DateTime(timezone=True), server_default=func.now()),
    # Who reads it now, and when that one may be taken to be dead.
    Column("lease", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True)),
    # How the last run ended, when, and what it brought.
    Column("ended_at", DateTime(timezone=True)),
    Column("failure", Text),
    Column("failures_in_a_row", Integer, nullable=False, server_default="0"),
    Column("succeeded_at", DateTime(timezone=True)),
    Column("tally", JSONB),
    Index("ix_pulled_source_due_at", "due_at"),
)
