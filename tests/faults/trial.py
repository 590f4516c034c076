"""A fault, with clients that write all the while: what became of their writes, and when things were well again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from typing import Any

import httpx
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from shared.domain.period import today
from tests.faults.recount import differences
from tests.faults.servers import Service, wait_until

SECONDS_TO_BE_WELL = 10.0
SECONDS_TO_ANSWER = 30.0
PLACE, PERIOD = "1282-karlslund", "2016-04"
WALK = {
    "source": "faults",
    "type": "safety-walk",
    "agreement": "landskrona-2015-2016",
    "annex": 3,
    "area": PLACE,
    "status": "performed",
    "start": "2016-04-12",
    "participants": {"residents": 21},
}
IS_QUIET = """SELECT NOT EXISTS (SELECT FROM dirty_mark WHERE ripens_on <= :today)
                 AND NOT EXISTS (SELECT FROM rollup_mark) AND NOT EXISTS (SELECT FROM comparison_mark)
                 AND NOT EXISTS (SELECT FROM signal_mark)"""


@dataclass(slots=True)
class Row:
    """What a fault did, as `make faults` shows it; the seconds are the worst of all times, counted from its end."""

    fault: str
    times: int = 0
    answered: int = 0
    refused: int = 0
    lost: int = 0
    double: int = 0
    different: int = 0
    wrong: int = 0
    write_seconds: float = 0.0
    figure_seconds: float = 0.0


@dataclass
class Writers:
    """Clients that report activities without pause, each until it is answered, and one that reads.

    `may_cut`: the API itself is what fails, so that its connections end without an answer.
    """

    service: Service
    may_cut: bool = False
    clients: int = 4
    answered: list[tuple[float, str]] = field(default_factory=list)  # when it was first sent, and which
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _stopping: Event = field(default_factory=Event)
    _gave_up: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def writing(self) -> Iterator[None]:
        threads = [Thread(target=self._write) for _ in range(self.clients)] + [Thread(target=self._read)]
        for thread in threads:
            thread.start()
        try:
            yield
        except BaseException:
            self._gave_up.set()
            raise
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.service.key}"}
        return httpx.Client(base_url=self.service.address.url + BASE, headers=headers, timeout=SECONDS_TO_ANSWER)

    def _write(self) -> None:
        with self._client() as client:
            while not self._stopping.is_set():
                with self._lock:
                    name = f"walk-{next(self._numbers)}"
                self._write_one(client, name)
                self._stopping.wait(0.02)

    def _write_one(self, client: httpx.Client, name: str) -> None:
        """Send an activity again and again, as a client must that has had no answer."""
        while True:
            began = time.monotonic()
            status = self._ask(client, "POST", "/activities", WALK | {"externalId": name})
            if status in {200, 201}:
                with self._lock:
                    self.answered.append((began, name))
                return
            if self._gave_up.is_set():
                return
            time.sleep(0.1)

    def _read(self) -> None:
        with self._client() as client:
            for address in iter_forever(("/indicator-values?limit=10", "/activities?limit=10", "/areas?limit=10")):
                if self._stopping.is_set():
                    return
                self._ask(client, "GET", address)
                time.sleep(0.05)

    def _ask(self, client: httpx.Client, method: str, address: str, body: object = None) -> int:
        try:
            answer = client.request(method, address, json=body)
        except httpx.TransportError as error:
            if not self.may_cut:
                self.wrong.append(f"{method} {address}: {error!r}")
            return 0
        if answer.is_success:
            return answer.status_code
        is_right = answer.status_code == 503 and "retry-after" in answer.headers and answer.json()["status"] == 503
        with self._lock:
            if is_right:
                self.refused += 1
            else:
                self.wrong.append(f"{method} {address}: {answer.status_code} {answer.text[:200]}")
        return answer.status_code

    def answered_since(self, moment: float) -> list[str]:
        """Return the writes that were begun after a moment and are answered."""
        with self._lock:
            return [name for began, name in self.answered if began >= moment]


def iter_forever(addresses: tuple[str, ...]) -> Iterator[str]:
    while True:
        yield from addresses


class Trial:
    """Does a fault to a service a number of times, beside writers, and recounts afterwards."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def run(
        self,
        name: str,
        fault: Callable[[], AbstractContextManager[None]],
        *,
        times: int = 1,
        seconds: float = 1.0,
        may_cut: bool = False,
    ) -> Row:
        """Return what happened; `fault` is in force for so many seconds each time."""
        row = Row(name)
        writers = Writers(self._service, may_cut)
        before = {name for name, _ in self._stored()}
        self._name_afresh(writers, len(before))
        with writers.writing():
            for _ in range(times):
                self._wait(lambda: len(writers.answered) >= 3, 30, "writes are answered")
                with fault():
                    self._pass(seconds)
                self._measure(row, writers, before)
        self._recount(row, writers, before)
        return row

    @staticmethod
    def _name_afresh(writers: Writers, first: int) -> None:
        writers._numbers = count(first)

    def _measure(self, row: Row, writers: Writers, before: set[str]) -> None:
        """Wait until a write that was begun after the fault is answered, and then until its figure shows."""
        ended = time.monotonic()
        self._wait(lambda: bool(writers.answered_since(ended)), 60, "a write is answered")
        row.write_seconds = max(row.write_seconds, time.monotonic() - ended)
        written = len(before) + len(writers.answered)
        self._wait(lambda: self._figure() >= written, 60, f"its figure, {written}, shows")
        row.figure_seconds = max(row.figure_seconds, time.monotonic() - ended)
        row.times += 1

    def _recount(self, row: Row, writers: Writers, before: set[str]) -> None:
        self._wait(self._is_quiet, 60, "all is computed")
        stored = self._stored()
        answered = {name for _, name in writers.answered}
        row.answered, row.refused, row.wrong = len(answered), writers.refused, len(writers.wrong)
        row.lost = len((answered | before) - {name for name, _ in stored})
        row.double = sum(Counter(name for name, _ in stored).values()) - len({name for name, _ in stored})
        row.different = asyncio.run(differences(self._service.database_url)) + abs(self._figure() - len(stored))
        assert writers.wrong == [], (writers.wrong[:5], self._service.output())
        # One line of log for each request that failed, and no traceback.
        assert 'api:   File "' not in self._service.log.read_text(), self._service.output()

    def _wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        def looked_after() -> bool:
            self._service.look_after()
            return condition()

        wait_until(looked_after, seconds, what, self._service.output)

    def _pass(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._wait(lambda: time.monotonic() >= until, seconds + 5, "time passes")

    def _stored(self) -> list[tuple[str, str]]:
        return [(row.external_id, row.id) for row in self._rows("SELECT external_id, activity_id AS id FROM activity")]

    def _is_quiet(self) -> bool:
        return bool(self._rows(IS_QUIET, today=today())[0][0])

    def _figure(self) -> int:
        """Return the number of walks of the month that the API serves; 0 while it cannot be asked."""
        query = {"indicator": "safety-walks", "area": "1282", "period": PERIOD}
        headers = {"Authorization": f"Bearer {self._service.key}"}
        try:
            answer = httpx.get(
                f"{self._service.address.url}{BASE}/indicator-values", params=query, headers=headers, timeout=5
            )
        except httpx.TransportError:
            return 0
        found = answer.json()["indicatorValues"] if answer.is_success else []
        return int(found[0]["numerator"] or 0) if found else 0

    def _rows(self, statement: str, **parameters: object) -> list[Any]:
        with create_engine(self._service.database_url, poolclass=NullPool).connect() as connection:
            return [*connection.execute(text(statement), parameters)]
