"""What the pages' tests in a real browser share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.settings import Settings
from tests.chromium import launched
from tests.conftest import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def address(database_url: str, redis_url: str) -> Iterator[str]:
    """Serve the pages, and return where. A module's `database_url` is then the module's, too."""
    with served(Settings(database_url=database_url, redis_url=redis_url, log_level="warning")) as address:
        yield address


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    """Return a browser, started when the service runs: no other event loop can run in its thread."""
    with launched() as browser:
        yield browser
