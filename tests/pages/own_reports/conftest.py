"""Reporters, an annex owner and a coordinator of Landskrona, each with a browser of their own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.api.conftest import cleanup, walk  # noqa: F401  fixtures
from tests.pages.people import AREA, browser, invite, sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    import httpx
    from fastapi import FastAPI

AGREEMENT, ANNEX = "landskrona-2015-2016", 3


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:
    return landskrona_database


@pytest.fixture
def visiting(app: FastAPI, database_url: str) -> Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]:
    """Return what signs somebody in by a role, and returns their browser."""

    @asynccontextmanager
    async def visit(role: PersonRole = PersonRole.REPORTER, email: str = "") -> AsyncIterator[httpx.AsyncClient]:
        annex = (None, AGREEMENT, ANNEX) if role is PersonRole.ANNEX_OWNER else ()
        given = GivenRole(role, AREA, *annex)
        async with browser(app) as client:
            await sign_in(client, invite(database_url, email or f"{role}@kommun.example", [given]))
            yield client

    return visit


@pytest.fixture
async def anna(
    visiting: Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]],
) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of a reporter."""
    async with visiting(email="anna@kommun.example") as client:
        yield client


@pytest.fixture
async def bo(
    visiting: Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]],
) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of another reporter."""
    async with visiting(email="bo@kommun.example") as client:
        yield client


@pytest.fixture
async def annex_owner(
    visiting: Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]],
) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of who is responsible for annex 3."""
    async with visiting(PersonRole.ANNEX_OWNER) as client:
        yield client


@pytest.fixture
async def coordinator(
    visiting: Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]],
) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of a coordinator."""
    async with visiting(PersonRole.COORDINATOR) as client:
        yield client
