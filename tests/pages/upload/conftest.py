"""A coordinator of Landskrona with sheets to upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, browser, invite, sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx
    from fastapi import FastAPI


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:
    return landskrona_database


@pytest.fixture
async def eva(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of a coordinator."""
    invited = invite(database_url, "eva@kommun.example", [GivenRole(PersonRole.COORDINATOR, AREA)])
    async with browser(app) as client:
        await sign_in(client, invited)
        yield client


@pytest.fixture
async def mia(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of another coordinator there."""
    invited = invite(database_url, "mia@kommun.example", [GivenRole(PersonRole.COORDINATOR, AREA)])
    async with browser(app) as client:
        await sign_in(client, invited)
        yield client
