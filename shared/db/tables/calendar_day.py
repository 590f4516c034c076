"""The Swedish working-day calendar, so that SQL can count working days."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, text

from shared.db.tables.metadata import metadata

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("day", Date, primary_key=True),
    # Working days up to and including this day, counted from the calendar's first day.
    Column("ordinal", Integer, nullable=False),
    Column("is_working", Boolean, nullable=False),
    Index("ix_calendar_day_ordinal", "ordinal", unique=True, postgresql_where=text("is_working")),
)
