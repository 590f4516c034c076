"""`samverkan facts remove`, as an operator gives it, against a database named by DATABASE_URL."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import NullPool, TextClause, create_engine, text
from typer.testing import Result

from services.cli.facts import TooSoon
from shared.db.engine import build_engine
from shared.domain.period import today
from tests.landskrona.loading import settle

FACTS = text("SELECT (SELECT count(*) FROM activity), (SELECT count(*) FROM observation WHERE measure <> 'population')")
FIGURES = text("SELECT count(*), max(changed_in::text) FROM indicator_value")
REMOVE = ("facts", "remove", "--before")


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


def read(url: str, statement: TextClause) -> tuple[Any, ...]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return tuple(connection.execute(statement).one())


def mark(url: str) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("INSERT INTO rollup_mark (series_id, area_id, year) VALUES (1, 1, 2015)"))


def roll_over(url: str) -> None:
    """Let the worker's code run until nothing waits today."""

    async def run() -> None:
        engine = build_engine(url)
        await settle(engine, today())
        await engine.dispose()

    asyncio.run(run())


def test_days_that_begin_no_year_or_have_just_been_are_refused(samverkan: Callable[..., Result]) -> None:
    assert "Write the first day of a year" in samverkan(*REMOVE, "2016-02-01").output
    this_year = samverkan(*REMOVE, f"{today().year}-01-01")
    assert this_year.exit_code == 2
    assert f"{today().year - 1}-01-01" in this_year.output


def test_a_dry_run_counts_and_the_command_removes_as_much(samverkan: Callable[..., Result], database_url: str) -> None:
    roll_over(database_url)
    facts, figures = read(database_url, FACTS), read(database_url, FIGURES)
    tried = samverkan(*REMOVE, "2017-01-01", "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert read(database_url, FACTS) == facts
    done = samverkan(*REMOVE, "2017-01-01")
    assert done.exit_code == 0, done.output
    assert done.output.replace("are removed", "would be removed") == tried.output
    staying = sum(
        int(number) for number in re.findall(r"^([0-9]+) activities of that time stay", done.output, re.MULTILINE)
    )
    assert f"{facts[0] - staying} activities, {facts[1]} observations" in done.output
    assert read(database_url, FACTS) == (staying, 0)
    assert read(database_url, FIGURES) == figures
    assert samverkan("verify").exit_code == 0
    assert "0 activities" in samverkan(*REMOVE, "2016-01-01").output


def test_figures_that_wait_are_waited_for(samverkan: Callable[..., Result], database_url: str) -> None:
    mark(database_url)
    found = samverkan(*REMOVE, "2018-01-01")
    assert isinstance(found.exception, TooSoon)
