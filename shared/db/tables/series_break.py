"""Where limits start afresh: something changed on purpose. `shared.facts.breaks` is the only writer."""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, func, text

from shared.db.tables.metadata import metadata

series_break = Table(
    "series_break",
    metadata,
    Column("break_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("indicator_code", Text, nullable=False),
    # It holds in the area and in all that lies in it.
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    # The first day of the month from which on figures are compared with nothing before.
    Column("starts_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    # The name of the credential that set it: never a person's.
    Column("written_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("uq_series_break_area_id_indicator_code_starts_on", "area_id", "indicator_code", "starts_on", unique=True),
)
