"""Finds the few values that have been judged, without reading those that have not."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_indicator_value_judged",
        "indicator_value",
        ["series_id", "area_id", "period_start"],
        unique=False,
        postgresql_where=sa.text("targets IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_indicator_value_judged", table_name="indicator_value", postgresql_where=sa.text("targets IS NOT NULL")
    )
