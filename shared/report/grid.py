"""The table of an annex as texts in rows and columns, the same in each format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.wording import number
from shared.report.wording import translator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import Cell, TableRow
    from shared.domain.wording import Language


@dataclass(frozen=True, slots=True)
class GridCell:
    """A field of a table: what it says, and beneath it in small letters what belongs to that."""

    text: str
    small: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the first column names the rows, the next `numbers` columns are numbers, the others texts."""

    headings: tuple[str, ...]
    numbers: int
    rows: tuple[tuple[GridCell, ...], ...]


def grid_of(rows: Sequence[TableRow], tables: YearTables) -> Grid:
    """Return the table of an annex's rows."""
    say = translator(tables.language)
    headings = (
        say("indicator"),
        *(column.heading for column in tables.columns),
        *([say("yearToDate")] if tables.has_year_to_date else []),
        tables.heading_before,
        say("change"),
        tables.target_heading,
        say("judgement"),
    )
    # Beside the columns, and the year so far, those of the year before and the change.
    numbers = len(tables.columns) + tables.has_year_to_date + 2
    return Grid(headings, numbers, tuple(tuple(_cells(row, tables)) for row in rows))


def share_in_words(cell: Cell, language: Language) -> str:
    """Return what a share is a share of: `23 av 24`; nothing for what is none."""
    if not cell.share_of or cell.numerator is None or cell.denominator is None:
        return ""
    parts = {"numerator": cell.numerator, "denominator": cell.denominator}
    return translator(language)("share", **{name: number(part, language) for name, part in parts.items()})


def _cells(row: TableRow, tables: YearTables) -> Iterator[GridCell]:
    yield GridCell(row.name)
    for cell in row.cells:
        small = filter(None, (share_in_words(cell, tables.language), cell.arrived or cell.apart))
        yield GridCell(f"{cell.text}{'*' if cell.is_preliminary else ''}{cell.marks}", " ".join(small))
    if tables.has_year_to_date:
        yield GridCell(row.year_to_date.text)
    yield GridCell(row.last_year.text)
    yield GridCell(row.last_year.change_text, row.last_year.interval)
    yield GridCell("\n".join(target.asked for target in row.targets))
    yield _judged(row)


def _judged(row: TableRow) -> GridCell:
    """Return what became of each target; of several each says which it is. A forecast that all share is said once."""
    forecasts = {one.forecast for target in row.targets for one in target.outcomes} - {""}
    shared = forecasts.pop() if len(forecasts) == 1 else ""
    said = []
    for target in row.targets:
        outcomes = (one._replace(forecast="") if shared else one for one in target.outcomes)
        of_target = ", ".join(one.in_words for one in outcomes)
        said.append(f"{target.asked}: {of_target}" if len(row.targets) > 1 else of_target)
    return GridCell("\n".join(said), shared)
