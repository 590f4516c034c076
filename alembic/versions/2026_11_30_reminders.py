"""What people have been reminded of, a way for them to be reminded no more, and indexes of what is expected."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# As of migration 0029.
COORDINATES = """CASE WHEN (SELECT current_setting('samverkan.coordinates', true) = 'all') THEN true
    WHEN owner_area_id < 8 * length((SELECT granted_areas('coordinates')))
    THEN get_bit((SELECT granted_areas('coordinates')), owner_area_id) = 1 ELSE false END"""
OF_PERSON = f"EXISTS (SELECT FROM person WHERE person.person_id = reminder.person_id AND {COORDINATES})"
HAS_OPEN_ITEMS = """jsonb_path_exists(attributes, '$.*[*]?(@."state" == "open")'::jsonpath)"""
# Who calls it has a link of the person's that the service has signed.
SWITCH_OFF = """
CREATE FUNCTION switch_reminders_off(who uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    UPDATE person SET wants_reminders = false WHERE person_id = who AND wants_reminders;
END
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "reminder",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("subjects", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_reminder_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "occasion", name=op.f("pk_reminder")),
    )
    op.create_index("ix_reminder_subjects", "reminder", ["subjects"], postgresql_using="gin")
    # Of all activities few are planned, and few have lists with something left to do.
    op.create_index("ix_activity_planned", "activity", ["area_id"], postgresql_where=sa.text("status = 'planned'"))
    op.create_index(
        "ix_activity_open_items",
        "activity",
        ["activity_type", "area_id"],
        postgresql_where=sa.text(HAS_OPEN_ITEMS),
    )
    op.execute("ALTER TABLE reminder ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON reminder FOR SELECT TO samverkan_api USING ({OF_PERSON})")
    op.execute("GRANT SELECT ON reminder TO samverkan_api")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON reminder TO samverkan_worker")
    op.execute(SWITCH_OFF)
    op.execute("REVOKE ALL ON FUNCTION switch_reminders_off(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION switch_reminders_off(uuid) TO samverkan_api")


def downgrade() -> None:
    op.execute("DROP FUNCTION switch_reminders_off(uuid)")
    for index in ("ix_activity_open_items", "ix_activity_planned"):
        op.drop_index(index, "activity")
    op.drop_table("reminder")
