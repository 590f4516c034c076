"""One database a module, and what makes a client of the API and speaks with its key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine

from shared.db import keys
from shared.db.keys import KeyScope
from tests.conftest import _client


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
async def speaking(app: FastAPI) -> AsyncIterator[Callable[[str], httpx.AsyncClient]]:
    """Return what speaks with a key."""
    async with AsyncExitStack() as stack:
        clients: list[httpx.AsyncClient] = []

        def speak(key: str) -> httpx.AsyncClient:
            clients.append(_client(app, key))
            stack.push_async_callback(clients[-1].aclose)
            return clients[-1]

        yield speak


@pytest.fixture
def issued(database_url: str) -> Callable[..., str]:
    """Return what issues a key from the command line."""

    def issue(*areas: str, scope: KeyScope = KeyScope.ADMINISTER) -> str:
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            return keys.create(connection, f"{scope} of {' '.join(areas)}", [scope], areas)

    return issue


@pytest.fixture
def landskrona(speaking: Callable[[str], httpx.AsyncClient], issued: Callable[..., str]) -> httpx.AsyncClient:
    """Return a client that administers Landskrona alone."""
    return speaking(issued("1282"))
