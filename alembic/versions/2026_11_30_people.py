"""People who sign in: their roles, links and sessions, and what they have reported."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# As of migration 0025.
COORDINATES = """CASE WHEN (SELECT current_setting('samverkan.coordinates', true) = 'all') THEN true
    WHEN {column} < 8 * length((SELECT granted_areas('coordinates')))
    THEN get_bit((SELECT granted_areas('coordinates')), {column}) = 1 ELSE false END"""
IS_THEIRS = COORDINATES.format(column="owner_area_id")
OF_PERSON = f"EXISTS (SELECT FROM person WHERE person.person_id = {{table}}.person_id AND {IS_THEIRS})"
ADMINISTERS = """CASE WHEN (SELECT current_setting('samverkan.administers', true) = 'all') THEN true
    WHEN area_id < 8 * length((SELECT granted_areas('administers')))
    THEN get_bit((SELECT granted_areas('administers')), area_id) = 1 ELSE false END"""
# Nobody gives more than they have.
IS_GIVEN = f"""CASE role WHEN 'administrator' THEN {ADMINISTERS}
    ELSE {COORDINATES.format(column="area_id")} END"""

# What is done before a person's access is known, and by a token alone. Tokens are read nowhere.
FUNCTIONS = """
-- Who has the session with a hash, and with which roles, by areas' ids and codes.
CREATE FUNCTION session_holder(hash bytea)
RETURNS TABLE (person_id uuid, number integer, name text, email text, language text, wants_reminders boolean,
               owner_area_id integer, roles jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT person.person_id, person.number, contact.name, contact.email, person.language, person.wants_reminders,
           person.owner_area_id, coalesce(
               (SELECT jsonb_agg(jsonb_build_object(
                           'role', role, 'areaId', area_id, 'area', area.code, 'areaName', area.name, 'party', party,
                           'agreementId', agreement_id, 'annex', annex_number)
                       ORDER BY role, area.code, agreement_id, annex_number)
                FROM person_role JOIN area USING (area_id) WHERE person_role.person_id = person.person_id), '[]')
    FROM web_session JOIN person USING (person_id) JOIN person_contact AS contact USING (person_id)
    WHERE token_hash = hash AND valid_until > now();
END;
-- What has become of a link: valid, used, expired or unknown.
CREATE FUNCTION state_of_link(hash bytea) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT coalesce((SELECT CASE WHEN used_at IS NOT NULL THEN 'used' WHEN valid_until <= now() THEN 'expired'
                                 ELSE 'valid' END
                     FROM sign_in_link WHERE token_hash = hash), 'unknown');
END;
-- Uses a link up and opens a session with it, unless it is not valid any more; tells whether it did.
CREATE FUNCTION open_session(link bytea, session bytea, lasting interval) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    WITH used AS (
        UPDATE sign_in_link SET used_at = now()
        WHERE token_hash = link AND used_at IS NULL AND valid_until > now() RETURNING person_id
    ), opened AS (
        INSERT INTO web_session (token_hash, person_id, valid_until)
        SELECT session, person_id, now() + lasting FROM used RETURNING person_id
    )
    SELECT EXISTS (SELECT FROM opened);
END;
CREATE FUNCTION close_session(hash bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    DELETE FROM web_session WHERE token_hash = hash;
END;
-- What people say of themselves; null stays as it is, and an empty name is none.
CREATE FUNCTION change_own_settings(hash bytea, to_language text, to_name text, to_reminders boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    UPDATE person SET language = coalesce(to_language, language),
                      wants_reminders = coalesce(to_reminders, wants_reminders)
    FROM web_session WHERE token_hash = hash AND valid_until > now() AND web_session.person_id = person.person_id;
    UPDATE person_contact SET name = nullif(to_name, '')
    FROM web_session WHERE to_name IS NOT NULL AND token_hash = hash AND valid_until > now()
                       AND web_session.person_id = person_contact.person_id;
END;
"""
FUNCTION_NAMES = (
    "session_holder(bytea)",
    "state_of_link(bytea)",
    "open_session(bytea, bytea, interval)",
    "close_session(bytea)",
    "change_own_settings(bytea, text, text, boolean)",
)
TABLES = ("person", "person_contact", "person_role", "sign_in_link", "web_session", "person_report")

# As of migration 0027; of a person it has the number alone.
AUDIT = """
CREATE FUNCTION audit_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    caller json := nullif(current_setting('samverkan.caller', true), '')::json;
    who text := coalesce(caller ->> 'id', 'database/' || session_user);
    its_name text := coalesce(caller ->> 'name', current_setting('application_name'));
    behind text := caller ->> 'sentBy';
    trace text := caller ->> 'trace';
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_pending ({columns}, after)
        SELECT who, its_name, behind, trace, 'created', '{resource}', {address}, {area}, {content}
        FROM written AS stored;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO audit_pending ({columns}, before, after)
        SELECT who, its_name, behind, trace, 'changed', '{resource}', {address}, {area}, {content_before}, {content}
        FROM written AS stored JOIN former USING ({row_key}) WHERE {content_before}::text <> {content}::text;
    ELSE
        INSERT INTO audit_pending ({columns}, before)
        SELECT who, its_name, behind, trace, 'deleted', '{resource}', {address}, {area}, {content}
        FROM former AS stored;
    END IF;
    RETURN NULL;
END $$
"""
COLUMNS = "actor, actor_name, sent_by, trace_id, operation, resource, address, area_id"
OF_A_PERSON = "coalesce((SELECT 'people/' || number FROM person WHERE person.person_id = stored.person_id), 'people')"
OWNER_OF_PERSON = "(SELECT owner_area_id FROM person WHERE person.person_id = stored.person_id)"
# Table, resource, address, area, key, and what is left out.
AUDITED = (
    ("person", "people", "'people/' || stored.number", "stored.owner_area_id", "person_id", ""),
    ("person_role", "people/roles", OF_A_PERSON, "stored.area_id", "person_role_id", ""),
    ("sign_in_link", "people/sign-in-links", OF_A_PERSON, OWNER_OF_PERSON, "token_hash", "token_hash,used_at"),
)
TRIGGERS = (
    ("INSERT", "created", "NEW TABLE AS written"),
    ("UPDATE", "changed", "OLD TABLE AS former NEW TABLE AS written"),
    ("DELETE", "deleted", "OLD TABLE AS former"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_tables()
    op.execute(FUNCTIONS)
    for table, resource, address, area, key, secrets in AUDITED:
        content = f"(to_jsonb({{row}}) - '{{{{{secrets}}}}}'::text[])::json"
        op.execute(
            AUDIT.format(
                table=table,
                columns=COLUMNS,
                resource=resource,
                address=address,
                area=area,
                row_key=key,
                content=content.format(row="stored"),
                content_before=content.format(row="former"),
            )
        )
        for event, name, tables in TRIGGERS:
            op.execute(
                f"CREATE TRIGGER audit_{name} AFTER {event} ON {table} REFERENCING {tables} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION audit_{table}()"
            )
    _protect()


def _create_tables() -> None:
    op.create_table(
        "person",
        sa.Column("person_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("owner_area_id", sa.Integer(), server_default=sa.text("acting_owner()"), nullable=False),
        sa.Column("language", sa.Text(), server_default="sv", nullable=False),
        sa.Column("wants_reminders", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("language IN ('sv', 'en')", name=op.f("ck_person_language")),
        sa.ForeignKeyConstraint(["owner_area_id"], ["area.area_id"], name=op.f("fk_person_owner_area_id_area")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
        sa.UniqueConstraint("number", name=op.f("uq_person_number")),
    )
    op.create_table(
        "person_contact",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("owner_area_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.ForeignKeyConstraint(["owner_area_id"], ["area.area_id"], name=op.f("fk_person_contact_owner_area_id_area")),
        _of_person("person_contact"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_contact")),
    )
    op.create_index(
        "uq_person_contact_owner_area_id_email",
        "person_contact",
        ["owner_area_id", sa.text("lower(email)")],
        unique=True,
    )
    op.create_table(
        "person_role",
        sa.Column("person_role_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text()),
        sa.Column("agreement_id", sa.Integer()),
        sa.Column("annex_number", sa.SmallInteger()),
        sa.CheckConstraint(
            "role IN ('reader', 'reporter', 'annex-owner', 'coordinator', 'administrator')",
            name=op.f("ck_person_role_role"),
        ),
        sa.CheckConstraint("(role = 'annex-owner') = (annex_number IS NOT NULL)", name=op.f("ck_person_role_annex")),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_person_role_area_id_area")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "annex_number"],
            ["annex.agreement_id", "annex.number"],
            name=op.f("fk_person_role_agreement_id_annex_number_annex"),
            ondelete="CASCADE",
        ),
        _of_person("person_role"),
        sa.PrimaryKeyConstraint("person_role_id", name=op.f("pk_person_role")),
    )
    op.create_index(
        "uq_person_role_person_id_role",
        "person_role",
        ["person_id", "role", "area_id", sa.text("coalesce(agreement_id, 0)"), sa.text("coalesce(annex_number, 0)")],
        unique=True,
    )
    for table in ("sign_in_link", "web_session"):
        used = [sa.Column("used_at", sa.DateTime(timezone=True))] if table == "sign_in_link" else []
        op.create_table(
            table,
            sa.Column("token_hash", sa.LargeBinary(), nullable=False),
            sa.Column("person_id", sa.Uuid(), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
            sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
            *used,
            _of_person(table),
            sa.PrimaryKeyConstraint("token_hash", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_person_id", table, ["person_id"])
    op.create_table(
        "person_report",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.activity_id"],
            name=op.f("fk_person_report_activity_id_activity"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_person_report_person_id_person")),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_person_report")),
    )
    op.create_index("ix_person_report_person_id", "person_report", ["person_id"])


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_person_id_person")
    return sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=name, ondelete="CASCADE")


def _protect() -> None:
    """Show people to those who coordinate their owners; nobody gives or takes what they do not have themselves."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for table in ("person", "person_contact"):
        _policies(table, seen=IS_THEIRS, added=IS_THEIRS)
    of_role = OF_PERSON.format(table="person_role")
    of_given_role = f"{of_role} AND ({IS_GIVEN})"
    _policies("person_role", seen=of_role, added=of_given_role, removed=of_given_role)
    for table in ("sign_in_link", "web_session"):
        _policies(table, seen=OF_PERSON.format(table=table))
    # Who makes a link could sign in by it: they have all that the person has.
    of_link = OF_PERSON.format(table="sign_in_link")
    more = f"EXISTS (SELECT FROM person_role WHERE person_role.person_id = sign_in_link.person_id AND NOT ({IS_GIVEN}))"
    added = f"{of_link} AND NOT {more}"
    op.execute(f"CREATE POLICY added ON sign_in_link FOR INSERT TO samverkan_api WITH CHECK ({added})")
    # Who reported something is known where that is seen, and set by whoever may write it.
    part = "SELECT FROM activity WHERE activity.activity_id = person_report.activity_id"
    op.execute(f"CREATE POLICY seen ON person_report FOR SELECT TO samverkan_api USING (EXISTS ({part}))")
    op.execute(f"CREATE POLICY added ON person_report FOR INSERT TO samverkan_api WITH CHECK (EXISTS ({part}))")
    op.execute(f"GRANT SELECT ON {', '.join(TABLES)} TO samverkan_api")
    op.execute("REVOKE SELECT ON sign_in_link, web_session FROM samverkan_api")
    op.execute("GRANT SELECT (person_id, created_at, valid_until, used_at) ON sign_in_link TO samverkan_api")
    op.execute("GRANT SELECT (person_id, created_at, valid_until) ON web_session TO samverkan_api")
    op.execute("GRANT INSERT, UPDATE ON person TO samverkan_api")
    op.execute("GRANT INSERT, UPDATE, DELETE ON person_contact TO samverkan_api")
    op.execute("GRANT INSERT, DELETE ON person_role TO samverkan_api")
    op.execute("GRANT INSERT, DELETE ON sign_in_link TO samverkan_api")
    op.execute("GRANT DELETE ON web_session TO samverkan_api")
    op.execute("GRANT INSERT ON person_report TO samverkan_api")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO samverkan_worker")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(FUNCTION_NAMES)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(FUNCTION_NAMES)} TO samverkan_api")


def _policies(table: str, *, seen: str, added: str | None = None, removed: str | None = None) -> None:
    op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO samverkan_api USING ({seen})")
    op.execute(f"CREATE POLICY removed ON {table} FOR DELETE TO samverkan_api USING ({removed or seen})")
    if added:
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT TO samverkan_api WITH CHECK ({added})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE TO samverkan_api USING ({seen}) WITH CHECK ({added})")


def downgrade() -> None:
    for function in FUNCTION_NAMES:
        op.execute(f"DROP FUNCTION {function}")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    for table, *_ in AUDITED:
        op.execute(f"DROP FUNCTION audit_{table}()")
