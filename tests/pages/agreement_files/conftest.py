from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine

from services.api.pages.agreement.choice import OVERVIEW
from services.cli.show import catalogue_in_force
from shared.annex_tables.reading import YearAsOf, area_of, read_year
from shared.domain.period import today
from shared.domain.person import GivenRole, PersonRole
from shared.domain.wording import Language
from tests.pages.people import AREA, browser, invite, sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx
    from fastapi import FastAPI

    from shared.annex_tables.reading import YearTables

QUERY = f"omrade={AREA}&ar=2016"


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    """Return a database with the demo's year."""
    return year_database()


@pytest.fixture
def tables(database_url: str) -> YearTables:
    """Return what page, terminal and API say of each value: tests/pages/agreement sees that it is the same."""
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        asked = YearAsOf(area_of(connection, AREA), 2016, Language.SV, today())
        return read_year(connection, catalogue_in_force(connection), asked)


@pytest.fixture
async def visitor(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of who reads Landskrona's agreement."""
    async with browser(app) as client:
        await sign_in(client, invite(database_url, "reader@kommun.example", [GivenRole(PersonRole.READER, AREA)]))
        yield client


async def download(client: httpx.AsyncClient, path: str, query: str = QUERY) -> httpx.Response:
    """Return a file of the agreement's."""
    answer = await client.get(f"{OVERVIEW}/{path}?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["cache-control"] == "no-store"
    return answer
