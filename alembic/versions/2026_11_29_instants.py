"""An instant of a whole second has no fraction: so it was shown wherever Python writes it, and what sources report."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT_TEXT = """
CREATE OR REPLACE FUNCTION instant_text(instant timestamp with time zone) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE  -- to_char is stable
RETURN %s
"""


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        INSTANT_TEXT
        % """replace(to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(INSTANT_TEXT % """to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""")
