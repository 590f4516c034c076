"""Files that people have uploaded on a page, until they are imported: a day at most."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.metadata import ACTING_OWNER, metadata

upload = Table(
    "upload",
    metadata,
    Column("upload_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    # The area that it belongs to: that of who uploaded it. It is shown to that person alone.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), nullable=False, server_default=ACTING_OWNER),
    Column("person_id", Uuid, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    # SHA-256 of the file.
    Column("digest", LargeBinary, nullable=False),
    # What the person has answered, by the keys of the page.
    Column("answers", JSONB, nullable=False, server_default="{}"),
    # The imports that have tried it, and taken it.
    Column("trial_id", Uuid),
    Column("import_id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_upload_person_id", "person_id"),
    Index("ix_upload_created_at", "created_at"),
)

upload_piece = Table(
    "upload_piece",
    metadata,
    Column("upload_id", Uuid, ForeignKey("upload.upload_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)
