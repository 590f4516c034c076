"""Marks of comparisons have an age, and targets and observed figures are computed again by changed rules.

A judgement says why there is none, and compares with the same span of the year before. What is suppressed follows from
the measure.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Targets of observed figures among them: these are judged where they are written.
JUDGE_AGAIN = """
INSERT INTO dirty_mark (writing_area_id, year, fact, ripens_on)
SELECT DISTINCT coalesce(municipality_id, area_id), extract(year FROM period_start)::smallint, '(targets)',
       date '-infinity'
FROM target
JOIN area USING (area_id)
JOIN indicator_series USING (indicator_code, slice)
JOIN indicator_value USING (series_id, area_id)
WHERE period_type = 'year'
"""
# One mark has all areas of a series and year computed again.
OBSERVE_AGAIN = """
INSERT INTO rollup_mark (series_id, area_id, year)
SELECT series_id, min(area_id), extract(year FROM period_start)::smallint
FROM indicator_series
JOIN indicator_value USING (series_id)
WHERE measure IS NOT NULL AND period_type = 'year'
GROUP BY 1, 3
"""


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What stands there is as old as the migration: such a default is no new row for each.
    op.add_column(
        "comparison_mark",
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.alter_column("comparison_mark", "marked_at", server_default=sa.func.clock_timestamp())
    op.execute(JUDGE_AGAIN)
    op.execute(OBSERVE_AGAIN)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("comparison_mark", "marked_at")
