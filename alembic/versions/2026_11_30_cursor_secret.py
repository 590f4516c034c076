"""A secret that signs cursors; who has sent a file, and how many remarks on it are left out."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "cursor_secret",
        sa.Column("is_only", sa.Boolean(), primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("is_only", name="ck_cursor_secret_is_only"),
    )
    # 244 bits of the server's own strong random numbers.
    op.execute(
        """
        INSERT INTO cursor_secret (is_only, secret)
        VALUES (true, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        """
    )
    op.add_column("file_import", sa.Column("sent_by", sa.Uuid()))
    op.add_column("file_import", sa.Column("remarks_left_out", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("file_import", "remarks_left_out")
    op.drop_column("file_import", "sent_by")
    op.drop_table("cursor_secret")
