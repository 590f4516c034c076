"""What has become of an activity, for whoever may see its details: its entries of the audit trail."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# As of migration 0025: who sees an activity.
IS_SEEN = """CASE WHEN (SELECT current_setting('samverkan.details', true) = 'all') THEN true
    WHEN {column} < 8 * length((SELECT granted_areas('details')))
    THEN get_bit((SELECT granted_areas('details')), {column}) = 1 ELSE false END"""
IS_OWN = "owner_area_id = (SELECT nullif(current_setting('samverkan.owner', true), '')::integer)"
IS_SEEN_HERE = IS_SEEN.format(column="activity.area_id")
IS_SEEN_BY_OWNER = f"activity.{IS_OWN} AND {IS_SEEN.format(column='activity.owner_area_id')}"
# Not everything that the trail has: of what has gone nothing, and of who acted no more than an id and a name.
FUNCTION = f"""
CREATE FUNCTION history_of_activity(id uuid)
RETURNS TABLE (recorded_at timestamptz, actor text, actor_name text, operation text, before json, after json)
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT entry.recorded_at, entry.actor, entry.actor_name, entry.operation, entry.before, entry.after
    FROM (SELECT audit_entry.recorded_at, change_number, audit_entry.actor, audit_entry.actor_name,
                 audit_entry.operation, audit_entry.before, audit_entry.after
          FROM audit_entry WHERE address = 'activities/' || id
          UNION ALL
          -- Before it is sealed, an entry of what is new says nothing that the activity does not.
          SELECT audit_pending.recorded_at, change_number, audit_pending.actor, audit_pending.actor_name,
                 audit_pending.operation, audit_pending.before, audit_pending.after
          FROM audit_pending WHERE address = 'activities/' || id AND audit_pending.before IS NOT NULL) AS entry
    WHERE EXISTS (SELECT FROM activity
                  WHERE activity_id = id AND ({IS_SEEN_HERE} OR ({IS_SEEN_BY_OWNER})))
    ORDER BY entry.change_number DESC LIMIT 100;
END;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION history_of_activity(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION history_of_activity(uuid) TO samverkan_api")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION history_of_activity(uuid)")
