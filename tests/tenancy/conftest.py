from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from services.api.odata.routes import ROOT
from services.cli import cluster
from services.cli.data_directory import DataDirectory
from shared.db.access import Access
from shared.db.conninfo import conninfo_of
from shared.db.keys import KeyScope
from tests.api.odata.conftest import keeps_form
from tests.conftest import BASE_URL
from tests.contract import keeps_contract_of
from tests.extent import sample_of
from tests.tenancy.full_tables import fill
from tests.tenancy.rows import access_of
from tests.tenancy.tenants import OTHER, OWN, Caller, Tenants, put_neighbours


@pytest.fixture(scope="module")
def year_url(year_database: Callable[[], str]) -> str:
    """Return a database with Landskrona's year, which the module's tests share."""
    return year_database()


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that sends what a request says of itself, and compares every answer with the specification."""
    keeps_contract = keeps_contract_of(app)

    async def keeps_form_of_either(response: httpx.Response) -> None:
        await (keeps_form if response.request.url.path.startswith(ROOT) else keeps_contract)(response)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=BASE_URL,
        event_hooks={"response": [keeps_form_of_either]},
    ) as client:
        yield client


@pytest.fixture
async def tenants(anyone: httpx.AsyncClient, database_url: str, api_keys: Mapping[KeyScope, str]) -> Tenants:
    """Return all who ask, with Landskrona's neighbours; `anyone` asks as Landskrona where it says nothing else."""
    anyone.headers["Authorization"] = f"Bearer {api_keys[KeyScope.ADMINISTER]}"
    await put_neighbours(anyone)
    tenants = Tenants(database_url)
    tenants.issue()
    anyone.headers.update(tenants.headers(Caller.OWN))
    return tenants


@pytest.fixture(scope="session")
def filled_database(year_database: Callable[[], str], copy_of: Callable[[str], str]) -> Callable[[], str]:
    """Return what makes a database with rows of both municipalities in every table; they are put in once."""
    url = year_database()
    with psycopg.connect(conninfo_of(url), autocommit=True) as connection:
        fill(connection)
        connection.execute("ANALYZE")
    return partial(copy_of, str(make_url(url).database))


@pytest.fixture(scope="module")
def owner(filled_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    """Return a connection that sees all, to a database with rows of both municipalities in every table."""
    with psycopg.connect(conninfo_of(filled_database()), autocommit=True) as connection:
        yield connection


@pytest.fixture
def api(owner: psycopg.Connection, data_directory: DataDirectory) -> Iterator[psycopg.Connection]:
    """Return a connection by which the API would log in, with no access yet."""
    password = cluster.password_of(data_directory, cluster.API_LOGIN)
    login = make_conninfo(owner.info.dsn, user=cluster.API_LOGIN, password=password)
    with psycopg.connect(login, autocommit=True) as connection:
        yield connection


@pytest.fixture(params=sample_of([OWN, OTHER], 2))
def access(request: pytest.FixtureRequest, owner: psycopg.Connection) -> Access:
    """Return the access of who administers one of the municipalities."""
    return access_of(owner, request.param)
