"""A reporter with a phone: a service behind a network that can fail, and a browser that keeps what it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Playwright, ViewportSize, sync_playwright

from shared.settings import Settings
from tests.chromium import CHROMIUM, OPTIONS
from tests.conftest import served
from tests.pages.links import link_for
from tests.pages.phone.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


@pytest.fixture(scope="module")
def network(database_url: str, redis_url: str) -> Iterator[Network]:
    """Serve the pages behind a network whose faults a test sets; its address is what a phone knows."""
    with Network() as network:
        settings = Settings(
            database_url=database_url, redis_url=redis_url, public_url=network.address, log_level="warning"
        )
        with served(settings) as address:
            network.lead_to(address)
            yield network


@pytest.fixture
def link(database_url: str, network: Network) -> str:
    """Return a link by which a reporter of Landskrona signs in."""
    return link_for(database_url, network.address)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def open_phone(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Return what opens the phone's browser; closed and opened again, it has what it had."""
    opened: list[BrowserContext] = []

    def open_phone() -> BrowserContext:
        for former in opened:
            former.close()
        opened[:] = [
            playwright.chromium.launch_persistent_context(
                tmp_path / "phone", executable_path=CHROMIUM, args=[*OPTIONS], viewport=PHONE
            )
        ]
        return opened[0]

    yield open_phone
    for phone in opened:
        phone.close()
