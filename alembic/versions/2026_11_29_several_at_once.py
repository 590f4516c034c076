"""An activity may stand for several that were reported at once."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("activity", sa.Column("count", sa.Integer(), nullable=False, server_default="1"))
    # Not validated: every row has the default.
    op.create_check_constraint("count", "activity", "count >= 1", postgresql_not_valid=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_activity_count"), "activity", type_="check")
    op.drop_column("activity", "count")
