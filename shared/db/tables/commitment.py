"""Commitments and citizen promises: what a party has promised to do, where, how often and by when.

`shared.facts.commitments` is the only writer, but for `done`, which the worker counts
(`services.indicators.compute.commitment_progress`).
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.tables.metadata import metadata

commitment = Table(
    "commitment",
    metadata,
    Column("commitment_id", Integer, primary_key=True, autoincrement=True),
    Column("agreement_id", Integer, ForeignKey("agreement.agreement_id", ondelete="CASCADE"), nullable=False),
    Column("annex_number", SmallInteger),
    Column("code", Text, nullable=False),
    # Made to the public: a citizen promise (medborgarlöfte).
    Column("is_promise", Boolean, nullable=False),
    Column("party", Text, nullable=False),
    Column("parties", ARRAY(Text), nullable=False, server_default="{}"),
    Column("wording", Text, nullable=False),
    Column("wording_en", Text),
    # How many activities fulfil it at each of its areas.
    Column("times", SmallInteger, nullable=False),
    Column("withdrawn_on", Date),
    # Each of its areas counts as a commitment of its own; else it is one, fulfilled when it is in all of them.
    Column("is_each_area", Boolean, nullable=False, server_default="false"),
    # What the API takes and shows: [{on, status, text}].
    Column("follow_ups", JSONB, nullable=False, server_default="[]"),
    # {every, from, until}, where it falls due again and again.
    Column("recurrence", JSONB),
    # activities, decision or selection.
    Column("fulfilled_by", Text, nullable=False, server_default="activities"),
    # {activityTypes, attributes, from, to}: which activities count without being linked.
    Column("selection", JSONB),
    UniqueConstraint("agreement_id", "code"),
    ForeignKeyConstraint(["agreement_id", "annex_number"], ["annex.agreement_id", "annex.number"], ondelete="CASCADE"),
    CheckConstraint("times >= 1", name="times"),
)

commitment_area = Table(
    "commitment_area",
    metadata,
    Column("commitment_id", Integer, ForeignKey("commitment.commitment_id", ondelete="CASCADE"), primary_key=True),
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    # By when it is to be done here; one that recurs has a row for each of its spans, and `first_on` begins the span.
    Column("due_on", Date, primary_key=True),
    Column("first_on", Date),
    # The day of the decision that it is fulfilled here, where a decision and not activities fulfil it.
    Column("decided_on", Date),
    # How many linked or selected activities were performed here by the due date, since `first_on` if there is one.
    Column("done", Integer, nullable=False, server_default="0"),
    Index("ix_commitment_area_area_id_due_on", "area_id", "due_on"),
)

# A view of `commitment_area`: `is_fulfilled` is the one rule for when enough is done.
commitment_progress = table(
    "commitment_progress",
    column("commitment_id", Integer),
    column("area_id", Integer),
    column("decided_on", Date),
    column("done", Integer),
    column("is_fulfilled", Boolean),
    column("first_on", Date),
    column("due_on", Date),
)
