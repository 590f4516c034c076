"""Activity types, indicators and roles of municipalities. `shared.facts.municipal_definitions` is the only writer."""

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Integer, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.metadata import metadata

# Every version stays: the highest is in force.
municipal_definition = Table(
    "municipal_definition",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("defining_municipality_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("document", JSONB, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("kind IN ('activityType', 'indicator', 'role')", name="kind"),
)
