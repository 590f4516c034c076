"""What is true of an area for some days: the roles of places, and the term time of municipalities.

`shared.facts.roles` and `shared.facts.terms` are the only writers.
"""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import DATERANGE

from shared.db.tables.metadata import metadata

area_role = Table(
    "area_role",
    metadata,
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("valid", DATERANGE, primary_key=True),
    # How many visits a month the place needs, where the role is one that asks for visits.
    Column("need", SmallInteger),
    CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name="valid"),
    CheckConstraint("need >= 0", name="need"),
    Index("ix_area_role_role", "role", "area_id"),
)

term_span = Table(
    "term_span",
    metadata,
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("valid", DATERANGE, primary_key=True),
    Column("name", Text, nullable=False),
    CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid) AND NOT upper_inf(valid)", name="valid"),
)

# Every month of the years in which a municipality's terms are known, and how many of its working days lie in one.
term_month = Table(
    "term_month",
    metadata,
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("working_days", SmallInteger, nullable=False),
    comment="derived from term_span and calendar_day",
)
