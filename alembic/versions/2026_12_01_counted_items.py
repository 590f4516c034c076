"""Which indicators count items of lists: these go on being done after the period, so their shares are not forecast."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("indicator_series", sa.Column("counts_items", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("indicator_series", "counts_items")
