"""A commitment over several areas counts once, may fall due again and again, and be fulfilled by a selection.

Each due date of a commitment in an area is a row of `commitment_area`. A cell of commitments says of each how it is, so
that one is found again in the cells of its other areas.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_OF_COMMITMENTS = "series_id IN (SELECT series_id FROM indicator_series WHERE kind = 'commitments')"
# Under everyone who has the area from then on, as shared.facts.marks does.
_MARK_COMMITMENTS = """
    INSERT INTO dirty_mark (writing_area_id, year, area_id, month, fact, ripens_on)
    SELECT DISTINCT writing_area_id, extract(year FROM due_on)::smallint, area_id, date_trunc('month', due_on)::date,
           '(commitments)', date '-infinity'
    FROM commitment_area
    JOIN area_ancestor_set USING (area_id)
    JOIN ancestor_set USING (ancestor_set_id)
    WHERE valid && daterange(date_trunc('month', due_on)::date,
                             (date_trunc('year', due_on) + interval '1 year')::date)"""


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("commitment_area", sa.Column("due_on", sa.Date()))
    op.add_column("commitment_area", sa.Column("first_on", sa.Date()))
    op.execute(
        """
        UPDATE commitment_area SET due_on = commitment.due_on
        FROM commitment WHERE commitment.commitment_id = commitment_area.commitment_id
        """
    )
    op.alter_column("commitment_area", "due_on", nullable=False)
    op.drop_constraint("pk_commitment_area", "commitment_area", type_="primary")
    op.create_primary_key("pk_commitment_area", "commitment_area", ["commitment_id", "area_id", "due_on"])
    text_list = postgresql.ARRAY(sa.Text())
    op.add_column("commitment", sa.Column("parties", text_list, nullable=False, server_default="{}"))
    op.add_column("commitment", sa.Column("is_each_area", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("commitment", sa.Column("follow_ups", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.add_column("commitment", sa.Column("recurrence", postgresql.JSONB()))
    op.add_column("commitment", sa.Column("fulfilled_by", sa.Text(), nullable=False, server_default="activities"))
    op.add_column("commitment", sa.Column("selection", postgresql.JSONB()))
    op.add_column("activity", sa.Column("commitment_ids", postgresql.ARRAY(sa.Integer())))
    op.create_index(
        "ix_activity_commitment_ids",
        "activity",
        ["commitment_ids"],
        postgresql_using="gin",
        postgresql_where=sa.text("commitment_ids IS NOT NULL"),
    )
    op.add_column("cell", sa.Column("dues", postgresql.JSONB()))
    op.execute(
        """
        CREATE OR REPLACE VIEW commitment_progress AS
        SELECT commitment_area.commitment_id, commitment_area.area_id, commitment_area.decided_on, commitment_area.done,
               -- As often as promised, unless only a decision will do; or a decision by the due date: a later one is
               -- too late.
               commitment.fulfilled_by <> 'decision' AND commitment_area.done >= commitment.times
                   OR coalesce(commitment_area.decided_on <= commitment_area.due_on, false) AS is_fulfilled,
               commitment_area.first_on, commitment_area.due_on
        FROM commitment_area JOIN commitment USING (commitment_id)
        """
    )
    op.drop_column("commitment", "due_on")
    # They do not add up over areas any more; the worker counts the cells anew.
    op.execute(f"DELETE FROM ancestor_set_total WHERE {_OF_COMMITMENTS}")
    op.execute(_MARK_COMMITMENTS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP VIEW commitment_progress")
    op.drop_column("cell", "dues")
    op.drop_index("ix_activity_commitment_ids", "activity")
    op.drop_column("activity", "commitment_ids")
    op.add_column("commitment", sa.Column("due_on", sa.Date()))
    # Of those that recur the last is left.
    op.execute(
        """
        DELETE FROM commitment_area AS earlier USING commitment_area AS later
        WHERE earlier.commitment_id = later.commitment_id AND earlier.area_id = later.area_id
          AND earlier.due_on < later.due_on
        """
    )
    op.execute(
        """
        UPDATE commitment SET due_on = (
            SELECT max(due_on) FROM commitment_area WHERE commitment_area.commitment_id = commitment.commitment_id)
        """
    )
    op.alter_column("commitment", "due_on", nullable=False)
    op.drop_constraint("pk_commitment_area", "commitment_area", type_="primary")
    op.create_primary_key("pk_commitment_area", "commitment_area", ["commitment_id", "area_id"])
    op.drop_column("commitment_area", "first_on")
    op.drop_column("commitment_area", "due_on")
    for name in ("parties", "is_each_area", "follow_ups", "recurrence", "fulfilled_by", "selection"):
        op.drop_column("commitment", name)
    op.execute(
        """
        CREATE VIEW commitment_progress AS
        SELECT commitment_area.commitment_id, commitment_area.area_id, commitment_area.decided_on, commitment_area.done,
               commitment_area.done >= commitment.times
                   OR coalesce(commitment_area.decided_on <= commitment.due_on, false) AS is_fulfilled
        FROM commitment_area JOIN commitment USING (commitment_id)
        """
    )
    # What is computed by another definition than the stored one is computed anew when the worker starts.
    op.execute("UPDATE indicator_series SET fingerprint = '' WHERE kind = 'commitments'")
