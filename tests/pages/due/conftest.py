from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.conftest import landskrona_database  # noqa: F401  a fixture


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:  # noqa: F811  the fixture
    return landskrona_database
