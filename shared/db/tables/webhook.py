"""Subscriptions to the change feed, the messages made for them, and every attempt to deliver one."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.db.tables.metadata import ACTING_OWNER, metadata

webhook = Table(
    "webhook",
    metadata,
    Column("webhook_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    # The area that it belongs to: that of who stored it.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), nullable=False, server_default=ACTING_OWNER),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    # Codes that a change must have one of; none: any will do.
    Column("indicators", ARRAY(Text), nullable=False, server_default="{}"),
    Column("areas", ARRAY(Text), nullable=False, server_default="{}"),
    Column("period_types", ARRAY(Text), nullable=False, server_default="{}"),
    Column("status", Text, nullable=False, server_default="challenged"),
    # Why nothing is sent, when it is not for want of changes.
    Column("reason", Text),
    # When the endpoint at this URL last proved that it wants our messages.
    Column("proven_at", DateTime(timezone=True)),
    # Messages are signed with it, so that it cannot be stored as a hash.
    Column("secret", Text, nullable=False),
    Column("former_secret", Text),
    Column("former_secret_until", DateTime(timezone=True)),
    # A cursor of the feed: messages have been made of all changes up to here. Null: of none.
    Column("position", Text),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("status IN ('challenged', 'active', 'paused')", name="status"),
)

# At most one message of changes is pending for each webhook, which keeps their order.
webhook_message = Table(
    "webhook_message",
    metadata,
    # What the receiver knows it by, however often it is sent.
    Column("message_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("webhook_id", Uuid, ForeignKey("webhook.webhook_id", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    # Every attempt sends these very bytes; null once there will be no more attempts.
    Column("body", Text),
    Column("changes", SmallInteger, nullable=False, server_default="0"),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    # While one attempt goes on, when another process may take it to be dead.
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("status IN ('pending', 'delivered', 'failed', 'withdrawn')", name="status"),
    Index("ix_webhook_message_webhook_id", "webhook_id", "status"),
    Index("ix_webhook_message_due_at", "due_at", postgresql_where=text("status = 'pending'")),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("delivery_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("webhook_id", Uuid, nullable=False),
    Column("message_id", Uuid, ForeignKey("webhook_message.message_id", ondelete="CASCADE"), nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    # sending, delivered, failed, or interrupted: the process died, and no one knows what the receiver got.
    Column("outcome", Text, nullable=False, server_default="sending"),
    Column("status_code", SmallInteger),
    Column("error", Text),
    Column("milliseconds", Integer),
    Column("attempted_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("next_attempt_at", DateTime(timezone=True)),
    CheckConstraint("outcome IN ('sending', 'delivered', 'failed', 'interrupted')", name="outcome"),
    Index("ix_webhook_delivery_webhook_id", "webhook_id", "delivery_id"),
    Index("ix_webhook_delivery_message_id", "message_id"),
)
