"""Where a place begins and ends, and at which kinds of places rows are expected; the worker computes all anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "indicator_series", sa.Column("expected_place_kinds", ARRAY(sa.Text), nullable=False, server_default="{}")
    )
    op.execute(
        """INSERT INTO boundary_change (area_id, day)
           SELECT DISTINCT area_id, day
           FROM (SELECT area_id, unnest(range_agg(area_ancestor_set.valid)) AS span
                 FROM area_ancestor_set JOIN area USING (area_id) WHERE kind = 'place' GROUP BY area_id) AS placed
           CROSS JOIN LATERAL unnest(ARRAY[lower(span), upper(span)]) AS day
           WHERE isfinite(day)
           ON CONFLICT DO NOTHING"""
    )
    # What is computed by another definition than the stored one is computed anew when the worker starts.
    op.execute("UPDATE indicator_series SET fingerprint = ''")


def downgrade() -> None:
    op.drop_column("indicator_series", "expected_place_kinds")
    op.execute(
        """DELETE FROM boundary_change USING area
           WHERE area.area_id = boundary_change.area_id AND kind = 'place'"""
    )
