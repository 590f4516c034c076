from __future__ import annotations

import httpx
import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, Invited, invite, sign_in
from tests.pages.sign_in.conftest import database_url  # noqa: F401  a fixture

COORDINATOR = GivenRole(PersonRole.COORDINATOR, AREA)


@pytest.fixture
def cecilia(database_url: str) -> Invited:  # noqa: F811  the fixture
    """Return who coordinates Landskrona."""
    return invite(database_url, "cecilia@kommun.example", [COORDINATOR], name="Cecilia")


@pytest.fixture
async def coordinator(desk: httpx.AsyncClient, cecilia: Invited) -> httpx.AsyncClient:
    """Return the browser of who coordinates Landskrona."""
    await sign_in(desk, cecilia)
    return desk
