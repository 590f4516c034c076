"""An API that is killed while it imports: what it had promised is done, once, by the next."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import NullPool, create_engine

from services.cli import client, serve
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.benchmarks.servers import free_address
from tests.extent import ONLY_LONG_OR_FAULTS

pytestmark = pytest.mark.timeout(120)

ROWS = 11_000  # two chunks and more
SECONDS = 60.0
LANDSKRONA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
HEADER = "source,externalId,type,agreement,annex,area,status,start,participants.residents"
ROW = "test,walk-{},safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12,21"


class Api:
    """The API as a process of its own, on one database and at one address."""

    def __init__(self, settings: Settings, address: serve.Address, key: str, log: Path) -> None:
        self.program = serve.api(settings, address)
        self.address = address
        self.client = client.connect(address.url, key)
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            environment = self.program.environment
            self.process = subprocess.Popen(self.program.command, env=environment, stdout=output, stderr=output)
        wait_until(lambda: serve.answers(self.address), "the API answers", self.log)

    def kill(self) -> None:
        """Kill it outright; it has no time for last words."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def wait_until(condition: Callable[[], bool], what: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {SECONDS:g} s: {what}\n{log.read_text()[-4000:]}"
        time.sleep(0.005)


@pytest.fixture
def api(database_url: str, redis_url: str, api_keys: Mapping[KeyScope, str], tmp_path: Path) -> Iterator[Api]:
    address = free_address()
    settings = Settings(database_url=database_url, redis_url=redis_url, public_url=address.url, log_level="warning")
    api = Api(settings, address, api_keys[KeyScope.ADMINISTER], tmp_path / "api.log")
    api.start()
    client.put_areas(api.client, LANDSKRONA / "places.csv")
    client.put_agreement(api.client, LANDSKRONA / "agreement-2015-2016.yaml")
    yield api
    api.kill()
    api.client.close()


@ONLY_LONG_OR_FAULTS  # that a chunk is kept, and the next one begun with, is tests/api/test_background_imports.py's
def test_an_import_whose_process_is_killed_is_finished_by_the_next_each_row_once(
    api: Api, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "walks.csv"
    file.write_text("\n".join([HEADER, *map(ROW.format, range(ROWS)), "broken"]), encoding="utf-8")
    accepted = client.send_file(api.client, file, "activity-imports", {})
    address = f"/activity-imports/{accepted['id']}"

    def report() -> dict[str, Any]:
        answer: dict[str, Any] = api.client.get(address).json()
        return answer

    wait_until(lambda: report()["rows"] > 0, "it has begun", api.log)
    api.kill()
    with pytest.raises(httpx.TransportError):
        report()
    assert 0 < _number(database_url, "SELECT count(*) FROM activity") < ROWS, "it was killed too late to show anything"
    api.start()
    wait_until(lambda: report()["endedAt"] is not None, "it has ended", api.log)
    ended = report()
    assert (ended["status"], ended["rows"], ended["created"], ended["refused"]) == ("completed", ROWS + 1, ROWS, 1)
    assert {remark["row"] for remark in ended["remarks"]} == {ROWS + 2}
    assert _number(database_url, "SELECT count(*) FROM activity") == ROWS
    assert _number(database_url, "SELECT count(*) FROM file_import_piece") == 0


def _number(database_url: str, statement: str) -> int:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        number: int = connection.exec_driver_sql(statement).scalar_one()
    return number
