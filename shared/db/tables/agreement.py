"""Agreements between a municipality and the police, their annexes, and the targets set in them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB

from shared.db.tables.metadata import metadata

agreement = Table(
    "agreement",
    metadata,
    Column("agreement_id", Integer, primary_key=True, autoincrement=True),
    Column("code", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("case_number", Text),
    Column("parties", ARRAY(Text), nullable=False, server_default="{}"),
    Column("valid", DATERANGE, nullable=False),
    Column("succeeds_id", Integer, ForeignKey("agreement.agreement_id")),
    # Types of periods that it is followed up by, besides those that all are.
    Column("rhythms", ARRAY(Text), nullable=False, server_default="{}"),
    # What it follows beyond its annexes, in its order: an indicator's code and slice, as trainings/all.
    Column("indicators", ARRAY(Text), nullable=False, server_default="{}"),
    # How its periods are closed: whether somebody else approves than has submitted, and whether all annexes are ready.
    Column("closing_by_two_persons", Boolean, nullable=False, server_default="true"),
    Column("closing_needs_ready_annexes", Boolean, nullable=False, server_default="true"),
    CheckConstraint("NOT isempty(valid) AND NOT upper_inf(valid) AND NOT lower_inf(valid)", name="valid"),
)

agreement_area = Table(
    "agreement_area",
    metadata,
    Column("agreement_id", Integer, ForeignKey("agreement.agreement_id", ondelete="CASCADE"), primary_key=True),
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
)

annex = Table(
    "annex",
    metadata,
    Column("agreement_id", Integer, ForeignKey("agreement.agreement_id", ondelete="CASCADE"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("theme", Text, nullable=False),
    # What the slices are called that hold what is reported under it; unique in the agreement.
    Column("code", Text, nullable=False),
    # What it follows, in its order, as trainings/all; null: the list of its theme.
    Column("indicators", ARRAY(Text)),
    Column("title", Text, nullable=False),
    Column("title_en", Text),
    Column("valid", DATERANGE, nullable=False),
    Column("purpose", Text, nullable=False, server_default=""),
    Column("goals", ARRAY(Text), nullable=False, server_default="{}"),
    Column("actions", ARRAY(Text), nullable=False, server_default="{}"),
    Column("follow_up", ARRAY(Text), nullable=False, server_default="{}"),
    # What was found, each with notedOn, status and text.
    Column("follow_ups", JSONB, nullable=False, server_default="[]"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
)

target = Table(
    "target",
    metadata,
    Column("target_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("agreement_id", Integer, nullable=False),
    # Null: the agreement itself sets it.
    Column("annex_number", SmallInteger),
    Column("indicator_code", Text, nullable=False),
    Column("slice", Text, nullable=False, server_default="all"),
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("rule", Text, nullable=False),
    Column("value", Numeric),
    Column("upper_value", Numeric),
    Column("per", Text, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("wording", Text),
    Column("percent", Numeric),
    Column("tolerance", Numeric),
    Column("per_inhabitants", Integer),
    # What is compared with in the place of the year before.
    Column("baseline", DATERANGE),
    # A target for several areas together has a row for each of them, and here all of them in order.
    Column("area_ids", ARRAY(Integer), nullable=False, server_default="{}"),
    ForeignKeyConstraint(["agreement_id", "annex_number"], ["annex.agreement_id", "annex.number"], ondelete="CASCADE"),
    CheckConstraint("per IN ('month', 'quarter', 'tertial', 'halfYear', 'year', 'schoolYear', 'span')", name="per"),
    Index("ix_target_area_id", "area_id"),
    Index("ix_target_agreement_id", "agreement_id"),
)
