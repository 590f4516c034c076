"""Landskrona's year 2016, and its people, each with a browser of their own. No test of a module changes a figure."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, browser, invite, sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    import httpx
    from fastapi import FastAPI

_numbers = count(1)


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


@pytest.fixture
def visiting(app: FastAPI, database_url: str) -> Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]:
    """Return what signs somebody in by a role, and returns their browser."""

    @asynccontextmanager
    async def visit(role: PersonRole, area: str = AREA, annex: int = 3) -> AsyncIterator[httpx.AsyncClient]:
        of_annex = (None, "landskrona-2015-2016", annex) if role is PersonRole.ANNEX_OWNER else ()
        email = f"{role}-{next(_numbers)}@kommun.example"
        async with browser(app) as client:
            await sign_in(client, invite(database_url, email, [GivenRole(role, area, *of_annex)], owner=area[:4]))
            yield client

    return visit
