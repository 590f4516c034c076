"""An index of what commitments are due where: without it each area that is asked about is looked for among them all."""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index("ix_commitment_area_area_id_due_on", "commitment_area", ["area_id", "due_on"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_commitment_area_area_id_due_on", "commitment_area")
