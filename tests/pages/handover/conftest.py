"""A service without any agreement, in front of a real browser: each story sets up a municipality of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.settings import Settings
from tests.conftest import served
from tests.landskrona.loading import prepare
from tests.pages.hand import work_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture(scope="module")
def address(database_url: str, redis_url: str) -> Iterator[str]:
    work_on(database_url, prepare)
    with served(Settings(database_url=database_url, redis_url=redis_url, log_level="warning")) as address:
        yield address
