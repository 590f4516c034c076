"""What people write about a figure: results, problem areas; and what was removed of it."""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, func, text

from shared.db.tables.metadata import metadata

# `shared.facts.notes` is the only writer. Its key is the figure's in words, not its row: rows come and go with facts,
# notes stay.
indicator_note = Table(
    "indicator_note",
    metadata,
    Column("note_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("indicator_code", Text, nullable=False),
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("period_type", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("noted_on", Date, nullable=False),
    Column("text", Text, nullable=False),
    # The name of the credential that wrote it: never a person's.
    Column("written_by", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_indicator_note_area_id", "area_id", "indicator_code", "period_start"),
)

# Notes that were removed wherever they were kept, in revisions and in the audit trail: why, by whom and when. What they
# were of is said as it was said last. `shared.closing.note_removals` is the only writer.
note_removal = Table(
    "note_removal",
    metadata,
    Column("note_id", Uuid, primary_key=True),
    Column("indicator_code", Text, nullable=False),
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("period_type", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("reason", Text, nullable=False),
    # The name of the credential that removed it: never a person's.
    Column("removed_by", Text, nullable=False),
    Column("removed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
