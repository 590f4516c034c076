"""Fills the database of another commit through that commit's own commands and API: its tables may be quite different.

The world is read from our own API and sent as it is read; the activities are the same as ours, sent as files.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from typing import Any

import httpx

from services.cli.serve import Address
from tests.benchmarks import servers
from tests.benchmarks.activities import make_activities
from tests.benchmarks.activity_file import csv_file
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.fixture_world import Place
from tests.benchmarks.servers import API, Service

ROWS_A_FILE = 100_000
MOST_A_PAGE = 1000
SECONDS_TO_ANSWER = 3600.0
# A name or a place in a list, in the path of a field.
_STEP = re.compile(r"[^.\[\]]+")


def run_command(service: Service, *arguments: str) -> str:
    """Run a `samverkan` command of a service's own and return what it writes."""
    done = subprocess.run(
        (service.installation.command, *arguments),
        env=service.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"samverkan {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


def make_world(service: Service, bench: Bench) -> Database:
    """Fill an empty database with what our own world has; return it with a key."""
    run_command(service, "migrate")
    # A commit from before keys were for areas has none to name.
    everywhere = ["--area", "SE"] if "--area" in run_command(service, "keys", "create", "--help") else []
    key = run_command(service, "keys", "create", "--name", "benchmarks", "--scope", "administer", *everywhere)
    database = replace(service.database, key=key)
    world = bench.servers.service(bench.databases.world())
    with (
        servers.running_api(world) as source,
        servers.running_api(replace(service, database=database)) as target,
        _client(source, world.database.key) as ours,
        _client(target, key) as theirs,
    ):
        _send_world(ours, theirs, bench.databases.places())
    return database


def add_activities(service: Service, bench: Bench) -> None:
    """Import as many activities as ours has, and compute all figures of them."""
    activities = make_activities(bench.databases.places(), bench.size, bench.today)
    with servers.running_api(service) as address, _client(address, service.database.key) as api:
        while some := list(islice(activities, ROWS_A_FILE)):
            answer = api.post("/activity-imports", content=csv_file(some), headers={"Content-Type": "text/csv"})
            if answer.is_error or answer.json()["created"] != len(some):
                raise RuntimeError(f"the import did not store every row: {answer.text[:1000]}")
    run_command(service, "rebuild")


def settle(service: Service) -> None:
    """Have what is marked done, or a worker would be at it while others are measured; but for signals: they take long.

    Tables are those of any commit that has them.
    """
    left = ("dirty_mark WHERE ripens_on <= CURRENT_DATE", "rollup_mark", "comparison_mark", "audit_pending")
    with servers.running_worker(service):
        while any(_is_left(service.database, *rows.split(maxsplit=1)) for rows in left):
            time.sleep(1.0)
    if _has(service.database, "signal_mark"):
        service.database.run("TRUNCATE signal_mark")


def _is_left(database: Database, table: str, condition: str = "") -> bool:
    return _has(database, table) and bool(database.run(f"SELECT EXISTS (SELECT FROM {table} {condition})"))


def _has(database: Database, table: str) -> bool:
    return database.run(f"SELECT to_regclass('{table}')") is not None


def _send_world(ours: httpx.Client, theirs: httpx.Client, places: list[Place]) -> None:
    """Send what the fixture has added to the areas that ship, each after what it needs."""
    for kind in ("place", "vulnerable-area"):
        for area in _every(ours, "areas", kind=kind):
            _put(theirs, f"/areas/{area['code']}", area)
    for code in sorted({place.municipality for place in places}):
        _copy(ours, theirs, f"/areas/{code}/terms", "terms")
    for agreement in _every(ours, "agreements"):
        address = f"/agreements/{agreement['code']}"
        whole = ours.get(address).raise_for_status().json()
        _put(theirs, address, {name: whole[name] for name in (*agreement, "annexes", "targets")})
        for commitment in _every(ours, f"{address}/commitments".lstrip("/")):
            response_only = {"agreement", "progress"}
            body = {name: value for name, value in commitment.items() if name not in response_only}
            _put(theirs, f"{address}/commitments/{commitment['code']}", body)
    for kind in ("place", "vulnerable-area"):
        for area in _every(ours, "areas", kind=kind):
            _copy(ours, theirs, f"/areas/{area['code']}/roles", "roles")


def _copy(ours: httpx.Client, theirs: httpx.Client, address: str, noun: str) -> None:
    entries = ours.get(address).raise_for_status().json()[noun]
    if entries:
        _put(theirs, address, {noun: entries})


def _every(api: httpx.Client, address: str, **query: str) -> Iterator[dict[str, Any]]:
    """Yield what all pages of a list have."""
    noun = address.rpartition("/")[2]
    page = 1
    while entries := api.get(f"/{address}", params={**query, "page": page, "limit": MOST_A_PAGE}).json().get(noun):
        yield from entries
        page += 1


def _put(api: httpx.Client, address: str, body: dict[str, Any]) -> None:
    """Send what the other side knows of a body: a commit before may lack fields, of which the fixture has defaults."""
    answer = api.put(address, json=body)
    if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        for violation in answer.json()["violations"]:
            _remove(body, [*_STEP.findall(violation["field"])])
        answer = api.put(address, json=body)
    if answer.is_error:
        raise RuntimeError(f"PUT {address}: {answer.text[:1000]}")


def _remove(body: Any, path: Sequence[str]) -> None:
    *outer, name = path
    for step in outer:
        body = body[int(step)] if isinstance(body, list) else body[step]
    if isinstance(body, dict):
        del body[name]


def _client(address: Address, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"{address.url}{API}", headers=headers, timeout=SECONDS_TO_ANSWER)
