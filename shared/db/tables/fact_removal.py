"""Up to when facts have been removed. `shared.retention.removal` is the only writer."""

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Table, func, text

from shared.db.tables.metadata import metadata

# Figures of periods that end before the latest of these days stay as they are: the function facts_removed_before() has
# it, and whatever writes figures leaves those alone.
fact_removal = Table(
    "fact_removal",
    metadata,
    # The first day of a year: years, and all periods in them, are removed whole.
    Column("before", Date, primary_key=True),
    Column("removed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint(text("extract(month FROM before) = 1 AND extract(day FROM before) = 1"), name="begins_a_year"),
)
