"""A catalogue that a test can break."""

import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the shipped catalogue to where it can be broken."""
    with resources.as_file(resources.files("shared.catalogue")) as shipped:
        for kind in ("activity_types", "indicators", "roles"):
            shutil.copytree(shipped / kind, tmp_path / kind)
    return tmp_path


@pytest.fixture
def seed(folder: Path) -> Callable[[str, str, str], int]:
    """Return what replaces a text that a file holds once, and returns the line it stands on."""

    def replace(file: str, sound: str, faulty: str) -> int:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(sound) == 1, (file, sound)
        path.write_text(text.replace(sound, faulty), encoding="utf-8")
        return text[: text.index(sound)].count("\n") + 1

    return replace
