"""What was found when an annex was followed up; and what several own is computed anew, with its sums."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("annex", sa.Column("follow_ups", postgresql.JSONB(), nullable=False, server_default="[]"))
    # What is computed by another definition than the stored one is computed anew when the worker starts.
    op.execute("UPDATE indicator_series SET fingerprint = '' WHERE cardinality(defining_area_ids) > 1")


def downgrade() -> None:
    op.drop_column("annex", "follow_ups")
