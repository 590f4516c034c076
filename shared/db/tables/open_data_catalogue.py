"""Which municipalities publish their final figures as open data, and as whom. None is the usual."""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, Table, Text, func

from shared.db.tables.metadata import metadata

open_data_catalogue = Table(
    "open_data_catalogue",
    metadata,
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True, autoincrement=False),
    Column("publisher", Text, nullable=False),
    Column("contact_email", Text, nullable=False),
    # Ten digits, by which portals know the publisher.
    Column("organisation_number", Text),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
