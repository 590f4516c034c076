"""The commands on figures, as an operator gives them, against a database named by DATABASE_URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text
from typer.testing import CliRunner, Result

from services.cli.errors import DataMissing, MigrationFailed, ServerFailed
from services.cli.main import app
from services.cli.show import UnknownAreaCode
from shared.domain.period import today

# A figure that no activity explains.
PLANTED = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out, status)
       SELECT series_id, area_id, 'year', CAST(:first AS date), 7, 0, 'observed' FROM area, indicator_series
       WHERE area.code = '1282' AND indicator_code = :code"""
)
# An indicator of Landskrona's own.
OWN = """{"code": "evening-patrols", "name": {"sv": "Kvällspatruller", "en": "Evening patrols"},
          "definition": {"sv": "Antal.", "en": "Number."}, "numerator": {"sv": "Utförda", "en": "Performed"},
          "unit": "count", "direction": "none", "kind": "count", "activityTypes": ["foot-patrol"]}"""
PUT_OWN = text(
    """WITH own AS (INSERT INTO municipal_definition (kind, code, version, document)
                   VALUES ('indicator', 'evening-patrols', 1, CAST(:own AS jsonb)) RETURNING kind, code, version)
       INSERT INTO municipal_definition_area (kind, code, version, area_id)
       SELECT own.kind, own.code, version, area_id FROM own, area WHERE area.code = '1282'"""
)


def test_verify_finds_a_wrong_figure_and_rebuild_mends_it(samverkan: Callable[..., Result], database_url: str) -> None:
    assert samverkan("rebuild").exit_code == 0
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(PLANTED, {"code": "graffiti-cleanups", "first": "2016-01-01"})
    assert "Klottersaneringar" in samverkan("values", "1282", "2016").output
    found = samverkan("verify")
    assert (found.exit_code, " ".join(found.output.split()).partition(" Changes")[0]) == (
        1,
        (
            "1 rows differ: 0 cells, 0 sums, 1 values, 0 judgements, 0 comparisons, 0 signals, 0 commitments, "
            "0 of what has come to closed periods."
        ),
    )
    assert samverkan("rebuild").output.splitlines()[-1] == "1 rows were not what they should be, and are now."
    assert samverkan("verify").exit_code == 0
    assert "Det finns inga värden för Landskrona (1282) 2016." in samverkan("values", "1282", "2016").output


def test_verify_tells_that_comparisons_follow(samverkan: Callable[..., Result], database_url: str) -> None:
    """Trials A11: no fault, where nothing differs."""
    assert samverkan("rebuild").exit_code == 0
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("INSERT INTO comparison_mark (series_id, area_id, year) VALUES (1, 1, 2016)"))
    found = samverkan("verify")
    assert found.exit_code == 0
    assert "Comparisons or signals of 1 figures' years are still to follow" in " ".join(found.output.split())
    assert samverkan("rebuild").output.splitlines()[-1].startswith("0 rows")


def test_the_table_has_what_a_municipality_has_added(samverkan: Callable[..., Result], database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(PUT_OWN, {"own": OWN})
    assert samverkan("rebuild").exit_code == 0
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(PLANTED, {"code": "evening-patrols", "first": "2016-01-01"})
    row = next(line for line in samverkan("values", "1282", "2016").output.splitlines() if "Kvällspatruller" in line)
    assert row.split() == ["Kvällspatruller", "7"]
    assert "Evening patrols" in samverkan("values", "1282", "2016", "--language", "en").output


def test_without_a_year_the_latest_in_which_something_was_observed_is_published(
    samverkan: Callable[..., Result], database_url: str
) -> None:
    """`trials F3`: this year is empty, and was shown so."""
    assert samverkan("rebuild").exit_code == 0
    assert f"för Landskrona (1282) {today().year}." in samverkan("values", "1282").output
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        for year in (2014, 2016):
            connection.execute(PLANTED, {"code": "graffiti-cleanups", "first": f"{year}-01-01"})
    output = samverkan("values", "1282").output
    assert "Landskrona (1282) 2016" in output
    assert "År med värden: 2014, 2016." in output
    assert "År med värden: 2014, 2016." in samverkan("values", "1282", "2015").output


def test_an_unknown_area_is_told_with_what_a_code_looks_like(samverkan: Callable[..., Result]) -> None:
    asked = samverkan("values", "landskrona")
    assert isinstance(asked.exception, UnknownAreaCode)
    assert "such as 1282" in str(asked.exception)


@pytest.mark.parametrize("command", ["verify", "rebuild", "values 1282", "keys list"])
def test_a_database_that_is_not_migrated_is_refused(
    server_url: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """`trials B27`: no tables at all."""
    monkeypatch.setenv("DATABASE_URL", server_url)
    refused = CliRunner().invoke(app, command.split())
    assert (refused.exit_code, type(refused.exception)) == (1, MigrationFailed)
    assert "samverkan migrate" in str(refused.exception)


@pytest.mark.parametrize("command", [("values", "1282"), ("verify",), ("rebuild",), ("keys", "list")])
def test_a_directory_without_data_is_named_and_not_made(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`trials B27` and its sibling: a mistyped directory is not taken for a new one."""
    monkeypatch.setenv("SAMVERKAN_DATA", str(tmp_path / "mistyped"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    failed = CliRunner().invoke(app, command)
    assert isinstance(failed.exception, DataMissing)
    assert "SAMVERKAN_DATA" in str(failed.exception)
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("command", [("values", "1282"), ("verify",), ("rebuild",), ("keys", "list"), ("migrate",)])
@pytest.mark.parametrize("server", ["127.0.0.1:1", "no-such-host.invalid"])
def test_a_database_that_cannot_be_reached_takes_one_line_without_its_password(
    command: tuple[str, ...], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://someone:secret@{server}/samverkan")
    failed = CliRunner().invoke(app, command)
    assert isinstance(failed.exception, ServerFailed)
    assert "\n" not in str(failed.exception)
    assert "secret" not in str(failed.exception)
