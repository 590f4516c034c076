"""Five ways through the project, each driven for real: an activity, a GET, an import, a webhook, a survey figure.

Run it with `python -m tests.architecture.ways` to print the files of each, by the legs of the way: what a request runs
before it is answered, what the worker does once it has heard of it (`worker`) or at a tick of its clock (`tick`). Each
is the second of two alike: what the service reads when it starts or first needs it, such as the definitions and the
keys, is not on the way.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from sqlalchemy import NullPool, create_engine

from services.api.app import create_app
from services.api.http.routing import BASE
from services.cli import client as cli
from services.cli import demo, embedded, migrations
from services.cli.data_directory import DataDirectory
from services.indicators.worker import ComputingWorker
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from shared.settings import Settings
from tests.architecture.tracer import files_that_run, on_leg
from tests.conftest import served
from tests.feed.receiver import receiving

# The most files that a way may pass.
LONGEST = {"activity": 25, "GET": 9, "import": 15, "webhook": 6, "survey figure": 12}
SECONDS = 60.0
LOOPBACK = (ip_network("127.0.0.0/8"),)
COLUMNS = ("source", "externalId", "type", "agreement", "annex", "area", "status", "start")
WALKS, SURVEY = "safety-walks", "feels-safe-outdoors"

Way = dict[str, list[str]]


class Ways:
    """A service whose answers and worker run here, and what is sent through it."""

    def __init__(self, client: httpx.AsyncClient, worker: ComputingWorker) -> None:
        self._client = client
        self._worker = worker

    async def follow_all(self) -> dict[str, Way]:
        """Return the files of each way by its legs; what goes before has filled what the service remembers."""
        return {
            "activity": await self._follow(self._activity, ("POST", "worker", "GET")),
            "GET": await self._follow(self._get, ("GET",)),
            "import": await self._follow(self._import, ("POST",)),
            "webhook": await self._webhook(),
            "survey figure": await self._follow(self._survey_figure, ("POST", "tick", "GET")),
        }

    async def _follow(self, go: Callable[[int], Awaitable[None]], legs: Sequence[str]) -> Way:
        await go(1)
        await self._at_rest()
        with files_that_run(legs) as found:
            await go(2)
        await self._at_rest()
        return found

    async def _activity(self, number: int) -> None:
        """Report an activity, and ask for its figure until the worker has counted it."""
        await self._post("activities", _walk(number))
        await self._until_served(WALKS, "2016-04", number)

    async def _get(self, _number: int) -> None:
        await self._values(WALKS, "2016-04")

    async def _import(self, number: int) -> None:
        """Import a file, until its rows are stored with their marks; the figures follow as those of one activity."""
        walk = _walk(10 + number)
        header = ",".join((*COLUMNS, "participants.residents"))
        line = ",".join(str(walk[name]) for name in COLUMNS) + ",21"
        headers = {"Content-Type": "text/csv"}
        with on_leg("POST"):
            address = f"{BASE}/activity-imports"
            report = await self._client.post(address, content=f"{header}\n{line}\n", headers=headers)
        assert report.json()["created"] == 1, report.text

    async def _survey_figure(self, number: int) -> None:
        """Report the figure of a survey, have the worker look as it does each second, and ask until it is served."""
        year = str(2014 + number)
        survey = {"source": "survey", "measure": SURVEY, "area": "1282", "period": year, "finality": "final"}
        await self._post("observations", {**survey, "status": "observed", "numerator": 29, "denominator": 40})
        await self._until_served(SURVEY, year, 72.5, "roll up")

    async def _webhook(self) -> Way:
        """Subscribe; once a figure has changed, have the worker look until the subscriber has taken the message."""
        async with receiving() as receiver:
            subscribed = await self._post("webhooks", {"url": receiver.url, "indicators": [WALKS], "areas": ["1282"]})
            deliveries = f"{BASE}/webhooks/{subscribed['id']}/deliveries"
            await self._delivered(deliveries, 1)
            for number in (21, 22):
                await self._post("activities", _walk(number))
                await self._at_rest()
                with files_that_run(("tick",)) as found:
                    await self._delivered(deliveries, len(receiver.calls) + 1)
        return found

    async def _delivered(self, deliveries: str, messages: int) -> None:
        """Have the worker look as its clock does each second, until so many messages are taken and written down."""
        deadline = time.monotonic() + SECONDS
        while True:
            listed = (await self._client.get(deliveries)).json()["deliveries"]
            if [one["outcome"] for one in listed] == ["delivered"] * messages:
                return
            assert time.monotonic() < deadline, listed
            await self._tick("dispatch")
            await asyncio.sleep(0.05)

    async def _tick(self, name: str) -> None:
        """Do what the worker does at a tick of its clock."""
        with on_leg("tick"):
            await self._worker.ticks()[name].work()

    async def _post(self, noun: str, document: Mapping[str, Any]) -> dict[str, Any]:
        with on_leg("POST"):
            response = await self._client.post(f"{BASE}/{noun}", json=document)
        assert response.status_code == httpx.codes.CREATED, response.text
        created: dict[str, Any] = response.json()
        return created

    async def _values(self, indicator: str, period: str) -> list[dict[str, Any]]:
        query = {"indicator": indicator, "area": "1282", "period": period, "slice": "all"}
        with on_leg("GET"):
            response = await self._client.get(f"{BASE}/indicator-values", params=query)
        found: list[dict[str, Any]] = response.raise_for_status().json()["indicatorValues"]
        return found

    async def _until_served(self, indicator: str, period: str, value: float, tick: str = "") -> None:
        deadline = time.monotonic() + SECONDS
        while (served := await self._values(indicator, period)) == [] or served[0]["value"] != value:
            assert time.monotonic() < deadline, served
            if tick:
                await self._tick(tick)
            await asyncio.sleep(0.02)

    async def _at_rest(self) -> None:
        """Have the levels above and the comparisons follow, until no mark is left."""
        deadline = time.monotonic() + SECONDS
        while (await self._client.get("/health/ready")).json()["oldestMarkSeconds"] is not None:
            assert time.monotonic() < deadline, "marks are left"
            await self._worker.roll_up()
            await self._worker.compare()
            await asyncio.sleep(0.05)


def _walk(number: int) -> dict[str, Any]:
    """Return a safety walk; those that are compared by their figure are in a month of their own."""
    return {
        "source": "test",
        "externalId": f"walk-{number}",
        "type": "safety-walk",
        "agreement": "landskrona-2015-2016",
        "annex": 3,
        "area": "1282-karlslund",
        "status": "performed",
        "start": f"2016-{4 if number < 10 else 5:02}-12",
        "participants": {"residents": 21},
    }


@asynccontextmanager
async def _service(settings: Settings, key: str) -> AsyncIterator[Ways]:
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.public_url, headers=headers) as client,
        _running_worker(settings) as worker,
    ):
        yield Ways(client, worker)


@asynccontextmanager
async def _running_worker(settings: Settings) -> AsyncIterator[ComputingWorker]:
    """Run the worker as it is shipped, but without its clock: it hears the API, and no more."""
    worker = ComputingWorker(settings)
    with on_leg("worker"):
        await worker.start()
    yield worker
    await worker.stop()


def load_agreement(url: str, address: str, key: str) -> None:
    """Load Landskrona's places and agreement through a service that runs on the database."""
    with cli.connect(address, key) as client:
        for name, put in demo.BEFORE.items():
            put(client, demo.DATA / name, cli.ignore_progress)


async def follow_ways(settings: Settings, key: str) -> dict[str, Way]:
    """Return the files that each way passes, on a database that has Landskrona's agreement."""
    async with _service(settings, key) as ways:
        return await ways.follow_all()


def main() -> None:
    """Print the files of each way, for people by its legs, or with `--json` as one list."""
    with TemporaryDirectory(prefix="samverkan-ways-") as folder:
        directory = DataDirectory(Path(folder))
        with (
            directory.locked(),
            embedded.running(embedded.postgres(directory)) as url,
            embedded.running(embedded.valkey(directory)) as redis_url,
        ):
            migrations.upgrade(url)
            with create_engine(url, poolclass=NullPool).begin() as connection:
                key = keys.create(connection, "ways", [KeyScope.ADMINISTER], [COUNTRY])
            settings = Settings(
                database_url=url,
                redis_url=redis_url,
                public_url="http://testserver.example",
                log_level="warning",
                trusted_networks=LOOPBACK,
            )
            with served(settings) as address:
                load_agreement(url, address, key)
            found = asyncio.run(follow_ways(settings, key))
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({name: [*chain.from_iterable(way.values())] for name, way in found.items()}))
    else:
        sys.stdout.write("\n".join(line for name, way in found.items() for line in _described(name, way)))


def _described(name: str, way: Way) -> Iterator[str]:
    yield f"{name}: {sum(map(len, way.values()))} files, at most {LONGEST[name]}"
    for leg, files in way.items():
        yield from (f"  {leg}", *(f"    {file}" for file in files))


if __name__ == "__main__":
    main()
