"""Every table has a rule and forced policies, and what could tell of others' rows is known."""

from __future__ import annotations

import psycopg
import pytest

from tests.tenancy.rows import WITH_AREAS
from tests.tenancy.table_rules import REVEALING_KEYS, REVEALING_REFERENCES, TABLES, Seen

pytestmark = [pytest.mark.long]


def test_every_table_has_a_rule(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert {name for (name,) in rows} == set(TABLES)


def test_every_table_has_forced_policies_for_the_api_alone(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        """SELECT relname, relrowsecurity AND relforcerowsecurity,
                  ARRAY(SELECT DISTINCT unnest(roles)::text FROM pg_policies WHERE tablename = relname),
                  (SELECT bool_or(qual = 'true') FROM pg_policies WHERE tablename = relname AND cmd = 'SELECT')
           FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"""
    )
    for name, is_forced, roles, is_open in rows:
        assert is_forced, name
        assert roles == ["samverkan_api"] or (TABLES[name].seen is Seen.UNREADABLE and not roles), name
        assert bool(is_open) == (TABLES[name].seen is Seen.ALL), name


def test_every_view_asks_as_who_looks(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
           AND (relkind IN ('m', 'f') OR relkind = 'v' AND NOT 'security_invoker=true' = ANY (reloptions))"""
    )
    assert rows.fetchall() == []


def test_the_functions_that_run_with_others_rights_are_known(owner: psycopg.Connection) -> None:
    rows = owner.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef")
    # They compare a hash, note a time, and tell which of some areas, which are public, have no administrator. Those of
    # people do what a token that is sent with the request lets its holder do, and nothing of others. What has become of
    # an activity is for whoever sees its details: tests/tenancy/test_history.py. Reminders are switched off by a link
    # that the service has signed; whoever has a person's id could do no more than that.
    of_clients = {"key_holder", "note_key_use", "unadministered", "history_of_activity"}
    of_people = {"session_holder", "state_of_link", "open_session", "close_session", "change_own_settings"}
    # A session is opened for an address once an issuer has confirmed it. That a form's report was removed is noted for
    # whoever removes it, and told of forms of the caller's own organisation.
    of_people |= {"switch_reminders_off", "open_session_of", "note_taken_back", "taken_back_at"}
    assert {name for (name,) in rows} == of_clients | of_people


def test_the_role_is_a_plain_one(owner: psycopg.Connection) -> None:
    role = """SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,
                     EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid),
                     EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid),
                     has_schema_privilege(oid, 'public', 'CREATE') FROM pg_roles WHERE rolname = 'samverkan_api'"""
    assert owner.execute(role).fetchone() == (False,) * 8
    more = """SELECT table_name, privilege_type FROM information_schema.role_table_grants
              WHERE grantee IN ('samverkan_api', 'PUBLIC') AND table_schema = 'public'
                AND privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')"""
    assert owner.execute(more).fetchall() == []


def test_the_constraints_that_tell_something_are_known(owner: psycopg.Connection) -> None:
    unique = """SELECT relid.relname, index.relname,
                       ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey))
                FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
                JOIN pg_class AS relid ON relid.oid = indrelid
                WHERE (indisunique OR indisexclusion) AND relid.relnamespace = 'public'::regnamespace"""
    revealing = {
        index
        for table, index, columns in owner.execute(unique)
        if table in WITH_AREAS
        and WITH_AREAS[table].area not in columns
        and not (table == "activity" and "owner_area_id" in columns)
    }
    assert revealing == set(REVEALING_KEYS)
    references = """SELECT conname, confrelid::regclass::text FROM pg_constraint
                    WHERE contype = 'f' AND connamespace = 'public'::regnamespace"""
    assert {name for name, to in owner.execute(references) if to in WITH_AREAS} == set(REVEALING_REFERENCES)
