"""The marks of fault tests, the table of what they saw, and that nothing they started is left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it tells no types
import pytest

from tests.extent import ALL_FAULTS
from tests.faults.servers import busyness
from tests.faults.trial import SECONDS_TO_BE_WELL, Row

HERE = Path(__file__).parent
ROW = "fault"
# Every process of this run has it in its environment, or is a descendant.
OF_THIS_RUN = "FAULT_TESTS_OF"
HEADINGS = {
    "fault": "fault",
    "times": "times",
    "answered": "answered",
    "refused": "503",
    "lost": "lost",
    "double": "double",
    "different": "different",
    "wrong": "500 or cut",
    "write_seconds": "s to a write",
    "figure_seconds": "s to its figure",
}


def pytest_configure() -> None:
    os.environ[OF_THIS_RUN] = str(os.getpid())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, and leave out what takes long unless all is asked for."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("fault")
            if item.get_closest_marker("long_fault") and not ALL_FAULTS:
                item.add_marker(pytest.mark.skip(reason="`make faults` does it"))


@pytest.fixture
def note_row(request: pytest.FixtureRequest) -> Callable[[Row], None]:
    """Return what puts a row into the table, and asserts that all was well in time."""

    def note(row: Row) -> None:
        request.node.user_properties.append((ROW, asdict(row)))
        assert (row.lost, row.double, row.different, row.wrong) == (0, 0, 0, 0), row
        assert row.answered > 0
        assert max(row.write_seconds, row.figure_seconds) < SECONDS_TO_BE_WELL * busyness(), row

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for found in ("passed", "failed") for report in terminalreporter.stats.get(found, ())]
    rows = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == ROW]
    if not rows:
        return
    lines = [[*HEADINGS.values()], *([_cell(row[name]) for name in HEADINGS] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    terminalreporter.section("faults")
    for first, *others in lines:
        numbers = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        terminalreporter.line("  ".join((first.ljust(widths[0]), *numbers)))


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


@pytest.hookimpl(trylast=True)  # when the fixtures of the whole run have ended
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if a process that it started still runs."""
    left = [process for process in psutil.process_iter() if process.pid != os.getpid() and _is_ours(process)]
    if left and not hasattr(session.config, "workerinput"):
        names = ", ".join(f"{process.pid} {process.name()}" for process in left)
        raise pytest.UsageError(f"left behind: {names}")


def _is_ours(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(OF_THIS_RUN) == str(os.getpid()) or os.getpid() in {
            parent.pid for parent in process.parents()
        }
    return False
