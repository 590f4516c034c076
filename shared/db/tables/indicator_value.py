"""The read model, and the leaf figures that it is summed from."""

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.tables.metadata import metadata

indicator_series = Table(
    "indicator_series",
    metadata,
    # A definition in the catalogue as the read model was last computed with, and what SQL needs to know of it.
    Column("series_id", SmallInteger, Identity(), primary_key=True),
    Column("indicator_code", Text, nullable=False),
    Column("slice", Text, nullable=False, server_default="all"),
    Column("definition_version", SmallInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("factor", Integer, nullable=False),
    Column("themes", ARRAY(Text), nullable=False),
    UniqueConstraint("indicator_code", "slice"),
)

cell = Table(
    "cell",
    metadata,
    # One leaf figure: what happened at exactly this area in this month while it had exactly these ancestors.
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("atom_id", Integer, primary_key=True, autoincrement=False),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("left_out", Integer, nullable=False),
    Index(
        "ix_cell_atom_id_series_id_month",
        "atom_id",
        "series_id",
        "month",
        postgresql_include=["area_id", "numerator", "denominator", "left_out"],
    ),
)

atom_figure = Table(
    "atom_figure",
    metadata,
    # The sum of the cells of one atom, for the series whose figures add up: what every area above a place sums.
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("atom_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("left_out", Integer, nullable=False),
)

indicator_value = Table(
    "indicator_value",
    metadata,
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("left_out", Integer, nullable=False),
    Column("targets", JSONB),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("computed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
