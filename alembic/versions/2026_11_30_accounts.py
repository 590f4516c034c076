"""Signing in by an account elsewhere; when somebody signed in last; which forms' reports were taken back.

The second stays when links and sessions go. By the third, a form that is sent again does not report what was removed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

OPEN_BY_LINK = """
CREATE OR REPLACE FUNCTION open_session(link bytea, session bytea, lasting interval) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    WITH used AS (
        UPDATE sign_in_link SET used_at = now()
        WHERE token_hash = link AND used_at IS NULL AND valid_until > now() RETURNING person_id
    ), {noted}opened AS (
        INSERT INTO web_session (token_hash, person_id, valid_until)
        SELECT session, person_id, now() + lasting FROM used RETURNING person_id
    )
    SELECT EXISTS (SELECT FROM opened);
END
"""
NOTED = """noted AS (
        UPDATE person_contact SET signed_in_at = now() FROM used WHERE used.person_id = person_contact.person_id
    ), """
# Opens a session for the person who was invited to an area by an address, and still has a role; tells whether there is
# one. Who asks has made sure that the address is theirs.
OPEN_BY_ADDRESS = """
CREATE FUNCTION open_session_of(address text, owner text, session bytea, lasting interval) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    WITH known AS (
        UPDATE person_contact SET signed_in_at = now()
        WHERE lower(email) = lower(address)
          AND owner_area_id = (SELECT area_id FROM area WHERE code = owner)
          AND EXISTS (SELECT FROM person_role WHERE person_role.person_id = person_contact.person_id)
        RETURNING person_id
    ), opened AS (
        INSERT INTO web_session (token_hash, person_id, valid_until)
        SELECT session, person_id, now() + lasting FROM known RETURNING person_id
    )
    SELECT EXISTS (SELECT FROM opened);
END
"""
BY_ADDRESS = "open_session_of(text, text, bytea, interval)"
# Notes that the report of a person's form is being removed; of what is none, nothing.
NOTE_REMOVAL = """
CREATE FUNCTION note_taken_back(activity uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    INSERT INTO taken_back_report (owner_area_id, source, external_id)
    SELECT owner_area_id, source, external_id FROM activity AS stored JOIN person_report USING (activity_id)
    WHERE stored.activity_id = activity AND external_id IS NOT NULL
    ON CONFLICT DO NOTHING;
END
"""
TAKEN_BACK_AT = """
CREATE FUNCTION taken_back_at(form_source text, form_id text) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT noted_at FROM taken_back_report
    WHERE owner_area_id = acting_owner() AND source = form_source AND external_id = form_id;
END
"""
OF_REMOVALS = ("note_taken_back(uuid)", "taken_back_at(text, text)")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("person_contact", sa.Column("signed_in_at", sa.DateTime(timezone=True)))
    op.execute(
        """UPDATE person_contact SET signed_in_at = last.used_at
           FROM (SELECT person_id, max(used_at) AS used_at FROM sign_in_link GROUP BY 1) AS last
           WHERE last.person_id = person_contact.person_id"""
    )
    op.execute(OPEN_BY_LINK.format(noted=NOTED))
    op.execute(OPEN_BY_ADDRESS)
    op.execute(f"REVOKE ALL ON FUNCTION {BY_ADDRESS} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {BY_ADDRESS} TO samverkan_api")
    op.create_table(
        "taken_back_report",
        sa.Column("owner_area_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_area_id"], ["area.area_id"], name=op.f("fk_taken_back_report_owner_area_id_area")
        ),
        sa.PrimaryKeyConstraint("owner_area_id", "source", "external_id", name=op.f("pk_taken_back_report")),
    )
    # The role of the API asks and tells by the functions alone.
    op.execute("ALTER TABLE taken_back_report ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON taken_back_report TO samverkan_worker")
    for function in (NOTE_REMOVAL, TAKEN_BACK_AT):
        op.execute(function)
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(OF_REMOVALS)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(OF_REMOVALS)} TO samverkan_api")


def downgrade() -> None:
    for function in OF_REMOVALS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("taken_back_report")
    op.execute(f"DROP FUNCTION {BY_ADDRESS}")
    op.execute(OPEN_BY_LINK.format(noted=""))
    op.drop_column("person_contact", "signed_in_at")
