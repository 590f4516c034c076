"""What a ratio is called, and that a run leaves standing in the report what it did not measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.benchmarks.report import Report
from tests.benchmarks.results import Result, Verdict

ORDER = ("freshness", "imports")


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        ((30, 39, 40), "met"),
        ((39, 40, 41), "at the aim"),
        ((39, 50, 60), "at the aim"),
        ((41, 42, 43), "missed"),
        ((40,), "met"),
        ((41,), "missed"),
    ],
)
def test_a_cost_is_at_the_aim_where_the_aim_lies_within_the_spread(ours: Sequence[float], verdict: Verdict) -> None:
    result = Result.at_most("rebuild", ours, "GROUP BY", [100] * len(ours), 0.4)
    assert result.verdict == verdict


def test_a_throughput_is_judged_the_other_way_round() -> None:
    verdicts = [Result.at_least("import", [ours], "COPY", [100], 0.5).verdict for ours in (49, 50, 51)]
    assert verdicts == ["missed", "met", "met"]


def test_a_round_is_compared_with_the_other_side_of_the_same_round() -> None:
    """The machine was twice as fast in the second round, and neither side any better."""
    result = Result.at_least("import", [10, 20, 10], "COPY", [20, 40, 20], 0.5)
    assert result.ratios == [0.5, 0.5, 0.5]
    assert result.cells == (
        *("import", "10.0 (10.0–20.0)", "20.0 (20.0–40.0)", "COPY", "0.50", "at least 0.50", "met"),
    )


def test_what_nothing_is_held_against_has_no_verdict() -> None:
    assert Result("chart.svg", [1234, 1250, 1300]).cells == (*("chart.svg", "1 250 (1 234–1 300)", "", "", "", "", ""),)


def test_a_part_replaces_its_own_section_alone(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    first = Report.read(file)
    first.replace(1_000_000, "imports", [Result("import", [1])], "Monday.")
    first.replace(200_000, "imports", [Result("import", [2])], "Monday.")
    first.replace(200_000, "freshness", [Result("p50", [3])], "Monday.")
    first.write(file, ORDER)
    second = Report.read(file)
    second.replace(200_000, "imports", [Result("import", [4])], "Tuesday.")
    second.write(file, ORDER)
    text = file.read_text(encoding="utf-8")
    small, large = text[text.index("## 200 000") : text.index("## 1 000 000")], text[text.index("## 1 000 000") :]
    assert small.index("### freshness") < small.index("### imports")
    assert small.count("Monday.") == small.count("Tuesday.") == large.count("Monday.") == 1
    assert "| import | 4.0 |" in small
    assert "| import | 2.0 |" not in small
    assert "| import | 1.0 |" in large


def test_a_report_that_is_read_and_written_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    report = Report()
    report.replace(200_000, "imports", [Result("import", [4])], "Tuesday.")
    report.write(file, ORDER)
    before = file.read_bytes()
    Report.read(file).write(file, ORDER)
    assert file.read_bytes() == before
