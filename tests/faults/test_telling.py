"""The worker that sends webhooks is killed in the middle of it, again and again: everything arrives all the same."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.indicators.webhooks.outbox import LEASE
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.outgoing import SECONDS_TO_SEND
from shared.db.keys import KeyScope
from shared.domain.period import today
from shared.facts.series import put_series
from shared.settings import Settings
from tests.conftest import served
from tests.extent import ONLY_LONG_OR_FAULTS, amount
from tests.feed.follower import CLEANUPS, LANDSKRONA, SKANE, served_values, write
from tests.feed.receiver import Call, Receiver, receiving, well

pytestmark = pytest.mark.timeout(90)

DEATHS = amount(2, 5)  # before and after an answer, by turns


class Worker:
    """A worker process that can be killed and started again."""

    def __init__(self, database_url: str, redis_url: str, log: Path) -> None:
        self.log = log
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SAMVERKAN_TRUSTED_NETWORKS": "127.0.0.1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            command = [sys.executable, "-m", "services.indicators.worker"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)

    def kill(self) -> None:
        """Kill it outright; it has no time for last words."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def worker(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(database_url, redis_url, tmp_path / "worker.log")
    yield worker
    worker.kill()


def test_a_message_is_taken_for_lost_only_when_no_one_can_be_sending_it() -> None:
    assert LEASE.total_seconds() > 2 * SECONDS_TO_SEND


@ONLY_LONG_OR_FAULTS  # that two who deliver send each message once is tests/feed/test_delivery.py's
async def test_everything_arrives_though_the_worker_dies_while_it_sends(
    database_url: str, redis_url: str, engine: AsyncEngine, worker: Worker, api_keys: Mapping[KeyScope, str]
) -> None:
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        log_level="warning",
        trusted_networks=(ip_network("127.0.0.1"),),
    )
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), today())
    deaths = 0

    async def deadly(receiver: Receiver, call: Call, writer: asyncio.StreamWriter) -> None:
        """Kill the worker: before it has an answer, or once it has one and before it can write that down."""
        nonlocal deaths
        deaths += 1
        if deaths % 2:
            await well(receiver, call, writer)
        worker.kill()
        worker.start()

    async with receiving() as receiver:
        with served(settings) as address:
            headers = {"Authorization": f"Bearer {api_keys[KeyScope.ADMINISTER]}"}
            async with httpx.AsyncClient(base_url=address, headers=headers) as client:
                subscribed = (await client.post(f"{BASE}/webhooks", json={"url": receiver.url})).json()
        receiver.behaviours = [well, *[behaviour for _ in range(DEATHS) for behaviour in (deadly, well)]]
        worker.start()
        random = Random(4)
        while deaths < DEATHS or receiver.values() != await served_values(database_url):
            async with engine.begin() as connection:
                # The lease of who died has run out.
                await connection.execute(text("UPDATE webhook_message SET due_at = now() WHERE status = 'pending'"))
                if deaths < DEATHS:
                    key = (CLEANUPS, random.choice((LANDSKRONA, SKANE)), random.randint(1, 12))
                    await write(connection, {key: random.choice((None, random.randint(0, 99)))})
            await asyncio.sleep(0.1)
        receiver.verify(subscribed["secret"])
    bodies: dict[str, set[str]] = {}
    for call in receiver.changes:
        bodies.setdefault(call.message_id, set()).add(call.body)
    assert all(len(sent) == 1 for sent in bodies.values())
    assert len(receiver.changes) > len(bodies)
