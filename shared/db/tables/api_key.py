"""API keys: only their hash is stored, and what each may do where."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from shared.db.tables.metadata import ACTING_OWNER, metadata

api_key = Table(
    "api_key",
    metadata,
    Column("key_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("name", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    # For whom it acts: what it stores belongs to this area.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), nullable=False, server_default=ACTING_OWNER),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
)

# What a key may do in an area and in all that lies in it.
api_key_grant = Table(
    "api_key_grant",
    metadata,
    Column("key_id", Uuid, ForeignKey("api_key.key_id", ondelete="CASCADE"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    CheckConstraint("scope IN ('read', 'report', 'coordinate', 'administer')", name="scope"),
)
