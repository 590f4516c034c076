"""`samverkan open-data` against a running service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from services.api.http.routing import BASE
from services.cli.client import RefusedByApi
from services.cli.main import app
from services.cli.open_data import UnknownPublisher
from shared.db.keys import KeyScope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

WHO = ("--publisher", "Landskrona stad", "--contact", "oppnadata@landskrona.example")
ADDRESS = f"{BASE}/open-data-catalogues/1282"


@pytest.fixture
def samverkan_open_data(service_url: str, api_keys: Mapping[KeyScope, str]) -> Callable[..., Result]:
    """Return what runs the command with a key that administers everywhere."""
    environment = {"SAMVERKAN_URL": service_url, "SAMVERKAN_KEY": api_keys[KeyScope.ADMINISTER], "COLUMNS": "200"}
    return lambda *arguments: CliRunner(env=environment).invoke(app, ["open-data", *arguments])


async def test_it_is_turned_on_and_off(samverkan_open_data: Callable[..., Result], client: httpx.AsyncClient) -> None:
    done = samverkan_open_data("1282", *WHO, "--organisation-number", "212000-1140")
    stored = (await client.get(ADDRESS)).json()
    assert done.output == f"1282 publishes at {stored['address']}\n"
    assert (stored["publisher"], stored["organisationNumber"]) == ("Landskrona stad", "2120001140")
    assert samverkan_open_data("1282", "--off").output == "1282 publishes no more.\n"
    assert (await client.get(ADDRESS)).status_code == 404


def test_what_is_wrong_is_told(samverkan_open_data: Callable[..., Result]) -> None:
    assert isinstance(samverkan_open_data("1282").exception, UnknownPublisher)
    assert isinstance(samverkan_open_data("1282", "--off").exception, RefusedByApi)
    refused = samverkan_open_data("12", *WHO).exception
    assert isinstance(refused, RefusedByApi)
    assert "is no municipality's" in str(refused)
