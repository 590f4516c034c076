from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.api.read_model import emptied


@pytest.fixture
def rows(database_url: str) -> Iterator[Connection]:
    """Return a connection whose rows are seen at once; the read model is empty."""
    with emptied(database_url) as connection:
        yield connection


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
