"""What the tests with the API's own role have in common: an access, and whose rows are whose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from shared.db.access import SET_ACCESS, Access, Areas, settings_of
from tests.tenancy.table_rules import TABLES, Seen, TableRule

WITH_AREAS = {name: rule for name, rule in TABLES.items() if rule.seen is not Seen.ALL}
READABLE = {name: rule for name, rule in WITH_AREAS.items() if rule.seen is not Seen.UNREADABLE}
Row = dict[str, Any]


def access_of(owner: psycopg.Connection, code: str) -> Access:
    inside = """SELECT DISTINCT descendant_id, whole.area_id FROM area_closure
                JOIN area AS whole ON whole.area_id = ancestor_id WHERE whole.code = %s"""
    rows = owner.execute(inside, [code]).fetchall()
    public = """SELECT area_id FROM area WHERE kind IN ('country', 'county', 'municipality', 'police-region',
                'police-district', 'local-police-area')"""
    details = [area_id for area_id, _ in rows]
    figures = [*details, *(area_id for (area_id,) in owner.execute(public))]
    own = Areas.of(details)
    return Access(own, Areas.of(figures), own, rows[0][1], own, own)


def act(api: psycopg.Connection, access: Access) -> None:
    api.execute(SET_ACCESS, settings_of(access))


@contextmanager
def undone(api: psycopg.Connection) -> Iterator[None]:
    """Let what is done inside be taken back."""
    with api.transaction(force_rollback=True):
        yield


def content_of(table: str) -> str:
    """Return the SQL expression of what may be read of a row."""
    columns = TABLES[table].columns
    parts = ", ".join(f"'{column}', {table}.{column}" for column in columns)
    return f"jsonb_build_object({parts})" if columns else f"to_jsonb({table})"


def seen(connection: psycopg.Connection, table: str) -> list[str]:
    rows = connection.execute(f"SELECT {content_of(table)} FROM {table}")
    return sorted(json.dumps(row, sort_keys=True) for (row,) in rows)


def rows_of(owner: psycopg.Connection, table: str, rule: TableRule, access: Access) -> tuple[list[str], list[str]]:
    """Return the rows that an access sees, and those of others."""
    ours: list[str] = []
    others: list[str] = []
    for row, area_id, owner_area_id in owner.execute(
        f"SELECT {content_of(table)}, {rule.area}, {rule.owner} FROM {table}"
    ):
        text = json.dumps(row, sort_keys=True)
        (ours if _is_seen(rule, access, area_id, owner_area_id) else others).append(text)
    return sorted(ours), sorted(others)


def _is_seen(rule: TableRule, access: Access, area_id: int | None, owner_area_id: int | None) -> bool:
    if rule.seen in {Seen.ALL, Seen.NONE, Seen.UNREADABLE}:
        return rule.seen is Seen.ALL
    areas = {Seen.DETAILS: access.details, Seen.FIGURES: access.figures, Seen.COORDINATES: access.coordinates}[
        rule.seen
    ]
    return (area_id is not None and area_id in areas) or (
        owner_area_id is not None and owner_area_id == access.owner_area_id
    )


def with_new_ids(row: Row) -> Row:
    """Return a row whose key is free, in the same area."""
    fresh = {
        "activity_id",
        "observation_id",
        "note_id",
        "import_id",
        "webhook_id",
        "message_id",
        "delivery_id",
        "key_id",
        "person_id",
    }
    own = next((name for name in row if name in fresh), None)
    changed = {name: "00000000-0000-7000-8000-000000000001" for name in (own,) if name}
    changed |= {name: f"{row[name]}-new" for name in ("source", "code", "scope") if isinstance(row.get(name), str)}
    return {**row, **changed}
