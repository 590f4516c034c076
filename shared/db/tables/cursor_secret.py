"""The secret by which the cursors that clients send back are known to be ours."""

from sqlalchemy import Boolean, CheckConstraint, Column, LargeBinary, Table

from shared.db.tables.metadata import metadata

# One row, which a migration makes: all processes sign alike, and go on to after a restart.
cursor_secret = Table(
    "cursor_secret",
    metadata,
    Column("is_only", Boolean, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    CheckConstraint("is_only", name="is_only"),
)
