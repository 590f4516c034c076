"""A report changes the signal of its figure within a minute, by the worker as it runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from services.api.http.routing import BASE
from tests.landskrona.conftest import values_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

SECONDS = 60.0
CLEANUP = {
    "source": "streets",
    "externalId": "signal-1",
    "type": "graffiti-cleanup",
    "agreement": "landskrona-2015-2016",
    "annex": 4,
    "area": "1282-karlslund",
    "status": "performed",
    "start": "2016-06-13",
}


@pytest.fixture
def _worker(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[None]:
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    environment["SAMVERKAN_WORKER_METRICS_PORT"] = "0"
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.indicators.worker"], env=environment, stdout=log, stderr=log
        )
    yield
    process.kill()
    process.wait()


async def _observed(client: httpx.AsyncClient) -> float | None:
    """Return the count of the tertial that its signal tells of; None while the figure is newer than any signal."""
    [value] = await values_of(client, indicator="graffiti-cleanups", area="1282", period="2016-T2", slice="all")
    signal: dict[str, float] | None = value["signal"]
    return None if signal is None else signal["observed"]


@pytest.mark.usefixtures("_worker")
async def test_a_report_changes_the_signal_of_its_tertial_within_a_minute(reporter: httpx.AsyncClient) -> None:
    before = await _observed(reporter)
    assert before is not None
    assert (await reporter.post(f"{BASE}/activities", json=CLEANUP)).status_code == 201
    began = time.monotonic()
    while await _observed(reporter) != before + 1:
        assert time.monotonic() - began < SECONDS
        await asyncio.sleep(0.2)
