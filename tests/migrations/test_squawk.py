"""Migrations pass squawk's rules; `.squawk.toml` says which do not apply, and why."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

from services.cli import migrations

ROOT = Path(__file__).parents[2]
SQUAWK = Path(sys.executable).with_name("squawk")
# The last migration of before there were rules: these are applied already, and a migration is never changed.
BASELINE = "0006"


def test_new_migrations_pass_the_rules(empty_database: str, tmp_path: Path) -> None:
    config = migrations.configuration(empty_database)
    newest_last = [*ScriptDirectory.from_config(config).walk_revisions()][::-1]
    revisions = [script.revision for script in newest_last]
    command.upgrade(config, BASELINE)
    for revision in revisions[revisions.index(BASELINE) + 1 :]:
        with _statements() as statements:
            command.upgrade(config, revision)
        (tmp_path / f"{revision}.sql").write_text(";\n".join([*statements, ""]), encoding="utf-8")
    assert _refusal_of(*tmp_path.glob("*.sql")) == ""


def test_a_migration_against_the_rules_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.sql").write_text("ALTER TABLE area ADD COLUMN seen_at timestamp;\n", encoding="utf-8")
    assert "prefer-timestamp-tz" in _refusal_of(tmp_path / "bad.sql")


def _refusal_of(*files: Path) -> str:
    """Return what squawk says against some files; nothing when they pass."""
    command_line: list[str | Path] = [SQUAWK, "--config", ROOT / ".squawk.toml", "--reporter", "gcc", *files]
    checked = subprocess.run(command_line, capture_output=True, text=True, check=False)
    return checked.stdout + checked.stderr if checked.returncode else ""


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Gather the statements without parameters that this process runs: all that changes tables is such."""
    statements: list[str] = []

    def gather(*arguments: object) -> None:
        _, _, statement, parameters, *_ = arguments
        if not parameters:
            statements.append(str(statement).strip().removesuffix(";"))

    event.listen(Engine, "before_cursor_execute", gather)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", gather)
