"""A reporter of Landskrona, with a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.people import browser, invite, sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx
    from fastapi import FastAPI


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:
    return landskrona_database


@pytest.fixture
async def anna(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of a reporter."""
    async with browser(app) as client:
        await sign_in(client, invite(database_url))
        yield client
