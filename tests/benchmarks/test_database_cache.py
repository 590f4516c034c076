"""What is stored stays as it was made, and a disk is not filled by what no one uses."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.exc import InternalError

from tests.benchmarks.database import Database
from tests.benchmarks.database_cache import MOST_IDENTITIES, DatabaseCache
from tests.benchmarks.servers import Servers


@pytest.fixture
def servers(server_url: str) -> Iterator[Servers]:
    yield Servers(server_url, "", "")
    with psycopg.connect(Database(server_url).conninfo, autocommit=True) as connection:
        made = "SELECT datname FROM pg_database WHERE datname ~ '^(copy|unfinished|trial)_'"
        for (name,) in connection.execute(made).fetchall():
            connection.execute(f"DROP DATABASE {name}")


def stored(cache: DatabaseCache, identity: int = 0) -> Database:
    made = cache.begin()
    made.run("CREATE TABLE number AS SELECT 1 AS is_only")
    return cache.store(Database(made.url, "a key"), f"trial_0_{identity:012x}")


def test_what_is_stored_is_found_with_its_key_and_refuses_a_write(servers: Servers) -> None:
    cache = DatabaseCache(servers)
    name = stored(cache).name
    found = cache.find(name)
    assert found is not None
    assert found.key == "a key"
    with pytest.raises(InternalError, match="read-only"):
        found.run("DELETE FROM number")
    assert cache.find("trial_0_ffffffffffff") is None


def test_a_copy_takes_a_write_and_is_gone_afterwards(servers: Servers) -> None:
    cache = DatabaseCache(servers)
    original = stored(cache)
    with cache.copy(original) as copy:
        copy.run("DELETE FROM number")
        assert copy.run("SELECT count(*) FROM number") == 0
        assert copy.key == "a key"
    assert original.run("SELECT count(*) FROM number") == 1
    assert original.run(f"SELECT count(*) FROM pg_database WHERE datname = '{copy.name}'") == 0


def test_what_an_interrupted_run_has_begun_is_never_found(servers: Servers) -> None:
    original = stored(DatabaseCache(servers))
    unfinished = DatabaseCache(servers).begin(original)
    next_run = DatabaseCache(servers)
    assert next_run.find(unfinished.name) is None
    assert original.run(f"SELECT count(*) FROM pg_database WHERE datname = '{unfinished.name}'") == 0


def test_the_identities_that_were_used_last_remain(servers: Servers) -> None:
    cache = DatabaseCache(servers)
    for identity in range(MOST_IDENTITIES):
        stored(cache, identity)
    first, second, newest = (f"trial_0_{identity:012x}" for identity in (0, 1, MOST_IDENTITIES))
    assert cache.find(first) is not None
    stored(cache, MOST_IDENTITIES)
    assert [cache.find(name) is not None for name in (first, second, newest)] == [True, False, True]
