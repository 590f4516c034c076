"""What the tests of pages share: browsers, real ones and those that only send and receive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine, text

from shared.settings import Settings
from tests.chromium import launched
from tests.conftest import served
from tests.pages import people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import httpx
    from fastapi import FastAPI
    from playwright.sync_api import Browser


@pytest.fixture
async def phone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return a browser that has never been here."""
    async with people.browser(app) as client:
        yield client


@pytest.fixture
async def desk(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return another one."""
    async with people.browser(app) as client:
        yield client


@pytest.fixture
def execute(database_url: str) -> Callable[..., int]:
    """Return what runs a statement as the owner of the tables, and returns how many rows it concerned."""

    def run(statement: str, **parameters: object) -> int:
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            return connection.execute(text(statement), parameters).rowcount

    return run


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
