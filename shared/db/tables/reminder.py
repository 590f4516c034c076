"""What people have been written to about, and when: one message for each person and occasion."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY

from shared.db.tables.metadata import metadata

# Noted before it is sent: whatever happens meanwhile, nobody gets a message twice.
reminder = Table(
    "reminder",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True),
    # As before/2026-05-10, after/2026-05-10 or month/2026-04.
    Column("occasion", Text, primary_key=True),
    # The keys of what was expected of the person.
    Column("subjects", ARRAY(Text), nullable=False, server_default="{}"),
    Column("noted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Null: it was not sent, or nobody knows whether it was.
    Column("sent_at", DateTime(timezone=True)),
    Index("ix_reminder_subjects", "subjects", postgresql_using="gin"),
)
