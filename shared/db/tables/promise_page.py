"""Which municipalities show their citizen promises to everybody. A row is a page that is there; none is the usual."""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, Table, func

from shared.db.tables.metadata import metadata

promise_page = Table(
    "promise_page",
    metadata,
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True, autoincrement=False),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
