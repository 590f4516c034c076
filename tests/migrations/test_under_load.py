"""`samverkan migrate` while an older version serves: `trials G6`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from threading import Event, Thread

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError

from services.cli import migrations
from services.cli.errors import MigrationFailed
from shared.db.tables import metadata

pytestmark = pytest.mark.fault

# The last that must have the service stopped, and the one before it.
STOPPING, BEFORE_STOPPING = "0039", "0037"
LONGEST_WAIT = 3.0


def revision(url: str) -> str:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()


def newest(url: str) -> str:
    head = ScriptDirectory.from_config(migrations.configuration(url)).get_current_head()
    assert head is not None
    return head


@contextmanager
def session(url: str, statement: str, application: str = "other") -> Iterator[None]:
    """Have a transaction open that has run a statement."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"application_name": application})
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
        yield


class Load:
    """Sessions that read and write every table all the time, in transactions as long as a large request's."""

    def __init__(self, url: str, tables: list[str]) -> None:
        self._engine = create_engine(url, pool_size=4, connect_args={"application_name": "load"})
        self._tables = tables
        self._stop = Event()
        self.longest = 0.0
        self.done = count()
        self.failures: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [Thread(target=self._use, args=(Random(seed),)) for seed in range(4)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
            self._engine.dispose()

    def _use(self, random: Random) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                with self._engine.begin() as connection:
                    for table in random.sample(self._tables, 3):
                        connection.exec_driver_sql(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
                    self.longest = max(self.longest, time.monotonic() - began)
                    self._stop.wait(0.05)
            except OperationalError as error:
                self.failures.append(str(error.orig))
            next(self.done)
            self._stop.wait(0.02)


def test_the_newest_migration_runs_beside_an_older_version_or_says_that_it_cannot(database_url: str) -> None:
    config = migrations.configuration(database_url)
    script = ScriptDirectory.from_config(config).get_revision(newest(database_url))
    command.downgrade(config, "-1")
    if hasattr(script.module, migrations.STOPS_THE_SERVICE):
        return  # what becomes of it is tried below
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        there = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
        tables = sorted({*there} & {*metadata.tables})
    load = Load(database_url, tables)
    with load.running():
        time.sleep(0.2)
        migrations.upgrade(database_url)
    assert revision(database_url) == newest(database_url)
    assert load.failures == []
    assert next(load.done) > 5
    assert load.longest < LONGEST_WAIT


def test_a_migration_waits_for_those_who_hold_a_lock(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    command.downgrade(migrations.configuration(database_url), "-1")
    migrating = Thread(target=migrations.upgrade, args=(database_url,))
    with session(database_url, "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"):
        migrating.start()
        time.sleep(2)
    migrating.join(60)
    assert revision(database_url) == newest(database_url)
    assert "others use the tables; migrating is tried again" in capsys.readouterr().err


def test_who_is_never_let_in_is_told_what_to_do(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "SECONDS_TO_FIND_A_MOMENT", 2)
    command.downgrade(migrations.configuration(database_url), "-1")
    with (
        session(database_url, "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"),
        pytest.raises(MigrationFailed, match="Stop the API and the worker") as refused,
    ):
        migrations.upgrade(database_url)
    assert "\n" not in str(refused.value)
    migrations.upgrade(database_url)
    assert revision(database_url) == newest(database_url)


def test_two_at_once_do_not_meet(database_url: str) -> None:
    command.downgrade(migrations.configuration(database_url), "-1")
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            migrations.upgrade(database_url)
        except BaseException as error:  # noqa: BLE001  a thread's error is the test's
            failures.append(error)

    threads = [Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert revision(database_url) == newest(database_url)


def test_what_no_older_version_can_serve_beside_is_refused_while_one_does(database_url: str) -> None:
    command.downgrade(migrations.configuration(database_url), BEFORE_STOPPING)
    with (
        session(database_url, "SELECT", "samverkan writing"),
        pytest.raises(MigrationFailed, match=f"Migration {STOPPING} must have the API and the worker stopped"),
    ):
        migrations.upgrade(database_url)
    assert revision(database_url) == BEFORE_STOPPING
    migrations.upgrade(database_url)
    assert revision(database_url) == newest(database_url)
