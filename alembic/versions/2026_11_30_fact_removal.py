"""Facts of past years can be removed, and their figures stay: up to when, and without an entry for each fact."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

STOPS_THE_SERVICE = "older versions would compute figures whose facts have been removed, and its triggers lock tables."

# It is asked for by every statement that writes figures: once in each, as (SELECT facts_removed_before()).
BOUNDARY = """
CREATE FUNCTION facts_removed_before() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT max(before) FROM fact_removal), date '-infinity');
"""
# One entry says what was removed in all. Callers of the API cannot have theirs left out.
IS_REMOVING = """
CREATE FUNCTION is_removing_facts() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_user <> 'samverkan_api'
    AND current_setting('samverkan.is_removing_facts', true) IS NOT DISTINCT FROM 'true';
"""
FACTS = ("activity", "observation", "indicator_note", "file_import")


def upgrade() -> None:
    # Every later query waits behind a lock that is not had at once: for less time than any has. It is tried again.
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute(
        """CREATE TABLE fact_removal (
               before date NOT NULL CONSTRAINT pk_fact_removal PRIMARY KEY,
               removed_at timestamptz NOT NULL DEFAULT now(),
               CONSTRAINT ck_fact_removal_begins_a_year
                   CHECK (extract(month FROM before) = 1 AND extract(day FROM before) = 1))"""
    )
    op.execute("ALTER TABLE fact_removal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY seen ON fact_removal FOR SELECT TO samverkan_api USING (true)")
    op.execute("GRANT SELECT ON fact_removal TO samverkan_api")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON fact_removal TO samverkan_worker")
    op.execute(BOUNDARY)
    op.execute(IS_REMOVING)
    for table in FACTS:
        _log_deletions(table, "WHEN (NOT is_removing_facts()) ")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '1s'")
    for table in FACTS:
        _log_deletions(table, "")
    op.execute("DROP FUNCTION is_removing_facts()")
    op.execute("DROP FUNCTION facts_removed_before()")
    op.drop_table("fact_removal")


def _log_deletions(table: str, condition: str) -> None:
    op.execute(f"DROP TRIGGER audit_deleted ON {table}")
    op.execute(
        f"CREATE TRIGGER audit_deleted AFTER DELETE ON {table} REFERENCING OLD TABLE AS former "
        f"FOR EACH STATEMENT {condition}EXECUTE FUNCTION audit_{table}()"
    )
