"""Nobody sees or changes what is not theirs: roles, policies, grants of keys, and an owner for all that had none."""

from alembic import context, op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STOPS_THE_SERVICE = "older versions write no owner, and read keys by columns that it drops."

# What is missing in a database's server, where whoever migrates may not make it.
ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_api') THEN
        CREATE ROLE samverkan_api NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_worker') THEN
        CREATE ROLE samverkan_worker NOLOGIN BYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, 'samverkan_api', 'SET') THEN
        EXECUTE format('GRANT samverkan_api TO %I', current_user);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolbypassrls OR rolsuper)) THEN
        EXECUTE format('ALTER ROLE %I BYPASSRLS', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the roles samverkan_api and samverkan_worker cannot be made or used by %', current_user
        USING ERRCODE = 'insufficient_privilege',
        HINT = format('As a superuser, run: CREATE ROLE samverkan_api NOLOGIN; '
                      'CREATE ROLE samverkan_worker NOLOGIN BYPASSRLS; GRANT samverkan_api TO %1$I, samverkan_worker; '
                      'ALTER ROLE %1$I BYPASSRLS;', current_user);
END $$
"""
FUNCTIONS = """
-- A set of areas that the session was told of: bit n is that of the area with the id n. Null is none.
CREATE FUNCTION granted_areas(setting text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(nullif(current_setting('samverkan.' || setting, true), ''), 'all')::bytea;
-- To which area belongs what the session stores: as it was told, else to the country.
CREATE FUNCTION acting_owner() RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(current_setting('samverkan.owner', true), '')::integer,
                (SELECT area_id FROM area WHERE kind = 'country' ORDER BY area_id LIMIT 1));
"""
# What a session may do with hashes of keys: compare with one, and store one. They are read nowhere.
KEY_FUNCTIONS = """
-- Who holds the key with a hash, if it is in force, and whether its use is to be noted.
CREATE FUNCTION key_holder(hash bytea)
RETURNS TABLE (key_id uuid, name text, owner_area_id integer, scopes text[], areas integer[], is_use_due boolean)
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT api_key.key_id, api_key.name, api_key.owner_area_id, array_agg(scope), array_agg(area_id),
           (last_used_at > now() - interval '1 hour') IS NOT TRUE
    FROM api_key_hash JOIN api_key USING (key_id) JOIN api_key_grant USING (key_id)
    WHERE key_hash = hash AND (valid_until > now()) IS NOT FALSE
      AND revoked_at IS NULL AND (expires_at > now()) IS NOT FALSE
    GROUP BY api_key.key_id;
END;
-- Notes that keys are used, once an hour. What somebody changes is left for the next time: nobody waits for this.
CREATE FUNCTION note_key_use(ids uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET lock_timeout = '100ms'
BEGIN ATOMIC
    UPDATE api_key SET last_used_at = now()
    FROM (SELECT key_id FROM api_key
          WHERE key_id = ANY (ids) AND (last_used_at > now() - interval '1 hour') IS NOT TRUE
          FOR NO KEY UPDATE SKIP LOCKED) AS due
    WHERE api_key.key_id = due.key_id;
END;
-- Those of some areas that no key in force administers.
CREATE FUNCTION unadministered(ids integer[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT code FROM area
    WHERE area_id = ANY (ids) AND NOT EXISTS (
        SELECT FROM api_key JOIN api_key_grant USING (key_id)
        JOIN area_closure ON ancestor_id = api_key_grant.area_id AND descendant_id = area.area_id
        WHERE scope = 'administer' AND revoked_at IS NULL AND (expires_at > now()) IS NOT FALSE
          AND area_closure.valid @> (now() AT TIME ZONE 'Europe/Stockholm')::date)
    ORDER BY code;
END;
"""
# With what they take.
KEY_FUNCTION_NAMES = ("key_holder(bytea)", "note_key_use(uuid[])", "unadministered(integer[])")

# What a session stores, and whether it may write anything.
IS_OWN = "owner_area_id = (SELECT nullif(current_setting('samverkan.owner', true), '')::integer)"
WRITES = "(SELECT current_setting('samverkan.writes', true) <> '')"
CHANGES_STRUCTURE = "(SELECT current_setting('samverkan.writes', true) = 'all')"

# Tables by what an area of theirs means.
FIGURES = {"indicator_value": "area_id", "comparison": "area_id", "removed_value": "area_id"}
DETAILS = {"cell": "area_id", "postponed_scope": "writing_area_id"}
FACTS = ("activity", "observation", "observation_revision", "indicator_note")
IMPORTS = ("file_import", "file_import_piece", "file_import_remark")
OWNED = ("import_mapping", "pulled_source", "webhook")
PARTS_OF_OWNED = (("webhook_message", "webhook", "webhook_id"), ("webhook_delivery", "webhook", "webhook_id"))
MARKS = {"dirty_mark": "writing_area_id", "rollup_mark": "area_id", "comparison_mark": "area_id"}
# Agreements, areas and definitions are public; they change in transactions whose authority was checked before.
STRUCTURE = (
    "agreement",
    "agreement_area",
    "ancestor_set",
    "ancestor_set_member",
    "annex",
    "area",
    "area_ancestor_set",
    "area_closure",
    "area_edge",
    "area_hierarchy",
    "area_rhythm",
    "area_role",
    "boundary_change",
    "commitment",
    "commitment_area",
    "indicator_series",
    "municipal_definition",
    "municipal_definition_area",
    "reporting",
    "target",
    "term_month",
    "term_span",
)
COMMON = ("alembic_version", "calendar_day", "cursor_secret", "day_rollover", "feed_epoch")
SUMS = ("ancestor_set_total",)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(ROLES)
    op.execute(FUNCTIONS)
    for view in ("served_value", "commitment_progress"):
        op.execute(f"ALTER VIEW {view} SET (security_invoker = true)")
    _add_owners()
    _give_keys_grants()
    _keep_hashes_apart()
    _set_policies()
    _grant()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        """DO $$
           DECLARE policy record;
           BEGIN
               FOR policy IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = current_schema() LOOP
                   EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
               END LOOP;
               FOR policy IN SELECT relname FROM pg_class
                             WHERE relrowsecurity AND relnamespace = current_schema()::regnamespace LOOP
                   EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY',
                                  policy.relname);
               END LOOP;
           END $$"""
    )
    for kind in ("TABLES", "SEQUENCES"):
        op.execute(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON {kind} FROM samverkan_worker")
        op.execute(f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM samverkan_api, samverkan_worker")
    for view in ("served_value", "commitment_progress"):
        op.execute(f"ALTER VIEW {view} RESET (security_invoker)")
    op.execute("ALTER TABLE api_key ADD COLUMN scopes text[]")
    # There was nothing between: who coordinates could not be told from who administers, and areas from all.
    op.execute(
        """UPDATE api_key SET scopes = ARRAY(
               SELECT DISTINCT scope FROM api_key_grant
               WHERE api_key_grant.key_id = api_key.key_id AND scope <> 'coordinate' ORDER BY scope)"""
    )
    op.execute(
        """UPDATE api_key SET revoked_at = now()
           WHERE revoked_at IS NULL AND EXISTS (SELECT FROM api_key_grant JOIN area USING (area_id)
                                                WHERE api_key_grant.key_id = api_key.key_id AND kind <> 'country')"""
    )
    op.execute("ALTER TABLE api_key ALTER COLUMN scopes SET NOT NULL")
    for function in KEY_FUNCTION_NAMES:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TABLE api_key_grant")
    op.execute("ALTER TABLE api_key DROP COLUMN revision, DROP COLUMN last_used_at, ADD COLUMN key_hash bytea")
    op.execute(
        """UPDATE api_key SET key_hash = api_key_hash.key_hash FROM api_key_hash
           WHERE api_key_hash.key_id = api_key.key_id AND valid_until IS NULL"""
    )
    op.execute(
        """ALTER TABLE api_key ALTER COLUMN key_hash SET NOT NULL,
                               ADD CONSTRAINT uq_api_key_key_hash UNIQUE (key_hash)"""
    )
    op.execute("DROP TABLE api_key_hash")
    # One owner's is left of what several have by the same name.
    op.execute("UPDATE activity SET source = source || '-' || owner_area_id WHERE owner_area_id <> acting_owner()")
    for table in ("import_mapping", "pulled_source"):
        op.execute(f"DELETE FROM {table} WHERE owner_area_id <> acting_owner()")
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, ADD CONSTRAINT pk_{table} PRIMARY KEY (code)")
    op.drop_index("uq_activity_owner_area_id_source_external_id", "activity")
    op.create_index("uq_activity_source_external_id", "activity", ["source", "external_id"], unique=True)
    for table in ("activity", "file_import", "api_key", *OWNED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN owner_area_id")
    op.execute("ALTER TABLE file_import DROP COLUMN granted_area_ids")
    op.execute("DROP FUNCTION acting_owner()")
    op.execute("DROP FUNCTION granted_areas(text)")


def _add_owners() -> None:
    """Give what has no owner to the area that the operator names, or to the country."""
    owner = context.config.attributes.get("owner")
    named = f"(SELECT area_id FROM area WHERE code = {_quoted(owner)})" if owner else "coalesce(acting_owner(), 0)"
    # A constant as the default is written nowhere but in the table's definition, however many rows there are.
    op.execute(
        f"""DO $$
            DECLARE
                owner integer := {named};
                named text;
            BEGIN
                IF owner IS NULL THEN
                    RAISE EXCEPTION 'no area has the code that the owner was named by'
                        USING ERRCODE = 'invalid_parameter_value', HINT = 'Take a code from /areas.';
                END IF;
                FOREACH named IN ARRAY ARRAY['activity', 'file_import', 'import_mapping', 'pulled_source', 'webhook',
                                             'api_key'] LOOP
                    EXECUTE format('ALTER TABLE %I ADD COLUMN owner_area_id integer NOT NULL DEFAULT %s', named, owner);
                    EXECUTE format('ALTER TABLE %I ALTER COLUMN owner_area_id SET DEFAULT acting_owner()', named);
                    EXECUTE format('ALTER TABLE %1$I ADD CONSTRAINT fk_%1$s_owner_area_id_area
                                    FOREIGN KEY (owner_area_id) REFERENCES area (area_id)', named);
                END LOOP;
            END $$"""
    )
    op.execute("ALTER TABLE file_import ADD COLUMN granted_area_ids integer[]")
    op.execute("UPDATE file_import SET granted_area_ids = ARRAY[acting_owner()] WHERE ended_at IS NULL")
    op.drop_index("uq_activity_source_external_id", "activity")
    op.create_index(
        "uq_activity_owner_area_id_source_external_id",
        "activity",
        ["owner_area_id", "source", "external_id"],
        unique=True,
    )
    for table in ("import_mapping", "pulled_source"):
        op.execute(
            f"""ALTER TABLE {table} DROP CONSTRAINT pk_{table},
                ADD CONSTRAINT pk_{table} PRIMARY KEY (owner_area_id, code)"""
        )


def _give_keys_grants() -> None:
    """Let each key do everywhere what it could do before."""
    op.execute(
        """CREATE TABLE api_key_grant (
               key_id uuid NOT NULL CONSTRAINT fk_api_key_grant_key_id_api_key REFERENCES api_key ON DELETE CASCADE,
               scope text NOT NULL
                   CONSTRAINT ck_api_key_grant_scope CHECK (scope IN ('read', 'report', 'coordinate', 'administer')),
               area_id integer NOT NULL CONSTRAINT fk_api_key_grant_area_id_area REFERENCES area (area_id),
               CONSTRAINT pk_api_key_grant PRIMARY KEY (key_id, scope, area_id))"""
    )
    op.execute(
        """INSERT INTO api_key_grant (key_id, scope, area_id)
           SELECT key_id, scope, country.area_id FROM api_key CROSS JOIN LATERAL unnest(scopes) AS scope
           CROSS JOIN (SELECT area_id FROM area WHERE kind = 'country' ORDER BY area_id LIMIT 1) AS country"""
    )
    op.execute("ALTER TABLE api_key DROP COLUMN scopes")


def _keep_hashes_apart() -> None:
    """Let a client have another key while its former ones hold on, and let no session of the API read a hash."""
    op.execute(
        """CREATE TABLE api_key_hash (
               key_hash bytea NOT NULL CONSTRAINT pk_api_key_hash PRIMARY KEY,
               key_id uuid NOT NULL CONSTRAINT fk_api_key_hash_key_id_api_key REFERENCES api_key ON DELETE CASCADE,
               valid_until timestamptz)"""
    )
    op.execute("CREATE UNIQUE INDEX uq_api_key_hash_key_id ON api_key_hash (key_id) WHERE valid_until IS NULL")
    op.execute("INSERT INTO api_key_hash (key_hash, key_id) SELECT key_hash, key_id FROM api_key")
    op.execute(
        """ALTER TABLE api_key DROP COLUMN key_hash, ADD COLUMN revision integer NOT NULL DEFAULT 1,
                               ADD COLUMN last_used_at timestamptz"""
    )
    op.execute(KEY_FUNCTIONS)


def _set_policies() -> None:
    # The figures of a series go with the annex or the definition that brought it.
    for table, column in FIGURES.items():
        _protect(table, seen=_is_in("figures", column), written=CHANGES_STRUCTURE)
    for table, column in DETAILS.items():
        _protect(table, seen=_is_in("details", column), written=CHANGES_STRUCTURE)
    for table in SUMS:
        _protect(table, seen=CHANGES_STRUCTURE, written=CHANGES_STRUCTURE)
    for table, column in MARKS.items():
        # Whoever changes a fact marks all that it counts in, at others' too.
        _protect(table, seen=_is_in("figures", column), added="true", changed=CHANGES_STRUCTURE)
    for table in STRUCTURE:
        _protect(table, seen="true", written=CHANGES_STRUCTURE)
    for table in COMMON:
        _protect(table, seen="true")
    _protect_facts()
    _protect_owned()
    _protect_keys()


def _protect_facts() -> None:
    # Who has reported an activity sees and corrects it also where its area now is another's; but nobody by a name that
    # they only act in.
    here = _is_in("writes", "area_id")
    _protect(
        "activity",
        seen=f"{_is_in('details', 'area_id')} OR ({IS_OWN} AND {_is_in('details', 'owner_area_id')})",
        added=f"{here} AND {IS_OWN}",
        changed=f"{here} OR ({IS_OWN} AND {_is_in('writes', 'owner_area_id')})",
        becomes=here,
    )
    for table in ("observation", "indicator_note"):
        _protect(table, seen=_is_in("details", "area_id"), written=_is_in("writes", "area_id"))
    _protect_part("observation_revision", "observation", "observation_id", _is_in("writes", "observation.area_id"))


def _protect_owned() -> None:
    for table in OWNED:
        _protect(table, seen=_is_in("details", "owner_area_id"), written=_is_in("writes", "owner_area_id"))
    # Who may report in a part of the owner's area sends files, too.
    own_import = f"({IS_OWN} AND {WRITES}) OR {_is_in('writes', 'owner_area_id')}"
    _protect("file_import", seen=f"{IS_OWN} OR {_is_in('details', 'owner_area_id')}", written=own_import)
    for table in ("file_import_piece", "file_import_remark"):
        _protect_part(table, "file_import", "import_id", own_import)
    for table, whole, key in PARTS_OF_OWNED:
        _protect_part(table, whole, key, _is_in("writes", "owner_area_id"))


def _protect_keys() -> None:
    """Show keys to those who administer their owners, and let nobody give what they do not administer themselves."""
    own = _is_in("administers", "owner_area_id")
    _protect("api_key", seen=own, written=own)
    _protect_part("api_key_hash", "api_key", "key_id", own)
    part = f"EXISTS (SELECT FROM api_key WHERE api_key.key_id = api_key_grant.key_id AND ({own}))"
    given = f"{part} AND ({_is_in('administers', 'area_id')})"
    _protect("api_key_grant", seen=part, added=given, changed=part, becomes=given)


def _is_in(setting: str, column: str) -> str:
    """Return the condition that an area is among those of a setting, which is read once for each statement.

    PostgreSQL takes half of the rows to pass, as it does with every CASE; of an operator on the whole set it would take
    hardly any to, and choose plans for those.
    """
    areas = f"(SELECT granted_areas('{setting}'))"
    return f"""CASE WHEN (SELECT current_setting('samverkan.{setting}', true) = 'all') THEN true
                    WHEN {column} < 8 * length({areas}) THEN get_bit({areas}, {column}) = 1 ELSE false END"""


def _protect(  # noqa: PLR0913  one for each kind of statement
    table: str,
    *,
    seen: str,
    written: str | None = None,
    added: str | None = None,
    changed: str | None = None,
    becomes: str | None = None,
) -> None:
    """Make the policies of a table: which rows are seen and which written.

    Or else which are added, and which changed and removed, and what a changed one may become.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO samverkan_api USING ({seen})")
    if added := added or written:
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT TO samverkan_api WITH CHECK ({added})")
    if changed := changed or written:
        becomes = becomes or changed
        op.execute(
            f"CREATE POLICY changed ON {table} FOR UPDATE TO samverkan_api USING ({changed}) WITH CHECK ({becomes})"
        )
        op.execute(f"CREATE POLICY removed ON {table} FOR DELETE TO samverkan_api USING ({changed})")


def _protect_part(table: str, whole: str, key: str, written: str) -> None:
    """Make the policies of a table whose rows are seen and written with those that they are parts of."""
    part = f"SELECT FROM {whole} WHERE {whole}.{key} = {table}.{key}"
    _protect(table, seen=f"EXISTS ({part})", written=f"EXISTS ({part} AND ({written}))")


def _grant() -> None:
    """Let the API reach what a policy lets it, and the worker all rows; neither can change a table."""
    op.execute("GRANT USAGE ON SCHEMA public TO samverkan_api, samverkan_worker")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO samverkan_api")
    changing = (*FACTS, *IMPORTS, *OWNED, *(table for table, _, _ in PARTS_OF_OWNED), *STRUCTURE)
    op.execute(f"GRANT INSERT, UPDATE, DELETE ON {', '.join(changing)} TO samverkan_api")
    op.execute(f"GRANT INSERT ON {', '.join(MARKS)} TO samverkan_api")
    op.execute("GRANT INSERT, UPDATE ON removed_value TO samverkan_api")
    op.execute(f"GRANT DELETE ON {', '.join((*FIGURES, *DETAILS, *SUMS, *MARKS))} TO samverkan_api")
    # A key is revoked and stays.
    op.execute("GRANT INSERT, UPDATE ON api_key TO samverkan_api")
    op.execute("GRANT INSERT, DELETE ON api_key_grant, api_key_hash TO samverkan_api")
    op.execute("REVOKE SELECT ON api_key_hash FROM samverkan_api")
    op.execute("GRANT SELECT (key_id, valid_until), UPDATE (valid_until) ON api_key_hash TO samverkan_api")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(KEY_FUNCTION_NAMES)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(KEY_FUNCTION_NAMES)} TO samverkan_api")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO samverkan_worker")
    op.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO samverkan_worker")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO samverkan_api, samverkan_worker")
    op.execute("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO samverkan_worker")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
