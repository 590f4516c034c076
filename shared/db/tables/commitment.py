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
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
)

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
    Column("wording", Text, nullable=False),
    Column("wording_en", Text),
    # How many activities fulfil it at each of its areas.
    Column("times", SmallInteger, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("withdrawn_on", Date),
    UniqueConstraint("agreement_id", "code"),
    ForeignKeyConstraint(["agreement_id", "annex_number"], ["annex.agreement_id", "annex.number"], ondelete="CASCADE"),
    CheckConstraint("times >= 1", name="times"),
)

commitment_area = Table(
    "commitment_area",
    metadata,
    Column("commitment_id", Integer, ForeignKey("commitment.commitment_id", ondelete="CASCADE"), primary_key=True),
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    # The day of the decision that it is fulfilled here, where a decision and not activities fulfil it.
    Column("decided_on", Date),
    # How many linked activities were performed here by the due date.
    Column("done", Integer, nullable=False, server_default="0"),
)

# A view of `commitment_area`: `is_fulfilled` is the one rule for when enough is done.
commitment_progress = table(
    "commitment_progress",
    column("commitment_id", Integer),
    column("area_id", Integer),
    column("decided_on", Date),
    column("done", Integer),
    column("is_fulfilled", Boolean),
)
