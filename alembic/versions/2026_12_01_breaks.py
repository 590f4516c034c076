"""Breaks: months with which something changed on purpose, so that limits start afresh."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0038"
branch_labels = None
depends_on = None

# As of indicator_note in migration 0025: who sees the details of the area sees it, and who may write there sets it.
IS_IN = """CASE WHEN (SELECT current_setting('samverkan.{setting}', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('{setting}')))
    THEN get_bit((SELECT granted_areas('{setting}')), area_id) = 1 ELSE false END"""
POLICIES = f"""
    ALTER TABLE series_break ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON series_break FOR SELECT TO samverkan_api USING ({IS_IN.format(setting="details")});
    CREATE POLICY added ON series_break FOR INSERT TO samverkan_api WITH CHECK ({IS_IN.format(setting="writes")});
    CREATE POLICY changed ON series_break FOR UPDATE TO samverkan_api
        USING ({IS_IN.format(setting="writes")}) WITH CHECK ({IS_IN.format(setting="writes")});
    CREATE POLICY removed ON series_break FOR DELETE TO samverkan_api USING ({IS_IN.format(setting="writes")});
    GRANT SELECT, INSERT, DELETE ON series_break TO samverkan_api;
    GRANT SELECT, INSERT, UPDATE, DELETE ON series_break TO samverkan_worker
"""
# As of migration 0027.
AUDIT = """
CREATE FUNCTION audit_series_break() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    caller json := nullif(current_setting('samverkan.caller', true), '')::json;
    who text := coalesce(caller ->> 'id', 'database/' || session_user);
    its_name text := coalesce(caller ->> 'name', current_setting('application_name'));
    behind text := caller ->> 'sentBy';
    trace text := caller ->> 'trace';
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending (actor, actor_name, sent_by, trace_id, operation, resource, address, area_id, after)
        SELECT who, its_name, behind, trace, 'created', 'breaks', 'breaks/' || break_id, area_id, row_to_json(stored)
        FROM written AS stored;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO audit_pending (actor, actor_name, sent_by, trace_id, operation, resource, address, area_id, before,
                                   after)
        SELECT who, its_name, behind, trace, 'changed', 'breaks', 'breaks/' || break_id, stored.area_id,
               row_to_json(former), row_to_json(stored)
        FROM written AS stored JOIN former USING (break_id)
        WHERE former IS DISTINCT FROM stored;
    ELSE
        INSERT INTO audit_pending (actor, actor_name, sent_by, trace_id, operation, resource, address, area_id, before)
        SELECT who, its_name, behind, trace, 'deleted', 'breaks', 'breaks/' || break_id, area_id, row_to_json(stored)
        FROM former AS stored;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = (
    ("INSERT", "created", "NEW TABLE AS written"),
    ("UPDATE", "changed", "OLD TABLE AS former NEW TABLE AS written"),
    ("DELETE", "deleted", "OLD TABLE AS former"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "series_break",
        sa.Column("break_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("indicator_code", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_series_break_area_id_area")),
        sa.PrimaryKeyConstraint("break_id", name=op.f("pk_series_break")),
    )
    op.create_index("ix_series_break_area_id", "series_break", ["area_id", "indicator_code"])
    op.execute(POLICIES)
    op.execute(AUDIT)
    for event, name, tables in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER audit_{name} AFTER {event} ON series_break REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_series_break()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("series_break")
    op.execute("DROP FUNCTION audit_series_break()")
