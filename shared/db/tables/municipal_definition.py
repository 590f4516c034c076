"""Activity types, indicators and roles of municipalities' or other areas' own, and whose each version is.

`shared.facts.municipal_definitions` is the only writer.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.metadata import metadata

# Every version stays: the highest is in force.
municipal_definition = Table(
    "municipal_definition",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSONB, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("kind IN ('activityType', 'indicator', 'role')", name="kind"),
)

municipal_definition_area = Table(
    "municipal_definition_area",
    metadata,
    # Whose own a version is: one area's, or several municipalities'. It is in force in all that lies in them.
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    ForeignKeyConstraint(
        ["kind", "code", "version"],
        ["municipal_definition.kind", "municipal_definition.code", "municipal_definition.version"],
        name="fk_municipal_definition_area_version",
        ondelete="CASCADE",
    ),
    Index("ix_municipal_definition_area_area_id", "area_id"),
)
