"""Notes are removed from wherever they are kept: also from revisions, which then say that, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

# As of indicator_note in migration 0025: who sees the details of the area sees it, and who may write there removes.
IS_IN = """CASE WHEN (SELECT current_setting('samverkan.{setting}', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('{setting}')))
    THEN get_bit((SELECT granted_areas('{setting}')), area_id) = 1 ELSE false END"""
SEEN, WRITTEN = (IS_IN.format(setting=setting) for setting in ("details", "writes"))
PROTECTED = (
    "ALTER TABLE note_removal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY seen ON note_removal FOR SELECT TO samverkan_api USING ({SEEN})",
    f"CREATE POLICY added ON note_removal FOR INSERT TO samverkan_api WITH CHECK ({WRITTEN})",
    f"CREATE POLICY changed ON note_removal FOR UPDATE TO samverkan_api USING ({WRITTEN}) WITH CHECK ({WRITTEN})",
    f"CREATE POLICY removed ON note_removal FOR DELETE TO samverkan_api USING ({WRITTEN})",
    "GRANT SELECT, INSERT, UPDATE ON note_removal TO samverkan_api",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON note_removal TO samverkan_worker",
)
# As of migration 0027.
AUDIT = """
CREATE FUNCTION audit_note_removal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    caller json := nullif(current_setting('samverkan.caller', true), '')::json;
    who text := coalesce(caller ->> 'id', 'database/' || session_user);
    its_name text := coalesce(caller ->> 'name', current_setting('application_name'));
    behind text := caller ->> 'sentBy';
    trace text := caller ->> 'trace';
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending (actor, actor_name, sent_by, trace_id, operation, resource, address, area_id, after)
        SELECT who, its_name, behind, trace, 'created', 'note-removals', 'note-removals/' || note_id, area_id,
               row_to_json(stored)
        FROM written AS stored;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO audit_pending (actor, actor_name, sent_by, trace_id, operation, resource, address, area_id, before,
                                   after)
        SELECT who, its_name, behind, trace, 'changed', 'note-removals', 'note-removals/' || note_id, stored.area_id,
               row_to_json(former), row_to_json(stored)
        FROM written AS stored JOIN former USING (note_id)
        WHERE former IS DISTINCT FROM stored;
    ELSE
        INSERT INTO audit_pending (actor, actor_name, sent_by, trace_id, operation, resource, address, area_id, before)
        SELECT who, its_name, behind, trace, 'deleted', 'note-removals', 'note-removals/' || note_id, area_id,
               row_to_json(stored)
        FROM former AS stored;
    END IF;
    RETURN NULL;
END $$
"""
AUDIT_TRIGGERS = (
    ("INSERT", "created", "NEW TABLE AS written"),
    ("UPDATE", "changed", "OLD TABLE AS former NEW TABLE AS written"),
    ("DELETE", "deleted", "OLD TABLE AS former"),
)
# Of a copy nothing changes but that its text is taken away.
COPIES = (
    "DROP TRIGGER keep_revision_update ON closed_note",
    """CREATE TRIGGER keep_revision_update BEFORE UPDATE ON closed_note FOR EACH ROW
       WHEN (NEW.text IS NOT NULL OR to_jsonb(NEW) - 'text' <> to_jsonb(OLD) - 'text')
       EXECUTE FUNCTION keep_revision()""",
    "GRANT UPDATE (text) ON closed_note TO samverkan_api",
)
COPIES_BEFORE = (
    "REVOKE UPDATE (text) ON closed_note FROM samverkan_api",
    "DROP TRIGGER keep_revision_update ON closed_note",
    "UPDATE closed_note SET text = '' WHERE text IS NULL",
    """CREATE TRIGGER keep_revision_update BEFORE UPDATE ON closed_note
       FOR EACH STATEMENT EXECUTE FUNCTION keep_revision()""",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "note_removal",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_note_removal_area_id_area")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_note_removal")),
    )
    for statement in (*PROTECTED, AUDIT):
        op.execute(statement)
    for event, name, tables in AUDIT_TRIGGERS:
        op.execute(
            f"CREATE TRIGGER audit_{name} AFTER {event} ON note_removal REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_note_removal()"
        )
    op.alter_column("closed_note", "text", nullable=True)
    for statement in COPIES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in COPIES_BEFORE:
        op.execute(statement)
    op.alter_column("closed_note", "text", nullable=False)
    op.drop_table("note_removal")
    op.execute("DROP FUNCTION audit_note_removal()")
