"""The closing of agreements' periods: how far each has come, and what was frozen. `shared.closing` is the only writer.

What came later stands in `later_value`, which the statements write that compute figures.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.metadata import metadata

# A period that a step has been taken of, or that an annex is ready for; any other is open.
agreement_period = Table(
    "agreement_period",
    metadata,
    Column("agreement_period_id", Integer, Identity(), primary_key=True),
    Column("agreement_id", Integer, ForeignKey("agreement.agreement_id"), nullable=False),
    Column("period_type", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    # How often it has been closed: the number of the last revision.
    Column("revision", Integer, nullable=False, server_default="0"),
    UniqueConstraint("agreement_id", "period_type", "period_start"),
    CheckConstraint("state IN ('open', 'prepared', 'submitted', 'closed')", name="state"),
)

agreement_period_step = Table(
    "agreement_period_step",
    metadata,
    Column("step_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column(
        "agreement_period_id", Integer, ForeignKey("agreement_period.agreement_period_id"), nullable=False, index=True
    ),
    Column("step", Text, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Who took it, as the audit trail names them.
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("reason", Text),
    # Of an approval, the revision that it made.
    Column("revision", Integer),
    CheckConstraint("step IN ('prepare', 'submit', 'approve', 'reopen')", name="step"),
)

ready_annex = Table(
    "ready_annex",
    metadata,
    Column(
        "agreement_period_id",
        Integer,
        ForeignKey("agreement_period.agreement_period_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("annex_number", SmallInteger, primary_key=True, autoincrement=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
)

# Where figures are frozen: the areas that lay in the agreement's when it was closed, in the period and all shorter ones
# in it. Several closed periods may hold one; it is frozen as long as any does.
closed_area_period = Table(
    "closed_area_period",
    metadata,
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column(
        "agreement_period_id",
        Integer,
        ForeignKey("agreement_period.agreement_period_id"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)

# The figures of each revision as they were served when it was approved. Nothing changes them any more.
closed_value = Table(
    "closed_value",
    metadata,
    Column("agreement_period_id", Integer, primary_key=True, autoincrement=False),
    Column("closing_revision", Integer, primary_key=True, autoincrement=False),
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    # The columns of `served_value` that are published (`shared.read_model.columns`), by their names there.
    Column("id", Text, nullable=False),
    Column("indicator_code", Text, nullable=False),
    Column("area_code", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("value", Numeric),
    Column("left_out", Integer),
    Column("not_placed", Numeric),
    Column("months_arrived", SmallInteger),
    Column("slice", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("finality", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("targets", JSONB, nullable=False),
    Column("comparisons", JSONB, nullable=False),
    Column("signal", JSONB),
    Column("definition_version", SmallInteger, nullable=False),
    Column("computed_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["agreement_period_id"], ["agreement_period.agreement_period_id"]),
)

# The definitions of a revision's indicators as they were: names, units, texts and version.
closed_definition = Table(
    "closed_definition",
    metadata,
    Column(
        "agreement_period_id",
        Integer,
        ForeignKey("agreement_period.agreement_period_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("closing_revision", Integer, primary_key=True, autoincrement=False),
    Column("indicator_code", Text, primary_key=True),
    Column("definition", JSONB, nullable=False),
)

# The notes on a revision's figures as they were when it was approved. Nothing changes them any more, but that one
# which is removed loses its text (`note_removal`); they are removed with the other facts of their year.
closed_note = Table(
    "closed_note",
    metadata,
    Column("closed_note_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("agreement_period_id", Integer, ForeignKey("agreement_period.agreement_period_id"), nullable=False),
    Column("closing_revision", Integer, nullable=False),
    # The columns of `indicator_note`.
    Column("note_id", Uuid, nullable=False),
    Column("indicator_code", Text, nullable=False),
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("period_type", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("noted_on", Date, nullable=False),
    # Null where the note has been removed.
    Column("text", Text),
    Column("written_by", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Index("ix_closed_note_agreement_period_id", "agreement_period_id", "closing_revision"),
    Index("ix_closed_note_area_id", "area_id", "period_start"),
)

# What frozen figures would be by what has come since; none where that is the same. Without a status there would be no
# figure any more, and of one that is not frozen there would be a new one.
later_value = Table(
    "later_value",
    metadata,
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("left_out", Integer),
    Column("not_placed", Numeric),
    Column("status", Text),
    Column("months_arrived", SmallInteger),
    Column("definition_version", SmallInteger),
    # When it came to differ as it does.
    Column("noticed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_later_value_area_id", "area_id", "period_start"),
)
