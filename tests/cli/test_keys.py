"""`samverkan keys`: what a terminal does with the API's clients, by the rules that hold at `/api-clients`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.api.http import auth
from services.api.http.routing import BASE
from services.cli.main import app as samverkan
from shared.db.keys import is_key

Run = Callable[..., Result]
OPTIONS = ("--name", "Gatukontoret", "--scope", "report", "--area", "1282")
NOBODYS = "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a12"
TOMORROW, YESTERDAY = (f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}" for days in (2, -1))


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
def run(database_url: str) -> Run:
    """Return what runs a command of `samverkan keys`, beside requests of the test."""
    environment = {"DATABASE_URL": database_url, "COLUMNS": "240"}
    return lambda *arguments: CliRunner(env=environment).invoke(samverkan, ["keys", *arguments])


def made(result: Result) -> str:
    """Return the key that a command has printed, and nothing else."""
    assert result.exit_code == 0, result.output
    key = result.stdout.strip()
    assert is_key(key)
    return key


def rows(run: Run) -> list[str]:
    """Return the rows of the list, the latest last."""
    result = run("list")
    assert result.exit_code == 0, result.output
    return result.stdout.strip().splitlines()[1:]


def latest(run: Run) -> str:
    """Return the id of the key made last."""
    return rows(run)[-1].split()[0]


@pytest.fixture
def works(service_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], bool]:
    """Return what tells whether the service lets a key in, now."""
    monkeypatch.setattr(auth, "SECONDS_CACHED", 0.0)

    def ask(key: str) -> bool:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.get(f"{service_url}{BASE}/activity-types", headers=headers).is_success

    return ask


def test_a_key_is_for_areas_and_has_an_owner(run: Run, works: Callable[[str], bool]) -> None:
    key = made(run("create", *OPTIONS, "--area", "1284", "--scope", "read"))
    assert works(key)
    row = rows(run)[-1]
    assert "read:1282 read:1284 report:1282 report:1284" in row
    assert re.search(r"  1282 +\S", row)
    assert row.endswith("in force")
    made(run("create", *OPTIONS, "--owner", "12"))
    assert re.search(r"report:1282 +12 +never +in force", rows(run)[-1])


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("--name", "x", "--scope", "read"), "--area"),
        (("--name", "x", "--area", "1282"), "--scope"),
        (("--scope", "read", "--area", "1282"), "--name"),
        ((*OPTIONS, "--scope", "own"), "--scope"),
        ((*OPTIONS, "--area", "1299"), "--area"),
        ((*OPTIONS, "--owner", "1299"), "--owner"),
        (("--name", "x", "--scope", "read", "--area", "1299"), "--area"),
        ((*OPTIONS, "--name", "Anna 850709-9805"), "--name"),
        ((*OPTIONS, "--name", "anna@example.se"), "--name"),
        ((*OPTIONS, "--name", " "), "--name"),
        ((*OPTIONS, "--expires", YESTERDAY), "--expires"),
        ((*OPTIONS, "--expires", "tomorrow"), "--expires"),
    ],
)
def test_a_bad_option_is_named_and_no_key_made(run: Run, arguments: tuple[str, ...], option: str) -> None:
    before = rows(run)
    result = run("create", *arguments)
    assert result.exit_code == 2
    assert option in result.output
    assert "smv_" not in result.output
    assert "850709" not in result.output
    assert rows(run) == before


def test_a_key_is_replaced_while_the_former_holds_on(run: Run, works: Callable[[str], bool]) -> None:
    first = made(run("create", *OPTIONS))
    key_id = latest(run)
    second = made(run("rotate", key_id))
    assert [works(key) for key in (first, second)] == [True, True]
    assert "former key until" in rows(run)[-1]
    third = made(run("rotate", key_id, "--overlap", "0"))
    assert [works(key) for key in (first, second, third)] == [False, False, True]
    assert rows(run)[-1].endswith("in force")


def test_a_key_is_revoked_once(run: Run, works: Callable[[str], bool]) -> None:
    key = made(run("create", *OPTIONS))
    key_id = latest(run)
    assert run("revoke", key_id).exit_code == 0
    assert not works(key)
    assert re.search(r"revoked \d{4}-\d\d-\d\d$", rows(run)[-1])
    for again in (("revoke", key_id), ("rotate", key_id), ("expire", key_id, "--on", TOMORROW)):
        result = run(*again)
        assert (result.exit_code, "KEY_ID" in result.output) == (2, True)


def test_a_key_ends_on_a_day(run: Run) -> None:
    made(run("create", *OPTIONS, "--expires", TOMORROW))
    assert rows(run)[-1].endswith(f"expires {TOMORROW}")
    key_id = latest(run)
    assert run("expire", key_id, "--on", "2079-01-01").exit_code == 0
    assert rows(run)[-1].endswith("expires 2079-01-01")
    refused = run("expire", key_id, "--on", YESTERDAY)
    assert (refused.exit_code, "--on" in refused.output) == (2, True)
    assert rows(run)[-1].endswith("expires 2079-01-01")


@pytest.mark.parametrize("arguments", [("revoke",), ("rotate",), ("expire", "--on", TOMORROW)])
def test_an_unknown_key_is_named(run: Run, arguments: tuple[str, ...]) -> None:
    for key_id in (NOBODYS, "none"):
        result = run(*arguments, key_id)
        assert (result.exit_code, "key_id" in result.output.lower()) == (2, True)


@pytest.mark.parametrize("hours", ["-1", "2161", "a day"])
def test_an_overlap_has_its_bounds(run: Run, hours: str) -> None:
    assert run("rotate", NOBODYS, "--overlap", hours).exit_code == 2
