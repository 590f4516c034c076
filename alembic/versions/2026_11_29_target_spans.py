"""Targets for spans of their own, by a percentage, a baseline or inhabitants, with a tolerance, for several areas.

Targets are judged on their own spans, and not against a span in which nobody reported: all are judged again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

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


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("target", sa.Column("percent", sa.Numeric()))
    op.add_column("target", sa.Column("tolerance", sa.Numeric()))
    op.add_column("target", sa.Column("per_inhabitants", sa.Integer()))
    op.add_column("target", sa.Column("baseline", postgresql.DATERANGE()))
    op.add_column("target", sa.Column("area_ids", postgresql.ARRAY(sa.Integer()), nullable=False, server_default="{}"))
    op.drop_constraint(op.f("ck_target_per"), "target")
    # Targets are few: to look at each takes no time.
    op.create_check_constraint(
        op.f("ck_target_per"),
        "target",
        "per IN ('month', 'quarter', 'tertial', 'halfYear', 'year', 'schoolYear', 'span')",
    )
    op.execute(JUDGE_AGAIN)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What cannot be said any more goes.
    op.execute(
        """DELETE FROM target
           WHERE per NOT IN ('month', 'tertial', 'year') OR rule = 'notAboveBefore' OR percent IS NOT NULL
              OR tolerance IS NOT NULL OR per_inhabitants IS NOT NULL OR baseline IS NOT NULL OR area_ids <> '{}'"""
    )
    op.drop_constraint(op.f("ck_target_per"), "target")
    op.create_check_constraint(op.f("ck_target_per"), "target", "per IN ('month', 'tertial', 'year')")
    for column in ("area_ids", "baseline", "per_inhabitants", "tolerance", "percent"):
        op.drop_column("target", column)
