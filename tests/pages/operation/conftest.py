from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, browser, invite, sign_in
from tests.pages.sign_in.conftest import database_url  # noqa: F401  a fixture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from fastapi import FastAPI


@pytest.fixture
async def karin(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:  # noqa: F811  the fixture
    """Return the browser of who administers Landskrona."""
    async with browser(app) as client:
        role = GivenRole(PersonRole.ADMINISTRATOR, AREA)
        await sign_in(client, invite(database_url, "karin@kommun.example", [role], name="Karin"))
        yield client
