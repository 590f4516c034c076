"""Open data: which municipalities publish their final figures, and an index by which these are found."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0041"
branch_labels = None
depends_on = None

# As of migration 0029.
COORDINATES = """CASE WHEN (SELECT current_setting('samverkan.coordinates', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('coordinates')))
    THEN get_bit((SELECT granted_areas('coordinates')), area_id) = 1 ELSE false END"""
# As of migration 0027.
AUDIT = """
CREATE FUNCTION audit_open_data_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    caller json := nullif(current_setting('samverkan.caller', true), '')::json;
    who text := coalesce(caller ->> 'id', 'database/' || session_user);
    its_name text := coalesce(caller ->> 'name', current_setting('application_name'));
    behind text := caller ->> 'sentBy';
    trace text := caller ->> 'trace';
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending ({columns}, after)
        SELECT who, its_name, behind, trace, 'created', {what}, row_to_json(stored) FROM written AS stored;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO audit_pending ({columns}, before, after)
        SELECT who, its_name, behind, trace, 'changed', {what}, row_to_json(former), row_to_json(stored)
        FROM written AS stored JOIN former USING (area_id)
        WHERE former IS DISTINCT FROM stored;
    ELSE
        INSERT INTO audit_pending ({columns}, before)
        SELECT who, its_name, behind, trace, 'deleted', {what}, row_to_json(stored) FROM former AS stored;
    END IF;
    RETURN NULL;
END $$
"""
COLUMNS = "actor, actor_name, sent_by, trace_id, operation, resource, address, area_id"
WHAT = """'open-data-catalogues',
               'open-data-catalogues/' || (SELECT code FROM area WHERE area.area_id = stored.area_id), stored.area_id"""
TRIGGERS = (
    ("INSERT", "created", "NEW TABLE AS written"),
    ("UPDATE", "changed", "OLD TABLE AS former NEW TABLE AS written"),
    ("DELETE", "deleted", "OLD TABLE AS former"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "open_data_catalogue",
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("organisation_number", sa.Text()),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_open_data_catalogue_area_id_area")),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_open_data_catalogue")),
    )
    op.execute(AUDIT.format(columns=COLUMNS, what=WHAT))
    for event, name, tables in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER audit_{name} AFTER {event} ON open_data_catalogue REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_open_data_catalogue()"
        )
    op.execute("ALTER TABLE open_data_catalogue ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    # Who publishes, everybody may know; who coordinates the whole municipality decides it.
    op.execute("CREATE POLICY seen ON open_data_catalogue FOR SELECT TO samverkan_api USING (true)")
    op.execute(f"CREATE POLICY added ON open_data_catalogue FOR INSERT TO samverkan_api WITH CHECK ({COORDINATES})")
    op.execute(f"CREATE POLICY changed ON open_data_catalogue FOR UPDATE TO samverkan_api USING ({COORDINATES})")
    op.execute(f"CREATE POLICY removed ON open_data_catalogue FOR DELETE TO samverkan_api USING ({COORDINATES})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON open_data_catalogue TO samverkan_api, samverkan_worker")
    op.create_index(
        "ix_indicator_value_final",
        "indicator_value",
        ["area_id", "series_id"],
        postgresql_where=sa.text("finality = 'final'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_indicator_value_final", "indicator_value")
    op.drop_table("open_data_catalogue")
    op.execute("DROP FUNCTION audit_open_data_catalogue()")
