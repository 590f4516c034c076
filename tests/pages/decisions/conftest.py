"""Landskrona and its agreement, without activities, on a day of its second spring."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.api.today import let_today_be
from tests.pages.due.conftest import new_database  # noqa: F401  a fixture
from tests.pages.due.people import browser, invite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from fastapi import FastAPI

TODAY = date(2016, 5, 20)


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    let_today_be(app, TODAY)
    return app


@pytest.fixture
async def coordinator(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    token = invite(database_url, "chef@landskrona.example", GivenRole(PersonRole.COORDINATOR, "1282"))
    async with browser(app, token) as opened:
        yield opened
