"""Landskrona's year 2016, once for each module here: no test changes it."""

from collections.abc import Callable

import pytest


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    """Return the URL of a database with the year in it."""
    return year_database()
