"""Files that people upload on a page, until they are imported; and by what an imported one is known again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# As of file_import in migration 0025: who may report in a part of the owner's area uploads files, too.
IS_OWN = "owner_area_id = (SELECT nullif(current_setting('samverkan.owner', true), '')::integer)"
IS_IN = """CASE WHEN (SELECT current_setting('samverkan.{setting}', true) = 'all') THEN true
    WHEN owner_area_id < 8 * length((SELECT granted_areas('{setting}')))
    THEN get_bit((SELECT granted_areas('{setting}')), owner_area_id) = 1 ELSE false END"""
SEEN = f"{IS_OWN} OR {IS_IN.format(setting='details')}"
WRITTEN = f"({IS_OWN} AND (SELECT current_setting('samverkan.writes', true) <> '')) OR {IS_IN.format(setting='writes')}"
PART = "EXISTS (SELECT FROM upload WHERE upload.upload_id = upload_piece.upload_id AND ({}))"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("file_import", sa.Column("digest", sa.LargeBinary()))
    op.create_table(
        "upload",
        sa.Column("upload_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("owner_area_id", sa.Integer(), server_default=sa.text("acting_owner()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("answers", JSONB(), server_default="{}", nullable=False),
        sa.Column("trial_id", sa.Uuid()),
        sa.Column("import_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_area_id"], ["area.area_id"], name=op.f("fk_upload_owner_area_id_area")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_upload_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_person_id", "upload", ["person_id"])
    op.create_index("ix_upload_created_at", "upload", ["created_at"])
    op.create_table(
        "upload_piece",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.upload_id"], name=op.f("fk_upload_piece_upload_id_upload"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_piece")),
    )
    for table, seen, written in (
        ("upload", SEEN, WRITTEN),
        ("upload_piece", PART.format(SEEN), PART.format(WRITTEN)),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO samverkan_api USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT TO samverkan_api WITH CHECK ({written})")
        op.execute(
            f"CREATE POLICY changed ON {table} FOR UPDATE TO samverkan_api USING ({written}) WITH CHECK ({written})"
        )
        op.execute(f"CREATE POLICY removed ON {table} FOR DELETE TO samverkan_api USING ({written})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO samverkan_api, samverkan_worker")


def downgrade() -> None:
    op.drop_table("upload_piece")
    op.drop_table("upload")
    op.drop_column("file_import", "digest")
