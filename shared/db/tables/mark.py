"""Marks of what is to be computed again: append-only and without a unique key, so that a writer never waits.

A scope is a writing area (a municipality, or an area outside all of them) and a year; one worker at a time computes it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
)

from shared.db.tables.metadata import metadata

dirty_mark = Table(
    "dirty_mark",
    metadata,
    Column("mark_id", BigInteger, Identity(), primary_key=True),
    Column("writing_area_id", Integer, nullable=False),
    Column("year", SmallInteger, nullable=False),
    # Null area, month or fact: all of the scope's.
    Column("area_id", Integer),
    Column("month", Date),
    # An activity type, or one of the other facts that definitions read (shared.catalogue.indicator).
    Column("fact", Text),
    # The first day on which this change can show: today, or the day when the mere passing of time changes a figure.
    Column("ripens_on", Date, nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("ix_dirty_mark_ripens_on_writing_area_id_year", "ripens_on", "writing_area_id", "year"),
)

postponed_scope = Table(
    "postponed_scope",
    metadata,
    Column("writing_area_id", Integer, primary_key=True, autoincrement=False),
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("error", Text, nullable=False),
)

rollup_mark = Table(
    "rollup_mark",
    metadata,
    Column("mark_id", BigInteger, Identity(), primary_key=True),
    Column("series_id", SmallInteger, nullable=False),
    Column("area_id", Integer, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

comparison_mark = Table(
    "comparison_mark",
    metadata,
    Column("mark_id", BigInteger, Identity(), primary_key=True),
    Column("series_id", SmallInteger, nullable=False),
    Column("area_id", Integer, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

signal_mark = Table(
    "signal_mark",
    metadata,
    Column("mark_id", BigInteger, Identity(), primary_key=True),
    Column("series_id", SmallInteger, nullable=False),
    Column("area_id", Integer, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

# One row at most: the day up to which the mere passing of days has been marked.
day_rollover = Table(
    "day_rollover",
    metadata,
    Column("is_only", Boolean, primary_key=True),
    Column("day", Date, nullable=False),
    CheckConstraint("is_only", name="is_only"),
)
