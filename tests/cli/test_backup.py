"""`samverkan backup` and `restore`: a file that is whole, and data that stays until the backup's is in its place."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from services.cli import backup, embedded, migrations
from services.cli.cluster import DATABASE, superuser
from services.cli.data_directory import DataDirectory
from services.cli.errors import BackupFailed, DataMissing, RestoreRefused
from tests.cli.conftest import connection_to
from tests.data_in_memory import PREFIX, folder_in_memory

pytestmark = [pytest.mark.server, pytest.mark.long]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # None of pytest's: those are closed to the account that runs PostgreSQL, each time that pytest starts.
    with TemporaryDirectory(prefix=f"{PREFIX}backup-", dir=folder_in_memory()) as path:
        yield Path(path)


@pytest.fixture(scope="module")
def original(folder: Path) -> DataDirectory:
    """Make a data directory with one key."""
    directory = DataDirectory(folder / "original")
    with running(directory) as url:
        migrations.upgrade(url)
        add_key(url, "first")
    return directory


@pytest.fixture(autouse=True)
def _in(monkeypatch: pytest.MonkeyPatch, original: DataDirectory) -> None:
    use(monkeypatch, original)


def use(monkeypatch: pytest.MonkeyPatch, directory: DataDirectory) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SAMVERKAN_DATA", str(directory.path))


@contextmanager
def running(directory: DataDirectory) -> Iterator[str]:
    with directory.locked(), embedded.running(embedded.postgres(directory)) as url:
        yield url


def add_key(url: str, name: str) -> None:
    with connection_to(url) as connection:
        connection.execute("INSERT INTO api_key (name) VALUES (%s)", [name])


def keys_of(url: str) -> list[str]:
    with connection_to(url) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM api_key ORDER BY name")]


def databases(directory: DataDirectory) -> set[str]:
    with superuser(directory) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


@pytest.fixture(scope="module")
def backed_up(folder: Path, original: DataDirectory) -> Path:
    """Back the first key up while the service runs."""
    path = folder / "backup"
    with pytest.MonkeyPatch.context() as monkeypatch, running(original):
        use(monkeypatch, original)
        backup.back_up(path)
    return path


def test_a_backup_is_whole_private_and_never_overwritten(backed_up: Path, folder: Path) -> None:
    content = backed_up.read_bytes()
    assert stat.S_IMODE(backed_up.stat().st_mode) == 0o600
    with pytest.raises(BackupFailed, match="is there already"):
        backup.back_up(backed_up)
    assert backed_up.read_bytes() == content
    assert [path.name for path in folder.glob("*unfinished*")] == []


def test_it_is_restored_into_an_empty_directory_and_another_beside_it(
    backed_up: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Data that is there stays, until the backup's is in its place."""
    directory = DataDirectory(folder / "other")
    use(monkeypatch, directory)
    backup.restore(backed_up)
    assert f"has the data of {backed_up}" in capsys.readouterr().out
    with running(directory) as url:
        assert keys_of(url) == ["first"]
        add_key(url, "second")

    with pytest.raises(RestoreRefused, match="--replace"):
        backup.restore(backed_up)
    cut = folder / "cut"
    cut.write_bytes(backed_up.read_bytes()[:-5000])
    with pytest.raises(BackupFailed, match="pg_restore"):
        backup.restore(cut, replace=True)
    with running(directory) as url:
        assert keys_of(url) == ["first", "second"]
        assert databases(directory) == {"postgres", "template0", "template1", DATABASE}

    backup.restore(backed_up, replace=True)
    with running(directory) as url:
        assert keys_of(url) == ["first"]
        assert databases(directory) == {"postgres", "template0", "template1", DATABASE}


def test_who_has_been_invited_is_not_discarded(database_url: str) -> None:
    """People are invited by a command, before there is a key or an agreement."""
    with connection_to(database_url) as connection:
        connection.execute("DELETE FROM api_key")
    assert not backup.has_data(database_url)
    with connection_to(database_url) as connection:
        connection.execute("INSERT INTO person (owner_area_id) SELECT area_id FROM area WHERE code = '1282'")
    assert backup.has_data(database_url)


def test_a_service_that_runs_is_not_pulled_away(
    backed_up: Path, original: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with original.locked(), pytest.raises(RestoreRefused, match="Stop it first"):
        backup.restore(backed_up, replace=True)


def test_what_is_no_backup_makes_no_data_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = DataDirectory(folder / "nowhere")
    use(monkeypatch, nowhere)
    text = folder / "text"
    text.write_text("no backup")
    for path in (text, folder / "missing", folder):
        with pytest.raises(RestoreRefused, match="is no"):
            backup.restore(path)
    with pytest.raises(DataMissing):
        backup.back_up(folder / "nothing")
    assert not nowhere.path.exists()
    assert not (folder / "nothing").exists()


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    with pytest.raises(BackupFailed, match="cannot be written"):
        backup.back_up(folder / "no such folder" / "backup")


def test_for_a_server_of_ones_own_it_says_how(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@host/name")
    for command, program in ((backup.back_up, "pg_dump"), (backup.restore, "pg_restore")):
        with pytest.raises(BackupFailed, match=program) as refused:
            command(folder / "x")
        assert "secret" not in str(refused.value)


def test_no_password_is_on_a_command_line(backed_up: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    lines: list[str] = []
    run = subprocess.run

    def noted(command: list[str], **options: object) -> object:
        lines.append(" ".join(command))
        return run(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", noted)
    backup.back_up(folder / "another")
    assert any("pg_dump" in line for line in lines)
    passwords = [path.read_text().strip() for path in (folder / "original" / "passwords").iterdir()]
    assert passwords
    assert not [line for line in lines for password in passwords if password in line]
