from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    """Return a database with Landskrona's places and agreement, which the module's tests share."""
    return landskrona_database()
