"""Clients who ask and post while the service is attacked, and what became of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from threading import Event, Thread
from uuid import uuid4

import httpx
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from tests.abuse.service import WALK, Service, on_this_machine

PAUSE = 0.02
SECONDS_TO_BEGIN = 20.0
ASKED = (*(f"{BASE}/{path}" for path in ("areas?limit=20", "indicators", "activities?limit=20", "activity-types")),)
MOST_SECONDS = 2.0
MOST_SECONDS_OF_P99 = 0.25
# Of fewer answers the slowest of a hundred is just the slowest.
ENOUGH = 100
# An answer takes several steps where that of the bystander takes one: each is as late as this machine.
STEPS = 8
MOST_MIB = 1024.0


@dataclass(slots=True)
class Neighbour:
    """One client: how each of its requests ended, by status or by the error's name, and how long each took."""

    name: str
    outcomes: Counter[int | str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """The longest that it has waited."""
        return max(self.seconds, default=0.0)

    def quantile(self, share: float) -> float:
        """Return the time within which that share of its requests was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


@dataclass(slots=True)
class Report:
    """What became of the neighbours, and of the service, while it was attacked."""

    service: Service
    neighbours: list[Neighbour]
    bystander: Neighbour
    posted: set[str] = field(default_factory=set)
    peak_mib: float = 0.0
    lost: set[str] = field(default_factory=set)

    def assert_unharmed(self, *, seconds: float = MOST_SECONDS, mib: float = MOST_MIB) -> None:
        """See that every neighbour was answered, in time, and that nothing that was answered is lost.

        Nobody waits longer than `seconds`, and of a hundred answers 99 are there within MOST_SECONDS_OF_P99, but for
        what the machine is late: a server that nobody attacks is asked at the same moments. A calm time before would
        not tell, since others may begin their work at any moment.
        """
        most = seconds + self.bystander.slowest
        p99 = MOST_SECONDS_OF_P99 + STEPS * self.bystander.quantile(0.99)
        for one in self.neighbours:
            assert one.seconds, f"the {one.name} was never answered\n{self}"
            assert one.outcomes.keys() <= {200, 201}, f"the {one.name} was not answered well\n{self}"
            assert one.slowest < most, f"the {one.name} waited too long\n{self}"
            assert len(one.seconds) < ENOUGH or one.quantile(0.99) < p99, f"the {one.name} waited too often\n{self}"
        assert self.peak_mib < mib, str(self)
        assert self.lost == set(), str(self)

    def __str__(self) -> str:
        lines = [
            f"{one.name}: {dict(one.outcomes)}, median {one.quantile(0.5) * 1000:.0f} ms, "
            f"p99 {one.quantile(0.99) * 1000:.0f} ms, slowest {one.slowest * 1000:.0f} ms"
            for one in (*self.neighbours, self.bystander)
        ]
        return "\n".join([*lines, f"memory at most {self.peak_mib:.0f} MiB; lost: {sorted(self.lost)}"])


class Neighbours:
    """Three clients in a thread: one asks, one posts, and one without a key looks whether anyone is at home.

    The last one's address needs neither the database nor Redis: it is answered as late as the loop is.
    """

    def __init__(self, service: Service, bystander_url: str) -> None:
        self._service = service
        self._bystander_url = bystander_url
        self._stopping = Event()
        # Without digits: some would be those of a personal identity number, which is refused.
        self._run = uuid4().hex[:8].translate(str.maketrans("0123456789", "ghijklmnop"))
        self.report = Report(
            service, [Neighbour("asker"), Neighbour("poster"), Neighbour("looker")], Neighbour("bystander")
        )

    def run(self) -> None:
        """Ask and post until told to stop."""
        asyncio.run(self._run_all())

    def wait_until_all_are_at_it(self) -> None:
        """Return once each has been answered; what is measured begins then."""
        deadline = time.monotonic() + SECONDS_TO_BEGIN
        everyone = (*self.report.neighbours, self.report.bystander)
        while not all(one.seconds for one in everyone):
            assert time.monotonic() < deadline, f"they do not begin\n{self.report}"
            time.sleep(PAUSE)
        for one in everyone:
            one.outcomes.clear()
            one.seconds.clear()

    def stop(self) -> None:
        """Let each finish what it has begun."""
        self._stopping.set()

    async def _run_all(self) -> None:
        asker, poster, looker = self.report.neighbours
        await asyncio.gather(self._ask(asker), self._post(poster), self._look(looker), self._ask_bystander())

    async def _ask(self, me: Neighbour) -> None:
        async with self._client(2, self._service.headers(KeyScope.READ)) as client:
            for path in cycle(ASKED):
                if self._stopping.is_set():
                    return
                await self._answered(me, client.get(path))

    async def _post(self, me: Neighbour) -> None:
        number = 0
        async with self._client(3, self._service.headers(KeyScope.REPORT)) as client:
            while not self._stopping.is_set():
                number += 1
                walk = {**WALK, "externalId": f"neighbour-{self._run}-{number}"}
                if await self._answered(me, client.post(f"{BASE}/activities", json=walk)) == httpx.codes.CREATED:
                    self.report.posted.add(walk["externalId"])  # type: ignore[arg-type]  # a text

    async def _look(self, me: Neighbour) -> None:
        async with self._client(4, {}) as client:
            while not self._stopping.is_set():
                await self._answered(me, client.get("/health/live"))

    async def _ask_bystander(self) -> None:
        async with httpx.AsyncClient(base_url=self._bystander_url, timeout=30) as client:
            while not self._stopping.is_set():
                await self._answered(self.report.bystander, client.get("/"))

    def _client(self, last: int, headers: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(verify=False, local_address=on_this_machine(last))
        return httpx.AsyncClient(transport=transport, base_url=self._service.url, headers=headers, timeout=30)

    async def _answered(self, me: Neighbour, asking: object) -> int | None:
        started_at = time.monotonic()
        status: int | None = None
        try:
            status = (await asking).status_code  # type: ignore[misc]  # a request that is being sent
        except httpx.TransportError as error:
            me.outcomes[type(error).__name__] += 1
        else:
            me.outcomes[status] += 1
        me.seconds.append(time.monotonic() - started_at)
        await asyncio.sleep(PAUSE)
        return status


@contextmanager
def neighbours_of(service: Service, bystander_url: str) -> Iterator[Report]:
    """Let neighbours ask and post meanwhile; afterwards the report says how they fared, and the service is as before.

    Raises:
        AssertionError: connections are left, or an answer that should be steady has changed.
    """
    before, sockets = service.steady_answers(), service.open_sockets()
    neighbours = Neighbours(service, bystander_url)
    thread = Thread(target=neighbours.run, name="neighbours")
    service.forget_peak()
    thread.start()
    try:
        neighbours.wait_until_all_are_at_it()
        yield neighbours.report
        time.sleep(5 * PAUSE)
    finally:
        neighbours.stop()
        thread.join()
    report = neighbours.report
    report.peak_mib = service.peak_mib()
    report.lost = report.posted - _stored(service, report.posted)
    service.settle(sockets + len(report.neighbours))
    assert service.steady_answers() == before


def _stored(service: Service, posted: set[str]) -> set[str]:
    with create_engine(service.database_url, poolclass=NullPool).connect() as connection:
        statement = text("SELECT external_id FROM activity WHERE external_id = ANY(:posted)")
        return set(connection.execute(statement, {"posted": sorted(posted)}).scalars())
