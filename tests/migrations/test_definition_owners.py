"""Migration 0023: definitions and their series keep whose own they are, there and back."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Connection, NullPool, create_engine, text

from services.cli import migrations

DEFINED = """INSERT INTO municipal_definition (kind, code, version, defining_municipality_id, document)
             SELECT 'indicator', '{name}', {version}, area_id, '{{}}' FROM area WHERE code = '{owner}'"""
SERIES = """INSERT INTO indicator_series
                (indicator_code, definition_version, fingerprint, kind, unit, factor, themes, over_time, is_share,
                 defining_municipality_id)
            SELECT '{name}', 1, '', 'count', 'count', 1, '{{}}', 'sum', false,
                   (SELECT area_id FROM area WHERE code = '{owner}')"""
OWNERS = """SELECT definition.code, version, area.code AS owner
            FROM municipal_definition AS definition JOIN area ON area_id = defining_municipality_id ORDER BY 1, 2"""
OWNERS_NOW = """SELECT definition.code, version, area.code AS owner
                FROM municipal_definition_area AS definition JOIN area USING (area_id) ORDER BY 1, 2, 3"""
OF_SERIES = """SELECT indicator_code, code FROM indicator_series
               LEFT JOIN area ON area_id = defining_municipality_id ORDER BY 1"""
OF_SERIES_NOW = """SELECT indicator_code, code FROM indicator_series
                   LEFT JOIN area ON area_id = ANY (defining_area_ids) ORDER BY 1"""


def test_whose_own_they_are_stays(empty_database: str) -> None:
    config = migrations.configuration(empty_database)
    command.upgrade(config, "0022")
    engine = create_engine(empty_database, poolclass=NullPool)
    with engine.begin() as connection:
        _put(connection)
        owners, series = _rows(connection, OWNERS), _rows(connection, OF_SERIES)
    assert (len(owners), series) == (3, [("lamps", "2"), ("school-visits", None), ("walks", "1")])
    command.upgrade(config, "0023")
    with engine.begin() as connection:
        assert (_rows(connection, OWNERS_NOW), _rows(connection, OF_SERIES_NOW)) == (owners, series)
        # What is shared now has no municipality to go back to.
        connection.execute(
            text(
                """INSERT INTO municipal_definition_area (kind, code, version, area_id)
                   SELECT definition.kind, definition.code, version, area_id
                   FROM municipal_definition AS definition, area
                   WHERE definition.code = 'lamps' AND area.code = '1'"""
            )
        )
    command.downgrade(config, "0022")
    with engine.begin() as connection:
        assert _rows(connection, OWNERS) == [row for row in owners if row[0] == "walks"]
        assert ("walks", "1") in _rows(connection, OF_SERIES)


def _put(connection: Connection) -> None:
    connection.exec_driver_sql(
        "INSERT INTO area (code, kind, name, valid)"
        " VALUES ('1', 'municipality', 'One', '(,)'), ('2', 'municipality', 'Two', '(,)')"
    )
    for name, version, owner in (("walks", 1, "1"), ("walks", 2, "1"), ("lamps", 1, "2")):
        connection.exec_driver_sql(DEFINED.format(name=name, version=version, owner=owner))
    for name, owner in (("walks", "1"), ("lamps", "2"), ("school-visits", "none")):
        connection.exec_driver_sql(SERIES.format(name=name, owner=owner))


def _rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(statement))]
