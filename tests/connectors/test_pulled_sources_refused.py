"""Sources that the API does not take, since they could not be read."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE
from tests.connectors.conftest import GeoReport, source


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "http://10.0.0.1/v2"}, "url"),
        ({"url": "https://127.0.0.2/v2"}, "url"),
        ({"url": "https://open311.example.se/v2?api_key=1"}, "url"),
        ({"url": "https://user:secret@open311.example.se/v2"}, "url"),
        ({"url": "https://xn--/v2"}, "url"),
        ({"agreement": "nothing"}, "agreement"),
        ({"services": {"klotter": {"type": "nothing"}}}, "services.klotter.type"),
        ({"services": {"klotter": {"type": "graffiti-cleanup", "annex": 77}}}, "services.klotter.annex"),
        ({"areas": {"otherwise": "nowhere"}}, "areas"),
        ({"areas": {}}, "areas"),
        ({"since": "i våras"}, "since"),
        ({"intervalMinutes": 0}, "intervalMinutes"),
        ({"password": "x"}, "password"),
    ],
)
async def test_a_source_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, server: GeoReport, changes: dict[str, Any], field: str
) -> None:
    answer = await client.put(f"{BASE}/pulled-sources/city-311", json=source(server, **changes))
    assert answer.status_code == 422
    assert field in [violation["field"] for violation in answer.json()["violations"]]
