from __future__ import annotations

import httpx
import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, Invited, invite, sign_in
from tests.pages.sign_in.conftest import (  # noqa: F401  fixtures
    database_url,
    desk,
    execute,
    phone,
)

COORDINATOR = GivenRole(PersonRole.COORDINATOR, AREA)


@pytest.fixture
def cecilia(database_url: str) -> Invited:  # noqa: F811  the fixture
    """Return who coordinates Landskrona."""
    return invite(database_url, "cecilia@kommun.example", [COORDINATOR], name="Cecilia")


@pytest.fixture
async def coordinator(desk: httpx.AsyncClient, cecilia: Invited) -> httpx.AsyncClient:  # noqa: F811
    """Return the browser of who coordinates Landskrona."""
    await sign_in(desk, cecilia)
    return desk
