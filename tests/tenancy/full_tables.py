"""Rows of both municipalities in every table that has such: copies of Landskrona's, and what there is none of."""

from __future__ import annotations

import json
from collections.abc import Mapping

import psycopg

from tests.tenancy.tenants import OTHER, OWN

# Of one table a column with an area, and columns that must differ between the copies.
_COPIED = {
    "activity": ("area_id", ("activity_id", "external_id")),
    "observation": ("area_id", ("observation_id",)),
    "indicator_note": ("area_id", ("note_id",)),
    "cell": ("area_id", ()),
    "indicator_value": ("area_id", ()),
    "comparison": ("area_id", ()),
    "signal": ("area_id", ()),
}


def fill(connection: psycopg.Connection) -> None:
    """Give both municipalities rows in every table."""
    connection.execute(_PLACE, ["1284-kulla", "Kullaparken"])
    ids: dict[str, int] = dict(connection.execute("SELECT code, area_id FROM area").fetchall())
    connection.execute(_LIES_IN, {"place": ids["1284-kulla"], "in": ids[OTHER]})
    for table, (column, keys) in _COPIED.items():
        _copy(connection, table, column, ids, keys)
    for code in (OWN, OTHER):
        for statement in _OWNED:
            connection.execute(statement, {"owner": ids[code], "code": code})
    for statement in _CLOSED:
        connection.execute(statement)
    for place in ("1282-karlslund", "1284-kulla", OWN, OTHER):
        for statement in _MARKS:
            connection.execute(statement, {"area": ids[place]})


def _copy(
    connection: psycopg.Connection, table: str, column: str, ids: Mapping[str, int], keys: tuple[str, ...]
) -> None:
    """Copy rows of Landskrona and one of its parks to the other municipality and its park."""
    for here, there in ((OWN, OTHER), ("1282-karlslund", "1284-kulla")):
        rows = connection.execute(
            f"SELECT to_jsonb(t) FROM {table} AS t WHERE {column} = %s LIMIT 30", [ids[here]]
        ).fetchall()
        for number, (stored,) in enumerate(rows):
            keyed = {key: f"{there}-{number}" if key == "external_id" else _uuid(ids[there], number) for key in keys}
            row = {**stored, column: ids[there], **keyed}
            if table == "activity":
                row |= {"owner_area_id": ids[OTHER], "duplicate_of": None}
            connection.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(NULL::{table}, %s)).*",
                [json.dumps(row)],
            )
    if table == "activity":
        connection.execute(
            "UPDATE activity SET owner_area_id = %s WHERE area_id <> ALL (%s)",
            [ids[OWN], [ids[OTHER], ids["1284-kulla"]]],
        )


def _uuid(area_id: int, number: int) -> str:
    return f"00000000-0000-7000-8000-{area_id:06}{number:06}"


_PLACE = """INSERT INTO area (code, kind, place_kind, name, valid)
            VALUES (%s, 'place', 'park', %s, '[2015-01-01,)')"""
_LIES_IN = """INSERT INTO area_closure (descendant_id, ancestor_id, valid)
              VALUES (%(place)s, %(place)s, '[2015-01-01,)'), (%(place)s, %(in)s, '[2015-01-01,)')"""
_OWNED = (
    """INSERT INTO series_break (indicator_code, area_id, starts_on, reason, written_by)
       VALUES ('graffiti-cleanups', %(owner)s, '2016-05-01', 'x', 'x')""",
    "INSERT INTO import_mapping (owner_area_id, code, mapping) VALUES (%(owner)s, 'mapping', '{}')",
    "INSERT INTO pulled_source (owner_area_id, code, content) VALUES (%(owner)s, 'source', '{}')",
    """WITH made AS (INSERT INTO webhook (owner_area_id, url, secret) VALUES (%(owner)s, 'https://a.example', 'x')
                     RETURNING webhook_id),
            message AS (INSERT INTO webhook_message (webhook_id, type, body) SELECT webhook_id, 'x', 'x' FROM made
                        RETURNING message_id, webhook_id)
       INSERT INTO webhook_delivery (webhook_id, message_id, attempt) SELECT webhook_id, message_id, 1 FROM message""",
    """WITH made AS (INSERT INTO api_key (owner_area_id, name) VALUES (%(owner)s, %(code)s::text) RETURNING key_id),
            hashed AS (INSERT INTO api_key_hash (key_hash, key_id)
                       SELECT sha256(convert_to(%(code)s, 'UTF8')), key_id FROM made)
       INSERT INTO api_key_grant (key_id, scope, area_id) SELECT key_id, 'read', %(owner)s FROM made""",
    """WITH made AS (INSERT INTO file_import (owner_area_id, makes, dry_run) VALUES (%(owner)s, 'activities', false)
                     RETURNING import_id),
            piece AS (INSERT INTO file_import_piece (import_id, number, content) SELECT import_id, 1, 'x' FROM made)
       INSERT INTO file_import_remark (import_id, row, outcome, field, reason, remedy)
       SELECT import_id, 1, 'refused', 'x', 'x', 'x' FROM made""",
    """INSERT INTO observation_revision (observation_id, revision, status, finality, changed_at)
       SELECT observation_id, 90, 'missing', 'final', now() FROM observation WHERE area_id = %(owner)s""",
    """WITH made AS (INSERT INTO person (owner_area_id) VALUES (%(owner)s) RETURNING person_id),
            called AS (INSERT INTO person_contact (person_id, owner_area_id, email)
                       SELECT person_id, %(owner)s, 'anna@kommun.example' FROM made),
            doing AS (INSERT INTO person_role (person_id, role, area_id)
                      SELECT person_id, 'reader', %(owner)s FROM made),
            invited AS (INSERT INTO sign_in_link (token_hash, person_id, valid_until)
                        SELECT sha256(convert_to(%(code)s, 'UTF8')), person_id, now() FROM made),
            visiting AS (INSERT INTO web_session (token_hash, person_id, valid_until)
                         SELECT sha256(convert_to(%(code)s, 'UTF8')), person_id, now() FROM made),
            reminded AS (INSERT INTO reminder (person_id, occasion) SELECT person_id, 'x' FROM made),
            removed AS (INSERT INTO taken_back_report (owner_area_id, source, external_id)
                        VALUES (%(owner)s, 'x', 'x')),
            uploaded AS (INSERT INTO upload (owner_area_id, person_id, file_name, media_type, bytes, digest)
                         SELECT %(owner)s, person_id, 'x', 'text/csv', 1, '' FROM made RETURNING upload_id),
            piece AS (INSERT INTO upload_piece (upload_id, number, content) SELECT upload_id, 0, 'x' FROM uploaded)
       INSERT INTO person_report (activity_id, person_id)
       SELECT activity_id, person_id FROM made, activity WHERE area_id = %(owner)s LIMIT 1""",
)
# All of one agreement, whose period nobody has closed: the copies are of nothing.
_CLOSED = (
    """WITH period AS (INSERT INTO agreement_period (agreement_id, period_type, period_start)
                       SELECT min(agreement_id), 'year', '2015-01-01' FROM agreement RETURNING agreement_period_id),
            step AS (INSERT INTO agreement_period_step (agreement_period_id, step, actor, actor_name)
                     SELECT agreement_period_id, 'prepare', 'x', 'x' FROM period),
            ready AS (INSERT INTO ready_annex (agreement_period_id, annex_number, actor, actor_name)
                      SELECT agreement_period_id, 1, 'x', 'x' FROM period),
            closed AS (INSERT INTO closed_area_period (area_id, period_type, period_start, agreement_period_id)
                       SELECT 1, 'year', '1999-01-01', agreement_period_id FROM period),
            note AS (INSERT INTO closed_note (agreement_period_id, closing_revision, note_id, indicator_code, area_id,
                                              period_type, period_start, noted_on, text, written_by, revision,
                                              recorded_at, changed_at)
                     SELECT agreement_period_id, 1, note_id, indicator_code, area_id, period_type, period_start,
                            noted_on, text, written_by, revision, recorded_at, changed_at
                     FROM period CROSS JOIN indicator_note),
            removal AS (INSERT INTO note_removal (note_id, indicator_code, area_id, period_type, period_start, reason,
                                                  removed_by)
                        SELECT note_id, indicator_code, area_id, period_type, period_start, 'x', 'x'
                        FROM indicator_note),
            definition AS (INSERT INTO closed_definition (agreement_period_id, closing_revision, indicator_code,
                                                          definition)
                           SELECT agreement_period_id, 1, 'x', '{}' FROM period)
       INSERT INTO closed_value
       SELECT agreement_period_id, 1, value.series_id, value.area_id, value.period_type, value.period_start, 'x', 'x',
              'x', 'x', value.period_start, value.numerator, value.denominator, NULL, value.left_out, value.not_placed,
              value.months_arrived, 'all', 'count', value.status, value.finality, value.revision, '[]', '{}',
              value.definition_version, value.computed_at
       FROM period CROSS JOIN indicator_value AS value""",
)
# An entry is of a place, and one of none: that is for who sees every area.
_MARKS = (
    """WITH pending AS (INSERT INTO audit_pending (actor, actor_name, operation, resource, address, area_id)
                        VALUES ('x', 'x', 'created', 'x', 'x', %(area)s)),
            sealed AS (INSERT INTO audit_seal (number, payload_hash, hash) VALUES (%(area)s, '', ''))
       INSERT INTO audit_entry (number, change_number, actor, actor_name, operation, resource, address, area_id)
       VALUES (%(area)s, %(area)s, 'x', 'x', 'created', 'x', 'x', %(area)s),
              (100000 + %(area)s, %(area)s, 'x', 'x', 'created', 'x', 'x', NULL)""",
    "INSERT INTO dirty_mark (writing_area_id, year, ripens_on) VALUES (%(area)s, 2016, '2016-01-01')",
    "INSERT INTO rollup_mark (series_id, area_id, year) VALUES (1, %(area)s, 2016)",
    "INSERT INTO comparison_mark (series_id, area_id, year) VALUES (1, %(area)s, 2016)",
    "INSERT INTO signal_mark (series_id, area_id, year) VALUES (1, %(area)s, 2016)",
    "INSERT INTO postponed_scope VALUES (%(area)s, 2016, 1, now(), 'x')",
    """INSERT INTO later_value (series_id, area_id, period_type, period_start)
       VALUES (1, %(area)s, 'year', '2016-01-01')""",
    "INSERT INTO removed_value VALUES (1, %(area)s, 'year', '2016-01-01', 'x', 'all', 1, now(), '1', 1)",
)
