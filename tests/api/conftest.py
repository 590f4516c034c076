import asyncio
import csv
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import make_url

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.conftest import create_app

LANDSKRONA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"


@pytest.fixture(scope="session")
def landskrona_database(
    copy_of: Callable[[str], str], fresh_database: Callable[[], str], redis_url: str, api_keys: Mapping[KeyScope, str]
) -> Callable[[], str]:
    """Return what makes a database with Landskrona's places and agreement, and returns its URL."""
    loaded = fresh_database()
    asyncio.run(_load(Settings(database_url=loaded, redis_url=redis_url), api_keys[KeyScope.ADMINISTER]))
    return partial(copy_of, str(make_url(loaded).database))


async def _load(settings: Settings, key: str) -> None:
    """Load the places and the agreement through the API."""
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=settings.public_url, headers=headers) as client,
    ):
        with (LANDSKRONA / "places.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                span = {"validFrom": row["validFrom"], "validTo": row["validTo"] or None}
                area = {"kind": row["kind"], "placeKind": row["placeKind"], "name": row["name"], **span}
                area["parents"] = [{"code": row["parent"], **span}]
                (await client.put(f"{BASE}/areas/{row['code']}", json=area)).raise_for_status()
        agreement = yaml.safe_load((LANDSKRONA / "agreement-2015-2016.yaml").read_text(encoding="utf-8"))
        (await client.put(f"{BASE}/agreements/{agreement['code']}", json=agreement)).raise_for_status()


@pytest.fixture
def walk() -> dict[str, Any]:
    """Return a safety walk that breaks no rule."""
    return {
        "source": "test",
        "externalId": "walk-1",
        "type": "safety-walk",
        "agreement": "landskrona-2015-2016",
        "annex": 3,
        "area": "1282-karlslund",
        "status": "performed",
        "start": "2016-04-12T18:00:00+02:00",
        "participants": {"residents": 21, "police": 2},
    }


@pytest.fixture
def cleanup() -> dict[str, Any]:
    """Return a graffiti cleanup that breaks no rule."""
    return {
        "source": "test",
        "externalId": "cleanup-1",
        "type": "graffiti-cleanup",
        "agreement": "landskrona-2015-2016",
        "annex": 4,
        "area": "1282-norra-torget",
        "status": "performed",
        "reported": "2016-03-24",
        "start": "2016-03-29",
        "completed": "2016-03-29",
        "cost": 1200.5,
        "attributes": {"contentKind": "racist"},
    }
