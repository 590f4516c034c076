"""The ways through the code pass few files, and CONTRIBUTING lists just those."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.ways import LONGEST

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


@cache
def followed() -> dict[str, list[str]]:
    """Return the files of each way, as a process of its own has passed them: it sets a profiler, and all tests run."""
    command = [sys.executable, "-m", "tests.architecture.ways", "--json"]
    found: dict[str, list[str]] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def listed(way: str) -> list[str]:
    """Return the files that CONTRIBUTING lists for a way."""
    _, _, below = CONTRIBUTING.read_text().partition(f"### The way of {'an' if way[0] in 'ai' else 'a'} {way}\n")
    section, _, _ = below.partition("\n##")
    return re.findall(r"^\d+\. `(.+)`$", section, re.MULTILINE)


@pytest.mark.long
@pytest.mark.server
@pytest.mark.parametrize("way", LONGEST)
def test_a_way_passes_the_files_that_contributing_lists(way: str) -> None:
    assert followed()[way] == listed(way)


@pytest.mark.long
@pytest.mark.server
@pytest.mark.parametrize(("way", "most"), LONGEST.items())
def test_a_way_passes_few_files(way: str, most: int) -> None:
    assert len(followed()[way]) <= most
