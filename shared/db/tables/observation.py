"""Observations: figures that come from elsewhere. `shared.facts.observations` is the only writer."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from shared.db.tables.metadata import metadata

observation = Table(
    "observation",
    metadata,
    Column("observation_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("source", Text, nullable=False),
    # What is measured; a crime code or category is in `code`, which is empty for everything else.
    Column("measure", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("period_type", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    # Null when the source has no figure: it is missing, or confidential.
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("status", Text, nullable=False, server_default="observed"),
    Column("finality", Text, nullable=False, server_default="preliminary"),
    Column("published_on", Date),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("period_type IN ('month', 'tertial', 'year')", name="period_type"),
    CheckConstraint("status IN ('observed', 'missing', 'confidential', 'notApplicable')", name="status"),
    CheckConstraint("(status = 'observed') = (numerator IS NOT NULL)", name="numerator"),
    CheckConstraint("finality IN ('preliminary', 'final')", name="finality"),
    Index("uq_observation_key", "source", "measure", "code", "area_id", "period_type", "period_start", unique=True),
    Index("ix_observation_measure_period_start", "measure", "period_start", "area_id"),
)

# An observation's content before it was replaced: a preliminary figure stays traceable when the final one has come.
observation_revision = Table(
    "observation_revision",
    metadata,
    Column(
        "observation_id",
        Uuid,
        ForeignKey("observation.observation_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("status", Text, nullable=False),
    Column("finality", Text, nullable=False),
    Column("published_on", Date),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
