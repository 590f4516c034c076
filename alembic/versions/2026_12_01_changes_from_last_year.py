"""Signals tell between what a change from the year before lies: all that there are are judged again."""

from alembic import op

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None

# As in migration 0038.
MARK_ALL = """INSERT INTO signal_mark (series_id, area_id, year)
    SELECT series_id, area_id, year
    FROM (SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::smallint AS year FROM indicator_value)
         AS judged
    ORDER BY series_id, area_id, year"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(MARK_ALL)


def downgrade() -> None:
    """What signals tell beside is left out of no answer."""
