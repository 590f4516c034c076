"""What a database, a Redis, an API and a worker may meet, while clients write: no write lost, no figure wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.extent import ONLY_LONG_OR_FAULTS
from tests.faults.installation import Installation, installed
from tests.faults.trial import Row, Trial

pytestmark = [pytest.mark.server, pytest.mark.long, pytest.mark.timeout(300)]

Note = Callable[[Row], None]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    log = tmp_path_factory.mktemp("faults") / "service.log"
    # Enough for the service, and soon filled.
    settings = {"max_connections": "40"}
    with TemporaryDirectory(prefix="samverkan-test-") as path, installed(Path(path), log, settings) as made:
        yield made


Fault = Callable[[Installation], AbstractContextManager[None]]
STRUCTURE = "SELECT pg_advisory_xact_lock(7310001)"

SHORT: dict[str, tuple[Fault, dict[str, float]]] = {
    "PostgreSQL restarted": (lambda one: one.postgres.away(), {"seconds": 0.1}),
}
LONG: dict[str, tuple[Fault, dict[str, float]]] = {
    "PostgreSQL restarted twice": (lambda one: one.postgres.away(), {"times": 2, "seconds": 0.1}),
    "sessions ended": (lambda one: one.sessions_ended(), {"seconds": 0.1}),
    "PostgreSQL only reads": (lambda one: one.reading_only(), {}),
    "Redis restarted": (lambda one: one.redis.away(), {}),
    "worker killed": (lambda one: one.killed("worker"), {"seconds": 0.1}),
    "PostgreSQL away for 8 s": (lambda one: one.postgres.away(), {"times": 2, "seconds": 8}),
    "PostgreSQL crashed": (lambda one: one.crashed(), {"times": 2, "seconds": 2}),
    "PostgreSQL full": (lambda one: one.full(), {"times": 2, "seconds": 8}),
    "PostgreSQL hung for 12 s": (lambda one: one.postgres.hung(), {"seconds": 12}),
    "areas' structure locked for 28 s": (lambda one: one.locked(STRUCTURE), {"seconds": 28}),
    "tables locked for 28 s": (
        lambda one: one.locked("LOCK TABLE activity, indicator_value, area IN ACCESS EXCLUSIVE MODE"),
        {"seconds": 28},
    ),
    "verified while an area changes": (lambda one: one.computed_afresh("verify"), {"seconds": 0.1}),
    "rebuilt while an area changes": (lambda one: one.computed_afresh("rebuild"), {"seconds": 0.1}),
    "Redis away for 8 s": (lambda one: one.redis.away(), {"times": 2, "seconds": 8}),
    "Redis hung for 12 s": (lambda one: one.redis.hung(), {"seconds": 12}),
    "API killed": (lambda one: one.killed("api"), {"times": 3, "seconds": 0.5, "may_cut": True}),
    "worker killed often": (lambda one: one.killed("worker"), {"times": 5, "seconds": 0.5}),
    "worker hung for 12 s": (lambda one: one.service.hung("worker"), {"seconds": 12}),
}


@ONLY_LONG_OR_FAULTS  # test_database_restarts.py restarts it below each pool, and test_worker.py kills the worker
@pytest.mark.parametrize("name", SHORT)
def test_short(installation: Installation, note_row: Note, name: str) -> None:
    """`trials G1`."""
    _try(installation, note_row, name, *SHORT[name])


@pytest.mark.long_fault
@pytest.mark.parametrize("name", LONG)
def test_long(installation: Installation, note_row: Note, name: str) -> None:
    """`trials G1`, `trials G4`."""
    _try(installation, note_row, name, *LONG[name])


def _try(installation: Installation, note_row: Note, name: str, fault: Fault, how: dict[str, float]) -> None:
    note_row(Trial(installation.service).run(name, lambda: fault(installation), **how))  # type: ignore[arg-type]
