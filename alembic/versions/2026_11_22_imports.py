"""Files of observations, and imports that go on in the background."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Names in PostgreSQL that hold the table's own.
CONSTRAINTS = (
    ("file_import", "pk_activity_import", "pk_file_import"),
    ("file_import_remark", "pk_activity_import_remark", "pk_file_import_remark"),
    (
        "file_import_remark",
        "fk_activity_import_remark_import_id_activity_import",
        "fk_file_import_remark_import_id_file_import",
    ),
)
INDEX = ("ix_activity_import_remark_import_id_row", "ix_file_import_remark_import_id_row")


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.rename_table("activity_import", "file_import")
    op.rename_table("activity_import_remark", "file_import_remark")
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
    op.execute(f"ALTER INDEX {INDEX[0]} RENAME TO {INDEX[1]}")
    op.add_column("file_import", sa.Column("makes", sa.Text(), server_default="activities", nullable=False))
    op.alter_column("file_import", "makes", server_default=None)
    op.add_column("file_import", sa.Column("failure", sa.Text(), nullable=True))
    op.add_column("file_import", sa.Column("skipped", sa.Integer(), server_default="0", nullable=False))
    op.add_column("file_import", sa.Column("unread", postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("file_import", sa.Column("media_type", sa.Text(), nullable=True))
    op.add_column("file_import", sa.Column("mapping", postgresql.JSONB(), nullable=True))
    op.add_column("file_import", sa.Column("bytes", sa.BigInteger(), nullable=True))
    op.add_column("file_import", sa.Column("bytes_read", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("file_import", sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_file_import_makes"), "file_import", "makes IN ('activities', 'observations')")
    op.create_check_constraint(
        op.f("ck_file_import_status"),
        "file_import",
        "status IN ('received', 'running', 'completed', 'interrupted', 'failed')",
    )
    op.create_index(
        "ix_file_import_kept",
        "file_import",
        ["import_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND bytes IS NOT NULL"),
    )
    op.create_table(
        "file_import_piece",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["file_import.import_id"],
            name=op.f("fk_file_import_piece_import_id_file_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_file_import_piece")),
    )
    # What was kept before knew only activities.
    op.execute("""UPDATE import_mapping SET mapping = '{"makes": "activities", "skips": []}' || mapping""")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DELETE FROM import_mapping WHERE mapping ->> 'makes' = 'observations'")
    op.execute("UPDATE import_mapping SET mapping = mapping - 'makes' - 'skips'")
    op.drop_table("file_import_piece")
    op.execute("DELETE FROM file_import WHERE makes = 'observations'")
    op.execute("UPDATE file_import SET status = 'interrupted' WHERE status IN ('received', 'failed')")
    op.drop_index(
        "ix_file_import_kept",
        table_name="file_import",
        postgresql_where=sa.text("ended_at IS NULL AND bytes IS NOT NULL"),
    )
    for name in ("status", "makes"):
        op.drop_constraint(op.f(f"ck_file_import_{name}"), "file_import", type_="check")
    for column in (
        "attempts",
        "bytes_read",
        "bytes",
        "mapping",
        "media_type",
        "unread",
        "skipped",
        "failure",
        "makes",
    ):
        op.drop_column("file_import", column)
    op.execute(f"ALTER INDEX {INDEX[1]} RENAME TO {INDEX[0]}")
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}")
    op.rename_table("file_import_remark", "activity_import_remark")
    op.rename_table("file_import", "activity_import")
