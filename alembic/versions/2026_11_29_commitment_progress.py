"""One home for when a commitment is fulfilled in an area."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE VIEW commitment_progress AS
        SELECT commitment_area.commitment_id, commitment_area.area_id, commitment_area.decided_on, commitment_area.done,
               -- As often as promised, or a decision by the due date: a later one is too late.
               commitment_area.done >= commitment.times
                   OR coalesce(commitment_area.decided_on <= commitment.due_on, false) AS is_fulfilled
        FROM commitment_area JOIN commitment USING (commitment_id)
        """
    )


def downgrade() -> None:
    op.execute("DROP VIEW commitment_progress")
