"""Whoever speaks to PostgreSQL with the API's own role: no row of others is read, written, counted or inferred."""

from __future__ import annotations

import json

import psycopg
import pytest
from psycopg import errors

from shared.db.access import Access
from tests.extent import amount
from tests.tenancy.rows import READABLE, WITH_AREAS, act, content_of, rows_of, seen, undone, with_new_ids
from tests.tenancy.table_rules import MARKS, TABLES, Seen
from tests.tenancy.tenants import OTHER, OWN

pytestmark = [pytest.mark.long]
READ_OF = {name: rule for name, rule in READABLE.items() if rule.seen is not Seen.NONE}


def test_each_sees_its_own_rows_and_no_others(
    owner: psycopg.Connection, api: psycopg.Connection, access: Access
) -> None:
    act(api, access)
    for name, rule in TABLES.items():
        if rule.seen is Seen.UNREADABLE:
            with pytest.raises(errors.InsufficientPrivilege):
                seen(api, name)
            continue
        expected, others = rows_of(owner, name, rule, access)
        assert seen(api, name) == expected, name
        assert api.execute(f"SELECT count(*) FROM {name}").fetchone() == (len(expected),)
        if name in WITH_AREAS:
            assert others, f"{name} has no row that the test could be wrong about"
        if name in READ_OF:
            assert expected, f"{name} has no row of the caller's own"


def test_who_has_no_access_sees_nothing_of_any_area(api: psycopg.Connection) -> None:
    for forget in ("SELECT", "RESET ALL", "DISCARD ALL", _setting("''")):
        api.execute(forget)
        for name in READABLE:
            assert seen(api, name) == [], (forget, name)


def test_what_is_no_set_of_areas_is_none(api: psycopg.Connection) -> None:
    for text in (r"'\xzz'", r"'\x0'", r"'\x'"):
        api.execute(_setting(text))
        for name in READABLE:
            try:
                assert seen(api, name) == [], (text, name)
            except errors.DataError:
                continue


def _setting(text: str) -> str:
    settings = (
        f"set_config('samverkan.{name}', {text}, false)" for name in ("details", "figures", "writes", "coordinates")
    )
    return f"SELECT {', '.join(settings)}"


@pytest.mark.parametrize("table", sorted(WITH_AREAS))
def test_no_row_of_others_is_changed_or_removed(
    owner: psycopg.Connection, api: psycopg.Connection, access: Access, table: str
) -> None:
    act(api, access)
    expected, _ = rows_of(owner, table, TABLES[table], access)
    (column,) = owner.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attidentity = ''"
        " AND attgenerated = '' LIMIT 1",
        [table],
    ).fetchone() or ("",)
    for statement in (
        f"UPDATE {table} SET {column} = {column} RETURNING {content_of(table)}",
        f"DELETE FROM {table} RETURNING {content_of(table)}",
    ):
        with undone(api):
            try:
                touched = [json.dumps(row, sort_keys=True) for (row,) in api.execute(statement)]
            except errors.InsufficientPrivilege:
                continue
            except errors.ForeignKeyViolation:
                # Of the caller's own, which others of its own refer to.
                continue
            assert set(touched) <= set(expected)


# Whoever changes a fact marks what it counts in, wherever that is.
@pytest.mark.parametrize("table", sorted(READABLE.keys() - {*MARKS}))
def test_no_row_is_put_among_others_and_no_error_tells_of_them(
    owner: psycopg.Connection, api: psycopg.Connection, access: Access, table: str
) -> None:
    """The same refusal whether the key is taken or free: nothing can be inferred."""
    act(api, access)
    _, others = rows_of(owner, table, TABLES[table], access)
    for text in others[: amount(5, 20)]:
        for row in (json.loads(text), with_new_ids(json.loads(text))):
            with undone(api), pytest.raises(errors.InsufficientPrivilege):
                api.execute(
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
                    f" SELECT (jsonb_populate_record(NULL::{table}, %s::jsonb)).*",
                    [json.dumps(row)],
                )


def test_no_row_is_given_to_others(owner: psycopg.Connection, api: psycopg.Connection, access: Access) -> None:
    elsewhere = owner.execute("SELECT area_id FROM area WHERE code = ANY(%s)", [[OWN, OTHER]]).fetchall()
    (other,) = [area_id for (area_id,) in elsewhere if area_id not in access.writes]
    act(api, access)
    for table, rule in READ_OF.items():
        if not rule.area.isidentifier() or table in MARKS:
            continue
        with undone(api):
            try:
                changed = api.execute(f"UPDATE {table} SET {rule.area} = %s", [other]).rowcount
            except errors.InsufficientPrivilege:
                continue
            assert changed == 0, table
