"""`samverkan doctor`: a line for each part, with how to mend it; exit code 1 if there is a fault; nothing is made."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import NullPool, create_engine, make_url

from services.cli import findings
from services.cli.findings import DatabaseFacts, Diagnosis, Health
from shared.db.server_faults import ServerFault
from shared.heartbeat import KEY, Beat
from shared.operation.backlog import Backlog
from shared.operation.watch import DatabaseState
from shared.version import SOFTWARE_VERSION

pytestmark = pytest.mark.server

GOOD = DatabaseFacts(
    version=18,
    encoding="UTF8",
    fsync=True,
    synchronous_commit="on",
    most_sessions=100,
    sessions=20,
    is_superuser=False,
    owns_tables=True,
    sees_all=True,
    clock_ahead=timedelta(seconds=0.01),
)
NOTHING = Backlog(None, None, None, 0, 0, 0, 0, 0, 0, {}, {}, 0, 0)
ALIVE = Beat("w", "host", 1, SOFTWARE_VERSION, 1.0, 10.0, 1.0, 2.0, 3)


def worst(found: list[Diagnosis]) -> Health:
    order = [Health.OK, Health.WARNING, Health.FAULT]
    return max((one.verdict for one in found), key=order.index)


def changed(**facts: object) -> list[Diagnosis]:
    values = {name: getattr(GOOD, name) for name in GOOD.__slots__}
    return [*findings.of_database(DatabaseFacts(**{**values, **facts}))]


def waiting(**numbers: object) -> list[Diagnosis]:
    values = {name: getattr(NOTHING, name) for name in NOTHING.__slots__}
    return [*findings.of_backlog(Backlog(**{**values, **numbers}))]


def beating(**content: object) -> list[Beat]:
    return [Beat(**{**{name: getattr(ALIVE, name) for name in ALIVE.__slots__}, **content})]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (changed(), Health.OK),
        (changed(version=17), Health.FAULT),
        (changed(encoding="LATIN1"), Health.FAULT),
        (changed(fsync=False), Health.FAULT),
        (changed(synchronous_commit="off"), Health.WARNING),
        (changed(sessions=90), Health.WARNING),
        (changed(is_superuser=True), Health.WARNING),
        (changed(sees_all=False), Health.FAULT),
        (changed(owns_tables=False), Health.FAULT),
        (changed(clock_ahead=timedelta(seconds=-3)), Health.WARNING),
        (changed(clock_ahead=timedelta(minutes=2)), Health.FAULT),
        ([*findings.of_state(DatabaseState(None, is_migrated=True))], Health.OK),
        ([*findings.of_state(DatabaseState(None))], Health.FAULT),
        ([*findings.of_state(DatabaseState(ServerFault.DISK_FULL))], Health.FAULT),
        ([findings.of_disk(6 * 2**30, 10 * 2**30)], Health.OK),
        ([findings.of_disk(2 * 2**30, 10 * 2**30)], Health.WARNING),
        ([findings.of_disk(2**29, 10 * 2**30)], Health.FAULT),
        ([*findings.of_workers([ALIVE])], Health.OK),
        ([*findings.of_workers(None)], Health.FAULT),
        ([*findings.of_workers([])], Health.FAULT),
        ([*findings.of_workers(beating(age=60.0))], Health.FAULT),
        ([*findings.of_workers(beating(version="0.0.1"))], Health.WARNING),
        (waiting(), Health.OK),
        (waiting(oldest_mark_seconds=90.0), Health.WARNING),
        (waiting(oldest_mark_seconds=900.0), Health.FAULT),
        (waiting(oldest_comparison_mark_seconds=4000.0), Health.WARNING),
        (waiting(oldest_signal_mark_seconds=4000.0), Health.WARNING),
        (waiting(postponed_scopes=1), Health.WARNING),
        (waiting(failing_sources=1), Health.WARNING),
        (waiting(webhooks={"paused": 2}), Health.WARNING),
        ([*findings.of_backlog(None)], Health.WARNING),
    ],
)
def test_each_part_is_judged_and_says_how_to_mend_it(found: list[Diagnosis], verdict: Health) -> None:
    assert worst(found) is verdict
    assert all(bool(one.remedy) == (one.verdict is not Health.OK) for one in found)


def doctor(**environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SAMVERKAN_")}
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", "doctor"],
        env={**plain, "DATABASE_URL": "", "REDIS_URL": "", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def lines_of(ended: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the verdict of each part."""
    assert ended.stderr == ""
    return {line.split()[1]: line.split()[0] for line in ended.stdout.splitlines()}


def test_it_looks_at_a_database_and_its_worker(database_url: str, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        connection.delete(KEY)
    ended = doctor(DATABASE_URL=database_url, REDIS_URL=redis_url)
    found = lines_of(ended)
    assert ended.returncode == 1
    assert found.pop("worker") == "FAULT"  # none runs here
    assert {found.pop(part) for part in ("durability", "sessions", "clocks", "figures")} <= {"ok", "FAULT", "warning"}
    assert set(found.values()) == {"ok"}, ended.stdout
    assert {"database", "migrations", "version", "encoding", "role", "redis", "sources", "webhooks"} <= set(found)
    for url in (database_url, redis_url):
        assert (make_url(url).password or "-none-") not in ended.stdout

    with create_engine(database_url, poolclass=NullPool).begin() as session:
        session.exec_driver_sql("UPDATE alembic_version SET version_num = 'old'")
    ended = doctor(DATABASE_URL=database_url, REDIS_URL=redis_url)
    assert lines_of(ended)["migrations"] == "FAULT"
    assert "samverkan migrate" in ended.stdout


def test_what_cannot_be_reached_is_a_fault() -> None:
    ended = doctor(DATABASE_URL="postgresql://me:secret@127.0.0.1:1/none", REDIS_URL="redis://:secret@127.0.0.1:1")
    assert ended.returncode == 1
    assert lines_of(ended) == {"database": "FAULT", "redis": "FAULT"}
    assert "secret" not in ended.stdout


def test_settings_that_cannot_be_used_are_a_fault() -> None:
    ended = doctor(DATABASE_URL="postgresql://host/name", REDIS_URL="redis://host", SAMVERKAN_LOG_LEVEL="loud")
    assert (ended.returncode, lines_of(ended)) == (1, {"settings": "FAULT"})
    assert "SAMVERKAN_LOG_LEVEL" in ended.stdout


def test_it_makes_no_data_directory(tmp_path: Path) -> None:
    ended = doctor(SAMVERKAN_DATA=str(tmp_path / "none"))
    assert (ended.returncode, lines_of(ended)) == (1, {"data": "FAULT"})
    (tmp_path / "stopped" / "postgres").mkdir(parents=True)
    ended = doctor(SAMVERKAN_DATA=str(tmp_path / "stopped"))
    assert ended.returncode == 1
    assert lines_of(ended)["service"] == "FAULT"
    assert "samverkan up" in ended.stdout
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["postgres", "stopped"]
