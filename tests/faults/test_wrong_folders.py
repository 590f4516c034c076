"""A data folder that cannot be used is named at once, in one line, with how to mend it: `trials G7`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from services.cli import embedded
from services.cli.data_directory import DataDirectory
from services.cli.errors import CommandError
from tests.data_in_memory import IN_MEMORY
from tests.templates import SETTINGS

pytestmark = [pytest.mark.server, pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def whole() -> Iterator[DataDirectory]:
    """Make a data folder."""
    with TemporaryDirectory(prefix="samverkan-test-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as path:
        directory = DataDirectory(Path(path) / "whole")
        with directory.locked(), embedded.running(embedded.postgres(directory, SETTINGS)):
            pass
        yield directory


@pytest.fixture
def folder(whole: DataDirectory) -> Iterator[DataDirectory]:
    """Copy the data folder."""
    copy = DataDirectory(whole.path.with_name("copy"))
    shutil.copytree(whole.path, copy.path, copy_function=shutil.copy2)
    for path in (copy.cluster, *copy.cluster.rglob("*")):
        os.chown(path, copy.owner, -1)
    yield copy
    shutil.rmtree(copy.path)


def without_control(directory: DataDirectory) -> None:
    (directory.cluster / "global" / "pg_control").unlink()


def with_wrong_control(directory: DataDirectory) -> None:
    path = directory.cluster / "global" / "pg_control"
    path.write_bytes(bytes(len(path.read_bytes())))


def without_log_of_changes(directory: DataDirectory) -> None:
    for path in (directory.cluster / "pg_wal").iterdir():
        if path.is_file():
            path.write_bytes(b"x" * 1000)


def of_another_version(directory: DataDirectory) -> None:
    (directory.cluster / "PG_VERSION").write_text("17\n")


def of_another_account(directory: DataDirectory) -> None:
    os.chown(directory.cluster, directory.owner + 1, -1)


def with_a_file_in_its_place(directory: DataDirectory) -> None:
    shutil.rmtree(directory.cluster)
    directory.cluster.write_text("")


def with_settings_that_are_wrong(directory: DataDirectory) -> None:
    (directory.cluster / "postgresql.conf").write_text("nonsense = on\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (without_control, "cannot be used by"),
        (with_wrong_control, "cannot be used by"),
        (without_log_of_changes, "cannot be used by"),
        (with_settings_that_are_wrong, "cannot be used by"),
        (of_another_version, "holds data of PostgreSQL 17"),
        (of_another_account, "belongs to another account"),
        (with_a_file_in_its_place, "postgres"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named_at_once_and_in_one_line(
    folder: DataDirectory, damage: Callable[[DataDirectory], None], said: str
) -> None:
    if damage is of_another_account and os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    damage(folder)
    with pytest.raises(CommandError) as error, folder.locked(), embedded.running(embedded.postgres(folder, SETTINGS)):
        pass
    text = str(error.value)
    assert said in text
    assert str(folder.cluster) in text
    assert "\n" not in text
    assert "SAMVERKAN_DATA" in text


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk that has no room for a database."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only where the test may mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_named(small_disk: Path) -> None:
    directory = DataDirectory(small_disk / "data")
    with pytest.raises(CommandError) as error, directory.locked(), embedded.running(embedded.postgres(directory)):
        pass
    assert str(error.value) == f"{directory.path} has no room left on its disk. Make room, and start again."
