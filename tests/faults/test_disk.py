"""A full disk, while clients write: `trials G1`. The disk is one of memory, which only some may mount."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.installation import installed
from tests.faults.trial import Row, Trial

pytestmark = [pytest.mark.server, pytest.mark.long_fault, pytest.mark.timeout(300)]

SIZE = "400m"


@pytest.fixture
def disk() -> Iterator[Path]:
    with TemporaryDirectory(prefix="samverkan-test-") as path:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", path], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            pytest.skip("this account may mount nothing")
        try:
            yield Path(path)
        finally:
            subprocess.run(["umount", "--lazy", path], check=True)


def test_a_full_disk_loses_nothing(disk: Path, tmp_path: Path, note_row: Callable[[Row], None]) -> None:
    with installed(disk, tmp_path / "service.log", {"max_wal_size": "64MB"}) as installation:
        trial = Trial(installation.service)
        note_row(trial.run("disk full", lambda: installation.disk_full(disk), times=2, seconds=5))
