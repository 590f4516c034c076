"""Nothing that the API's own role can say turns the policies off, or goes around them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from shared.db.access import Access
from tests.tenancy.rows import READABLE, WITH_AREAS, access_of, act, rows_of
from tests.tenancy.table_rules import TABLES
from tests.tenancy.tenants import OTHER

pytestmark = [pytest.mark.long]
ROOT = Path(__file__).parents[2]
CODE = {".py", ".sql"}


RULE_BREAKERS = (
    "SET ROLE samverkan_service",
    "SET ROLE samverkan_worker",
    "SET SESSION AUTHORIZATION samverkan_service",
    "SET session_replication_role = replica",
    "ALTER TABLE activity DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE activity NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE activity DISABLE TRIGGER ALL",
    "ALTER TABLE activity OWNER TO samverkan_api",
    "CREATE POLICY mine ON activity FOR SELECT USING (true)",
    "ALTER POLICY seen ON activity USING (true)",
    "DROP POLICY seen ON activity",
    "TRUNCATE activity",
    "DROP TABLE activity CASCADE",
    "CREATE TABLE public.mine (x integer REFERENCES area)",
    "CREATE VIEW public.mine AS SELECT * FROM activity",
    "CREATE FUNCTION public.mine() RETURNS integer RETURN 1",
    "CREATE OR REPLACE FUNCTION granted_areas(setting text) RETURNS bytea LANGUAGE sql RETURN NULL",
    "CREATE FUNCTION pg_temp.sees(text) RETURNS boolean LANGUAGE sql LEAKPROOF RETURN true",
    "CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
    "CREATE EXTENSION dblink",
    "ALTER ROLE samverkan_api BYPASSRLS",
    "CREATE ROLE mine",
    "GRANT samverkan_worker TO samverkan_api",
    "COPY activity FROM PROGRAM 'true'",
    "COPY activity TO '/tmp/activity'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT lo_import('/etc/passwd')",
    "TABLE pg_statistic",
    "TABLE pg_statistic_ext_data",
    "TABLE pg_authid",
)


@pytest.mark.parametrize("statement", RULE_BREAKERS)
def test_the_rule_is_not_turned_off(api: psycopg.Connection, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        api.execute(statement)


def test_who_turns_row_security_off_is_answered_nothing(api: psycopg.Connection, access: Access) -> None:
    act(api, access)
    api.execute("SET row_security = off")
    for table in READABLE:
        with pytest.raises(errors.InsufficientPrivilege):
            api.execute(f"SELECT FROM {table}")


def test_copies_and_temporary_tables_hold_no_more(
    owner: psycopg.Connection, api: psycopg.Connection, access: Access
) -> None:
    act(api, access)
    for table, rule in READABLE.items():
        expected, _ = rows_of(owner, table, rule, access)
        columns = ", ".join(rule.columns)
        api.execute(f"CREATE TEMPORARY TABLE copied AS SELECT {columns or '*'} FROM {table}")
        assert api.execute("SELECT count(*) FROM copied").fetchone() == (len(expected),)
        api.execute("DROP TABLE copied")
        with api.cursor().copy(f"COPY {table} {columns and f'({columns})'} TO STDOUT") as copy:
            assert len([*copy.rows()]) == len(expected)


def test_a_function_of_ones_own_is_not_asked_about_others_rows(
    owner: psycopg.Connection, api: psycopg.Connection, access: Access
) -> None:
    act(api, access)
    said: list[str] = []
    api.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    api.execute(
        """CREATE FUNCTION pg_temp.says(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
           AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"""
    )
    expected, _ = rows_of(owner, "activity", TABLES["activity"], access)
    api.execute("SELECT count(*) FROM activity WHERE pg_temp.says(activity_id::text)")
    assert sorted(said) == sorted(json.loads(row)["activity_id"] for row in expected)
    with pytest.raises(errors.InsufficientPrivilege):
        api.execute("CREATE FUNCTION pg_temp.sees(text) RETURNS boolean LANGUAGE sql LEAKPROOF RETURN true")


def test_statistics_of_columns_are_hidden(owner: psycopg.Connection, api: psycopg.Connection, access: Access) -> None:
    act(api, access)
    of_tables = "SELECT DISTINCT tablename FROM {} WHERE schemaname = 'public' AND tablename = ANY(%s)"
    for view in ("pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"):
        assert api.execute(of_tables.format(view), [[*WITH_AREAS]]).fetchall() == []
    assert len(owner.execute(of_tables.format("pg_stats"), [[*WITH_AREAS]]).fetchall()) > 10


def test_the_planner_estimates_by_all_rows_but_finds_ones_own_alone(
    owner: psycopg.Connection, api: psycopg.Connection
) -> None:
    """A limit that SECURITY.md names: who speaks SQL as the API's role sees estimates, and could set any access."""
    act(api, access_of(owner, OTHER))
    (common,) = owner.execute("SELECT source FROM activity GROUP BY 1 ORDER BY count(*) DESC LIMIT 1").fetchone() or (
        "",
    )
    assert _estimate(api, common) > _estimate(api, "never-seen")
    mine = api.execute("SELECT count(*) FROM activity WHERE source = %s", [common]).fetchone()
    everyones = owner.execute("SELECT count(*) FROM activity WHERE source = %s", [common]).fetchone()
    assert mine is not None
    assert everyones is not None
    assert mine < everyones


def test_nothing_of_the_service_asks_for_a_plan_or_for_statistics() -> None:
    asking = re.compile(
        r"\bEXPLAIN\b|\breltuples\b|\bn_(live|dead)_tup\b|\bpg_stat_user_tables\b|\bpg_stats\b", re.IGNORECASE
    )
    files = [file for folder in ("services", "shared") for file in (ROOT / folder).rglob("*") if file.suffix in CODE]
    assert len(files) > 300
    assert [str(file) for file in files if asking.search(file.read_text(encoding="utf-8"))] == []


def _estimate(api: psycopg.Connection, source: str) -> int:
    statement = sql.SQL("EXPLAIN (FORMAT JSON) SELECT FROM activity WHERE source = {}").format(sql.Literal(source))
    (plan,) = api.execute(statement).fetchone() or ([],)
    rows: int = plan[0]["Plan"]["Plan Rows"]
    return rows
