"""`samverkan closing`: steps are taken by its commands, and what stands in the way is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.api.http.routing import BASE
from services.cli.client import RefusedByApi
from services.cli.main import app
from shared.db.keys import KeyScope

AGREEMENT = {
    "title": "Samverkan 2016",
    "validFrom": "2016-01-01",
    "validTo": "2016-12-31",
    "areas": ["1284"],
    "annexes": [
        {
            "number": 1,
            "theme": "visible-police",
            "title": "Synlighet",
            "validFrom": "2016-01-01",
            "validTo": "2016-12-31",
        }
    ],
}


@pytest.fixture
def closing(service_url: str, api_keys: Mapping[KeyScope, str]) -> Callable[..., Result]:
    """Return what runs the command with a key that may do everything."""
    environment = {"SAMVERKAN_URL": service_url, "SAMVERKAN_KEY": api_keys[KeyScope.ADMINISTER], "COLUMNS": "200"}
    return lambda *words: CliRunner(env=environment).invoke(app, ["closing", *words])


async def test_a_period_is_prepared_submitted_and_reopened(
    closing: Callable[..., Result], client: httpx.AsyncClient
) -> None:
    (await client.put(f"{BASE}/agreements/small", json=AGREEMENT)).raise_for_status()
    assert closing("take", "small", "2016-T1", "prepare").output == "2016-T1 is prepared.\n"
    refused = closing("take", "small", "2016-T1", "submit").exception
    assert isinstance(refused, RefusedByApi)
    assert "annex 1 is not marked ready" in str(refused)
    assert closing("annex", "small", "2016-T1", "1", "ready").output == "Annex 1 is ready for 2016-T1.\n"
    assert closing("annex", "small", "2016-T1", "1", "not-ready").output == "Annex 1 is not ready for 2016-T1.\n"
    closing("annex", "small", "2016-T1", "1", "ready")
    assert closing("take", "small", "2016-T1", "submit").output == "2016-T1 is submitted.\n"
    assert "Who has submitted a period does not approve it." in str(
        closing("take", "small", "2016-T1", "approve").exception
    )
    unknown = str(closing("take", "small", "2016-T9", "prepare").exception)
    assert "The code names no period. Write a month as 2016-03" in unknown
    assert ".." not in unknown
    listed = closing("list", "small").output
    assert [line.split()[1:4:2] for line in listed.splitlines() if "2016-T" in line] == [
        ["2016-T1", "submitted"],
        ["2016-T2", "open"],
        ["2016-T3", "open"],
    ]
    assert closing("later", "small", "2016-T1").output == "Nothing has come that would change a figure.\n"
    assert closing("take", "small", "2016-T1", "reopen", "--reason", "Too early.").output == "2016-T1 is open.\n"


async def test_figures_that_are_not_settled_are_a_conflict_that_passes(client: httpx.AsyncClient) -> None:
    """No worker runs here, so that they never settle."""
    agreement = {**AGREEMENT, "closing": {"twoPersons": False, "readyAnnexes": False}}
    (await client.put(f"{BASE}/agreements/smaller", json=agreement)).raise_for_status()
    steps = f"{BASE}/agreements/smaller/periods/2016-t1/steps"
    for step in ("prepare", "submit"):
        (await client.post(steps, json={"step": step})).raise_for_status()
    answer = await client.post(steps, json={"step": "approve"}, headers={"Accept-Language": "sv"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "5")
    assert answer.json()["detail"] == "Periodens värden räknas fortfarande om. Försök igen om en stund."
