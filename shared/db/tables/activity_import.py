"""Bulk imports: the mappings from a source's columns to ours, and what became of each import's rows."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.metadata import metadata

import_mapping = Table(
    "import_mapping",
    metadata,
    Column("code", Text, primary_key=True),
    Column("mapping", JSONB, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

activity_import = Table(
    "activity_import",
    metadata,
    Column("import_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("mapping_code", Text),
    Column("dry_run", Boolean, nullable=False),
    # running, completed, or interrupted: the rows before the interruption are kept.
    Column("status", Text, nullable=False, server_default="running"),
    Column("rows", Integer, nullable=False, server_default="0"),
    Column("created", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("superseded", Integer, nullable=False, server_default="0"),
    Column("outdated", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # A process that is killed cannot say so: an import that has long been silent counts as interrupted.
    Column("told_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
)

activity_import_remark = Table(
    "activity_import_remark",
    metadata,
    Column("remark_id", BigInteger, Identity(), primary_key=True),
    Column("import_id", Uuid, ForeignKey("activity_import.import_id", ondelete="CASCADE"), nullable=False),
    Column("row", Integer, nullable=False),
    # refused: the row is not kept; superseded: a later row of the same file stands; outdated: a newer version stands.
    Column("outcome", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Index("ix_activity_import_remark_import_id_row", "import_id", "row"),
)
