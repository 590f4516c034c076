"""Which figures differ from what was to be expected, beside the read model."""

from sqlalchemy import BigInteger, Column, Date, Integer, Numeric, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.metadata import metadata

# A value's signal: what was to be expected of it, and whether it differs. It follows the value, and is served only with
# the figure that it was judged for. There is none of what cannot be judged.
signal = Table(
    "signal",
    metadata,
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    # A hash of the figures that it rests on: while these are the same, it is not judged again.
    Column("inputs", BigInteger, nullable=False),
    Column("signal", JSONB, nullable=False),
)
