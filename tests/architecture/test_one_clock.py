"""What is computed and stored goes by PostgreSQL's clock alone: trials G5."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN_CLOCK = re.compile(r"import .*\btoday\b|\b(?:date|period)\.today\b")


def test_no_figure_goes_by_the_clock_of_a_machine() -> None:
    files = [file for room in ("shared", "services/api", "services/indicators") for file in (ROOT / room).rglob("*.py")]
    assert len(files) > 300
    assert [str(file) for file in files if OWN_CLOCK.search(file.read_text(encoding="utf-8"))] == []
