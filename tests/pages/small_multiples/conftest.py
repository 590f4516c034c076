"""Landskrona's year 2016, and its people, each with a browser of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.agreement.conftest import visiting  # noqa: F401  a fixture

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()
