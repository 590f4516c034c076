"""The commands on figures, as an operator gives them, against a database named by DATABASE_URL."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine, text
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.values import UnknownAreaCode

# A figure that no activity explains.
PLANTED = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out, status)
       SELECT series_id, area_id, 'year', '2016-01-01', 7, 0, 'observed' FROM area, indicator_series
       WHERE area.code = '1282' AND indicator_code = 'graffiti-cleanups'"""
)


@pytest.fixture
def samverkan(database_url, monkeypatch):
    """Return what runs the command in this process."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_verify_finds_a_wrong_figure_and_rebuild_mends_it(samverkan, database_url):
    assert samverkan("rebuild").exit_code == 0
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(PLANTED)
    assert "Klottersaneringar" in samverkan("values", "1282", "2016").output
    found = samverkan("verify")
    assert (found.exit_code, " ".join(found.output.split()).partition(" Changes")[0]) == (
        1,
        "1 rows differ: 0 cells, 0 sums, 1 values, 0 judgements, 0 comparisons, 0 commitments.",
    )
    assert samverkan("rebuild").output.splitlines()[-1] == "1 rows were not what they should be, and are now."
    assert samverkan("verify").exit_code == 0
    assert "Inga siffror för Landskrona (1282) 2016." in samverkan("values", "1282", "2016").output


def test_an_unknown_area_is_told_with_what_a_code_looks_like(samverkan):
    asked = samverkan("values", "landskrona")
    assert isinstance(asked.exception, UnknownAreaCode)
    assert "such as 1282" in str(asked.exception)
