"""Landskrona's year 2016, once for each module here: no test changes it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    """Return the URL of a database with the year in it."""
    return year_database()


async def values_of(client: httpx.AsyncClient, **query: str | list[str]) -> list[dict[str, Any]]:
    """Return the values that a query asks for."""
    answer = await client.get(f"{BASE}/indicator-values", params={"limit": "1000", **query})
    assert answer.status_code == 200, answer.text
    values: list[dict[str, Any]] = answer.json()["indicatorValues"]
    return values
