"""Notes are kept with each closing of their period, as they were; and a break is stored once."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0045"
branch_labels = None
depends_on = None

# As of indicator_note and of the revisions of closed periods: migrations 0025 and 0039.
IS_IN = """CASE WHEN (SELECT current_setting('samverkan.details', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('details')))
    THEN get_bit((SELECT granted_areas('details')), area_id) = 1 ELSE false END"""
CHANGES_STRUCTURE = "(SELECT current_setting('samverkan.writes', true) = 'all')"
# Nothing changes a copy; it goes with the other facts of its year, as the note itself does.
PROTECTED = (
    "ALTER TABLE closed_note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY seen ON closed_note FOR SELECT TO samverkan_api USING ({IS_IN})",
    f"CREATE POLICY added ON closed_note FOR INSERT TO samverkan_api WITH CHECK ({CHANGES_STRUCTURE})",
    f"CREATE POLICY changed ON closed_note FOR UPDATE TO samverkan_api USING ({CHANGES_STRUCTURE})",
    f"CREATE POLICY removed ON closed_note FOR DELETE TO samverkan_api USING ({CHANGES_STRUCTURE})",
    "GRANT SELECT, INSERT ON closed_note TO samverkan_api",
    "REVOKE ALL ON closed_note FROM samverkan_worker",
    "GRANT SELECT, INSERT, DELETE ON closed_note TO samverkan_worker",
    """CREATE TRIGGER keep_revision_update BEFORE UPDATE ON closed_note
       FOR EACH STATEMENT EXECUTE FUNCTION keep_revision()""",
    """CREATE TRIGGER keep_revision_delete BEFORE DELETE ON closed_note
       FOR EACH STATEMENT WHEN (NOT is_removing_facts()) EXECUTE FUNCTION keep_revision()""",
)
# Of periods that are closed by now. How notes were at an earlier closing, or before they were changed, is not known.
COPY = """
INSERT INTO closed_note (agreement_period_id, closing_revision, note_id, indicator_code, area_id, period_type,
                         period_start, noted_on, text, written_by, revision, recorded_at, changed_at)
SELECT closing.agreement_period_id, closing.revision, note_id, indicator_code, area_id, note.period_type,
       note.period_start, noted_on, text, written_by, note.revision, recorded_at, changed_at
FROM agreement_period AS closing
JOIN agreement_period_step AS approval
  ON approval.agreement_period_id = closing.agreement_period_id AND approval.revision = closing.revision
JOIN closed_area_period AS closed ON closed.agreement_period_id = closing.agreement_period_id
JOIN indicator_note AS note USING (area_id)
WHERE closing.state = 'closed' AND changed_at <= taken_at
  AND (note.period_type, note.period_start) = (closed.period_type, closed.period_start)
"""
ONCE = """
DELETE FROM series_break AS later USING series_break AS first
WHERE (later.area_id, later.indicator_code, later.starts_on) = (first.area_id, first.indicator_code, first.starts_on)
  AND later.break_id > first.break_id
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "closed_note",
        sa.Column("closed_note_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("agreement_period_id", sa.Integer(), nullable=False),
        sa.Column("closing_revision", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_period_id"],
            ["agreement_period.agreement_period_id"],
            name=op.f("fk_closed_note_agreement_period_id_agreement_period"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_closed_note_area_id_area")),
        sa.PrimaryKeyConstraint("closed_note_id", name=op.f("pk_closed_note")),
    )
    op.create_index("ix_closed_note_agreement_period_id", "closed_note", ["agreement_period_id", "closing_revision"])
    op.create_index("ix_closed_note_area_id", "closed_note", ["area_id", "period_start"])
    op.execute(COPY)
    for statement in PROTECTED:
        op.execute(statement)
    op.execute(ONCE)
    op.drop_index("ix_series_break_area_id", "series_break")
    op.create_index(
        "uq_series_break_area_id_indicator_code_starts_on",
        "series_break",
        ["area_id", "indicator_code", "starts_on"],
        unique=True,
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_series_break_area_id_indicator_code_starts_on", "series_break")
    op.create_index("ix_series_break_area_id", "series_break", ["area_id", "indicator_code"])
    op.drop_table("closed_note")
