"""Shares of days, weeks and months are told of an area while an agreement asks for them there; computed anew."""

from alembic import op

revision = "0054"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is computed by another definition than the stored one is computed anew when the worker starts.
    op.execute("UPDATE indicator_series SET fingerprint = '' WHERE kind = 'regularity'")


def downgrade() -> None:
    op.execute("UPDATE indicator_series SET fingerprint = '' WHERE kind = 'regularity'")
