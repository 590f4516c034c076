"""Where the servers of a run have their data: in memory, where there is room for it.

Most of the time to create and drop a database goes to files.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it tells no types

from services.cli.data_directory import DataDirectory
from services.cli.errors import CommandError

IN_MEMORY = Path("/dev/shm")
ROOM = 8 * 2**30
PREFIX = "samverkan-test-"
SECONDS_UNTIL_LOCKED = 60  # a younger directory may be about to be locked by another process


def folder_in_memory() -> Path | None:
    """Return the folder, or None without room. What a run that was killed has left there is removed first."""
    if not IN_MEMORY.is_dir():
        return None
    for path in IN_MEMORY.glob(f"{PREFIX}*"):
        with suppress(CommandError, OSError):
            if time.time() - path.stat().st_mtime > SECONDS_UNTIL_LOCKED:
                with DataDirectory(path).locked():
                    shutil.rmtree(path)
    has_room = min(shutil.disk_usage(IN_MEMORY).free, psutil.virtual_memory().available) > ROOM
    return IN_MEMORY if has_room else None
