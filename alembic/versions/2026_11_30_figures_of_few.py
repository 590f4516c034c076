"""Few persons are hidden from areas that know their own, too: all that is observed is computed anew."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What is computed by another definition than the stored one is computed anew when the worker starts.
    op.execute("UPDATE indicator_series SET fingerprint = '' WHERE measure IS NOT NULL")


def downgrade() -> None:
    # Older versions show more, once they compute anew.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("UPDATE indicator_series SET fingerprint = '' WHERE measure IS NOT NULL")
