"""RESULTS.md: a section for each number of activities, in it a table for each part, from the newest run of that part.

The file itself holds what earlier runs found: what a run did not measure stays as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.benchmarks.results import COLUMNS, Result, thousands

RESULTS = Path(__file__).with_name("RESULTS.md")
INTRODUCTION = """# Measured

Written by `make bench`; not to be edited. Each part tells when, of which commit and on which machine it was measured.

A figure is the median of an odd number of rounds, in brackets the lowest and the highest round. Both sides of a ratio
take turns, and a round's ratio is of that round's two figures. The verdict is `met` where the aim holds in every round,
`missed` where it holds in none, and `at the aim` where it lies within the spread.
"""


@dataclass(slots=True)
class Report:
    """The text of each part, by the name of the section and that of the part."""

    sections: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a report; one that is not there is empty."""
        report = cls()
        section: dict[str, str] = {}
        part = ""
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            if line.startswith("## "):
                section = report.sections.setdefault(line.removeprefix("## "), {})
                part = ""
            elif line.startswith("### "):
                part = line.removeprefix("### ")
                section[part] = ""
            elif part:
                section[part] += f"{line}\n"
        return report

    def replace(self, size: int, part: str, results: Sequence[Result], measured: str) -> None:
        """Put the results of a part in place of those of an earlier run of the same size."""
        text = "\n".join((f"{measured}", "", *_table(results)))
        self.sections.setdefault(_section(size), {})[part] = f"\n{text}\n"

    def write(self, file: Path, order: Sequence[str]) -> None:
        """Write the report: sections by size, parts in the order given."""
        pieces = [INTRODUCTION]
        for section in sorted(self.sections, key=_size):
            pieces.append(f"## {section}\n")
            pieces += [f"### {part}\n\n{text.strip()}\n" for part, text in _ordered(self.sections[section], order)]
        file.write_text("\n".join(pieces), encoding="utf-8")


def _section(size: int) -> str:
    return f"{thousands(size)} activities"


def _size(section: str) -> int:
    return int(section.removesuffix(" activities").replace(" ", ""))


def _ordered(parts: Mapping[str, str], order: Sequence[str]) -> Iterable[tuple[str, str]]:
    return sorted(parts.items(), key=lambda part: order.index(part[0]) if part[0] in order else len(order))


def _table(results: Sequence[Result]) -> Iterable[str]:
    yield _row(COLUMNS)
    yield _row(["---"] * len(COLUMNS))
    for result in results:
        yield _row(result.cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
