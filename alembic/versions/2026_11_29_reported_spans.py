"""Which states are of the year so far: a comparison needs to know; the worker computes all anew."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "indicator_series", sa.Column("is_since_new_year", sa.Boolean, nullable=False, server_default=sa.false())
    )
    # What is computed by another definition than the stored one is computed anew when the worker starts.
    op.execute("UPDATE indicator_series SET fingerprint = ''")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("indicator_series", "is_since_new_year")
