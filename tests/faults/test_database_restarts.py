"""PostgreSQL restarts, and is away, while the API serves: `trials B14`. It has a server of its own here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from sqlalchemy import NullPool, create_engine

from services.api.app import create_app
from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from services.cli import migrations
from services.cli.data_directory import DataDirectory
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from shared.settings import Settings
from tests.conftest import BASE_URL
from tests.extent import sample_of
from tests.faults.servers import Postgres

pytestmark = [pytest.mark.server, pytest.mark.timeout(90)]

# By way of each pool: keys and writes, reads, figures, the feed.
READS = ("areas", "activities", "indicator-values", "indicator-value-files", "changes", "indicators")
FEED = f"{ROOT}/Areas?$top=1"
NOTE = {"indicator": "workshops", "area": "1282", "period": "2016-03", "text": "Snö."}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with TemporaryDirectory(prefix="samverkan-test-") as path:
        directory = DataDirectory(Path(path))
        with directory.locked():
            server = Postgres(directory)
            server.start()
            try:
                yield server
            finally:
                server.stop()


@pytest.fixture(scope="module")
def key(postgres: Postgres) -> str:
    migrations.upgrade(postgres.url)
    with create_engine(postgres.url, poolclass=NullPool).begin() as connection:
        return keys.create(connection, "test", [KeyScope.REPORT], [COUNTRY])


@pytest.fixture
async def client(postgres: Postgres, key: str, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=postgres.url, redis_url=redis_url, public_url=BASE_URL, log_level="error"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url=BASE_URL, headers={"Authorization": f"Bearer {key}"}, timeout=30
        ) as client,
    ):
        for address in [*(f"{BASE}/{path}" for path in READS), FEED]:
            assert (await client.get(address)).status_code == 200
        assert (await client.post(f"{BASE}/notes", json=NOTE)).status_code == 201
        yield client


async def test_the_first_request_after_a_restart_is_answered(client: httpx.AsyncClient, postgres: Postgres) -> None:
    for path in sample_of(READS, 2):
        with postgres.away():
            pass
        assert (await client.get(f"{BASE}/{path}")).status_code == 200, path
        assert (await client.get(f"{BASE}/{path}")).status_code == 200, path
    with postgres.away():
        pass
    assert (await client.get(FEED)).status_code == 200
    with postgres.away():
        pass
    assert (await client.post(f"{BASE}/notes", json=NOTE)).status_code == 201


async def test_while_it_is_away_the_client_is_to_come_again(client: httpx.AsyncClient, postgres: Postgres) -> None:
    with postgres.away():
        began = time.monotonic()
        asked = (*(client.get(f"{BASE}/{path}") for path in READS), client.post(f"{BASE}/notes", json=NOTE))
        for answer in await asyncio.gather(*asked, client.get(FEED)):
            assert answer.status_code == 503, (answer.url, answer.text)
            assert int(answer.headers["retry-after"]) > 0
        assert time.monotonic() - began < 45
    assert (await client.get(FEED)).status_code == 200
    assert (await client.get(f"{BASE}/indicator-values")).status_code == 200
