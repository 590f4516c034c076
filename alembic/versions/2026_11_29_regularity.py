"""Indicators of what is to recur, and of nights: what SQL must know of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = (
    sa.Column("recurs_each", sa.Text()),
    sa.Column("recurs_at_least", sa.Integer()),
    sa.Column("weekdays", ARRAY(sa.SmallInteger()), nullable=False, server_default="{}"),
    sa.Column("reaching_types", ARRAY(sa.Text()), nullable=False, server_default="{}"),
)


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in COLUMNS:
        op.add_column("indicator_series", column)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in reversed(COLUMNS):
        op.drop_column("indicator_series", column.name)
