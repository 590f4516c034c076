from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:
    return landskrona_database
