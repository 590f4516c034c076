"""Migration 0025: keys of older versions work on with all that they could do, and those of one country go back."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import NullPool, create_engine, text

from services.cli import migrations
from shared.db import api_clients, keys
from shared.db.keys import KeyScope

BEFORE, AFTER = "0024", "0025"
COUNTRY = "INSERT INTO area (code, kind, name, valid) VALUES ('SE', 'country', 'Sverige', '(,)')"
PLACE = "INSERT INTO area (code, kind, name, valid) VALUES ('1282', 'municipality', 'Landskrona', '(,)')"
STORED = "SELECT name, key_hash, scopes FROM api_key WHERE revoked_at IS NULL ORDER BY name"
HOLDER = "SELECT name, scopes FROM key_holder(:hash)"


def test_keys_hold_on_there_and_back(empty_database: str) -> None:
    config = migrations.configuration(empty_database)
    command.upgrade(config, BEFORE)
    engine = create_engine(empty_database, poolclass=NullPool)
    hashes = {name: keys.hash_of(f"smv_{name}") for name in ("both", "one")}

    def ask(statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    with engine.begin() as connection:
        connection.execute(text(f"{COUNTRY}; {PLACE}"))
        for name, scopes in (("both", ["administer", "report"]), ("one", ["read"])):
            connection.execute(
                text("INSERT INTO api_key (name, key_hash, scopes) VALUES (:name, :hash, :scopes)"),
                {"name": name, "hash": hashes[name], "scopes": scopes},
            )
    before = ask(STORED)
    command.upgrade(config, AFTER)
    assert [ask(HOLDER, hash=hashes[name]) for name in hashes] == [
        [("both", ["administer", "report"])],
        [("one", ["read"])],
    ]
    with engine.begin() as connection:
        keys.create(connection, "there", [KeyScope.READ], ["1282"])
        (both, one, _) = api_clients.listed(connection)
        assert both.grants == ((KeyScope.REPORT, "SE"), (KeyScope.ADMINISTER, "SE"))
        rotated = keys.rotate(connection, one)
    command.downgrade(config, BEFORE)
    # Of a key that was replaced the new one goes back; what held in one place alone would now hold everywhere.
    assert ask(STORED) == [before[0], ("one", keys.hash_of(rotated), ["read"])]
    command.upgrade(config, AFTER)
    assert ask(HOLDER, hash=hashes["one"]) == []
    assert ask(HOLDER, hash=keys.hash_of(rotated)) == [("one", ["read"])]
