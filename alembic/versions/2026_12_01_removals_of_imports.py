"""What an uploaded file lacks is removed when it has been imported, and not before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0043"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.add_column("file_import", sa.Column("removes", ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.add_column("file_import", sa.Column("removed", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.drop_column("file_import", "removed")
    op.drop_column("file_import", "removes")
