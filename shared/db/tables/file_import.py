"""Imports of files: the mappings from a source's columns to ours, and what became of each import's rows."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.tables.metadata import ACTING_OWNER, metadata

import_mapping = Table(
    "import_mapping",
    metadata,
    # The area that it belongs to: that of who stored it.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), primary_key=True, server_default=ACTING_OWNER),
    Column("code", Text, primary_key=True),
    Column("mapping", JSONB, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

file_import = Table(
    "file_import",
    metadata,
    Column("import_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    # The area that it belongs to: that of who stored it.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), nullable=False, server_default=ACTING_OWNER),
    # What its rows become: activities or observations.
    Column("makes", Text, nullable=False),
    Column("mapping_code", Text),
    Column("dry_run", Boolean, nullable=False),
    # received: stored, and not begun; running; completed; interrupted: the rows before the client went away are stored;
    # failed: it cannot go on, and `failure` says why.
    Column("status", Text, nullable=False, server_default="running"),
    Column("failure", Text),
    Column("rows", Integer, nullable=False, server_default="0"),
    Column("created", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("superseded", Integer, nullable=False, server_default="0"),
    Column("outdated", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    # How many stored rows each code has that no indicator reads: [measure, code, rows] each.
    Column("unused_codes", JSONB, nullable=False, server_default="[]"),
    # Of a file that is stored until it is imported: its form, the mapping as it was, its size and how much is read.
    Column("media_type", Text),
    Column("mapping", JSONB),
    Column("bytes", BigInteger),
    Column("bytes_read", BigInteger, nullable=False, server_default="0"),
    # The key, or the person, that sent it.
    Column("sent_by", Uuid),
    # SHA-256 of a file that was uploaded on a page: whoever sends it twice is told.
    Column("digest", LargeBinary),
    # When it was uploaded there: what has been changed since is newer than it.
    Column("uploaded_at", DateTime(timezone=True)),
    # Activities that such a file lacks, and that are removed once it is imported whole; how many of them were.
    Column("removes", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("removed", Integer, nullable=False, server_default="0"),
    # Who that is, as the audit trail names whoever wrote the rows.
    Column("caller", JSONB),
    # Where that one might report when it was sent: who acts for the owner, and sees all of that, sees the import.
    Column("granted_area_ids", ARRAY(Integer)),
    # How many remarks there would be beyond those that are stored.
    Column("remarks_left_out", Integer, nullable=False, server_default="0"),
    # How often it has been taken up since it last got on: what fails every time must end.
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # A process that is killed cannot say so: an import that has long been silent counts as interrupted.
    Column("heartbeat_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("makes IN ('activities', 'observations')", name="makes"),
    CheckConstraint("status IN ('received', 'running', 'completed', 'interrupted', 'failed')", name="status"),
    Index("ix_file_import_queued", "import_id", postgresql_where=text("ended_at IS NULL AND bytes IS NOT NULL")),
)

# The body of an import that goes on in the background, until it has ended.
file_import_piece = Table(
    "file_import_piece",
    metadata,
    Column("import_id", Uuid, ForeignKey("file_import.import_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

file_import_remark = Table(
    "file_import_remark",
    metadata,
    Column("remark_id", BigInteger, Identity(), primary_key=True),
    Column("import_id", Uuid, ForeignKey("file_import.import_id", ondelete="CASCADE"), nullable=False),
    # 0 when it concerns the file as a whole.
    Column("row", Integer, nullable=False),
    # refused: the row is not stored; superseded: by a later row of the same file; outdated: a newer version is stored.
    Column("outcome", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Index("ix_file_import_remark_import_id_row", "import_id", "row"),
)
