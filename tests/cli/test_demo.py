"""The first command that anyone runs, as a person runs it: twice in a row, on data of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 120


@pytest.mark.timeout(2 * SECONDS)
@pytest.mark.server
def test_the_demo_shows_the_year_and_finds_its_data_again(tmp_path: Path) -> None:
    first, second = _demo(tmp_path), _demo(tmp_path)
    assert "821 aktiviteter skickade: 817 nya, 4 rättade, 0 fanns redan, 0 äldre än de sparade." in first
    assert "821 aktiviteter skickade: 0 nya, 0 rättade, 817 fanns redan, 4 äldre än de sparade." in second
    for output in (first, second):
        assert "406 mätvärden skickade." in output
        row = next(line for line in output.splitlines() if "Klottersaneringar" in line)
        assert row.split()[:5] == ["Klottersaneringar", "30", "35", "30", "95"]
        assert [f"Bilaga {number}:" in output for number in range(1, 11)] == [True] * 10
    assert _tables(second) == _tables(first)


def _tables(output: str) -> str:
    """Return the output from the area's name on: a second run changes nothing."""
    return output[output.index("Landskrona (1282) 2016") :]


def _demo(data: Path) -> str:
    environment = {**os.environ, "SAMVERKAN_DATA": str(data), "COLUMNS": "160", "DATABASE_URL": "", "REDIS_URL": ""}
    command = [sys.executable, "-m", "services.cli.main", "demo", "--exit", "--port", str(_free_port())]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
