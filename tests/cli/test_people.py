"""`samverkan people`: the first people of a service, whom nobody could invite on a page."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app as samverkan

Run = Callable[..., Result]
CECILIA = ("cecilia@kommun.example", "--role", "coordinator", "--area", "1282", "--name", "Cecilia")


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
def run(database_url: str, service_url: str) -> Run:
    """Return what runs a command of `samverkan people`, beside the service."""
    environment = {"DATABASE_URL": database_url, "COLUMNS": "240", "SAMVERKAN_PUBLIC_URL": service_url}
    return lambda *arguments: CliRunner(env=environment).invoke(samverkan, ["people", *arguments])


def signs_in(result: Result) -> bool:
    """Tell whether the link that a command has printed, and nothing else, signs in."""
    assert result.exit_code == 0, result.output
    (link,) = result.stdout.split()
    site = link.partition("/logga-in/")[0]
    return httpx.post(link, headers={"Origin": site}).status_code == 303


def test_somebody_is_invited_found_let_in_again_and_removed(run: Run) -> None:
    assert signs_in(run("invite", *CECILIA))
    listed = run("list").stdout
    number = re.search(r"^(\d+) +cecilia@kommun\.example +Cecilia +coordinator:1282 +20\d\d-", listed, re.MULTILINE)
    assert number is not None, listed
    assert signs_in(run("link", number[1]))
    assert run("remove", number[1]).exit_code == 0
    assert "cecilia" not in run("list").stdout
    for command in ("link", "remove"):
        gone = run(command, number[1])
        assert f"Nobody has the number {number[1]}." in str(gone.exception)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("no-address", *CECILIA[1:]), "email is no e-mail address"),
        ((*CECILIA[:3], "--area", "nowhere"), "No area has the code nowhere"),
        ((*CECILIA[:3], "--area", "nowhere", "--owner", "1282"), "roles[0].area no area has this code"),
        ((*CECILIA[:5], "--name", "Anna 19900101-9802"), "name holds a personal identity number"),
        ((*CECILIA[:2], "annex-owner", "--area", "1282"), "roles[0].annex does not go with the role"),
        (
            (*CECILIA[:2], "annex-owner", "--area", "1282", "--agreement", "none", "--annex", "3"),
            "roles[0].annex the agreement has no annex with this number",
        ),
    ],
)
def test_what_cannot_be_stored_is_named(run: Run, arguments: tuple[str, ...], fault: str) -> None:
    refused = run("invite", *arguments)
    assert fault in str(refused.exception)
    assert "@" not in run("list").stdout
