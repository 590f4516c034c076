"""Prints the tables of an area's year with the same widths, one below the other, with a legend of their signs."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from shared.annex_tables.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import Cell, TableRow
    from shared.domain.wording import Language

# From this width on there is room for the year before.
WIDE = 110
# What the box takes between two columns: a divider and a padding.
BETWEEN = 2
# Room for the numbers of targets; names get room for their longest word.
LEAST_TARGET = 9
# Names and targets share what the figures leave them.
NAMES_SHARE = 0.62
STYLES = {
    "met": "green",
    "onCourse": "green",
    "atRisk": "yellow",
    "outOfReach": "red",
    "missed": "red",
    "notJudged": "dim",
}
# An s that joins two words, as in trygghetssamordnare.
_JOINT = re.compile(r"(?<=\w\w)s(?=[bcdfghjklmnpqrstvwxz]\w\w)")
# Marks of the reasons why targets are not judged.
FOOTNOTES = "¹²³⁴⁵⁶⁷⁸⁹⁰ᵃᵇᶜᵈᵉᶠ"


class _Line(NamedTuple):
    """The cells of a line, and the judgements in its last one."""

    cells: tuple[str, ...]
    # Of each line of the last cell.
    judgements: tuple[str, ...] = ()


def print_tables(console: Console, title: str, year: YearTables) -> None:
    """Print the tables, and below them what their signs mean."""
    is_wide = console.width >= WIDE
    footnotes = dict(zip(_unjudged(row for one in year.filled for row in one.rows), FOOTNOTES, strict=False))
    tables = [[line for row in one.rows for line in _lines(row, footnotes, is_wide=is_wide)] for one in year.filled]
    headings = _headings(year, is_wide=is_wide)
    widths = _widths(console.width, [headings, *(line.cells for lines in tables for line in lines)])
    console.print(Text(title, style="bold"))
    for one, lines in zip(year.filled, tables, strict=True):
        console.print(Text(f"\n{one.title}\n", style="bold"))
        console.print(_table(headings, widths, lines))
        console.print(*_deviations(one.rows, year.language), *_forecasts(one.rows), sep="\n", end="")
        if gaps := year.sums(one):
            console.print(Text("\n" + "\n".join(gaps)))
    legend = [
        *year.legend(tells_change=is_wide, tells_interval=is_wide, has_marks=True),
        *(f"{footnote} {why}" for why, footnote in footnotes.items()),
    ]
    console.print(Text("\n" + "\n".join(legend), style="dim"))


def _deviations(rows: Iterable[TableRow], language: Language) -> Iterator[Text]:
    """Yield a line for each row that clearly differs from what was to be expected."""
    for row in rows:
        if row.signal is not None and row.signal.is_deviation:
            said = f"{WORDS[language]['deviates']}: {row.name}, {row.signal.period}. {row.signal.text}\n"
            yield Text(said, style="yellow")


def _forecasts(rows: Iterable[TableRow]) -> Iterator[Text]:
    """Yield a line for each target whose span runs, with what is expected at its end: a column has no room for it."""
    for row in rows:
        for target in row.targets:
            forecasts = (one.forecast for one in target.outcomes if one.forecast)
            yield from (Text(f"{row.name}, {target.asked}: {forecast}\n") for forecast in forecasts)


def _headings(year: YearTables, *, is_wide: bool) -> tuple[str, ...]:
    words = WORDS[year.language]
    before = (str(year.year - 1), words["change"]) if is_wide else ()
    periods = (column.heading for column in year.columns)
    return (words["indicator"], *periods, *before, year.target_heading, words["judgement"])


def _unjudged(rows: Iterable[TableRow]) -> list[str]:
    """Return what says why targets are not judged, each once, in the order of the rows."""
    outcomes = (one for row in rows for target in row.targets for one in target.outcomes)
    return list(dict.fromkeys(one.why for one in outcomes if one.why))


def _lines(row: TableRow, footnotes: Mapping[str, str], *, is_wide: bool) -> Iterator[_Line]:
    """Yield the line of a row, and one more for each further target; a footnote says why one is not judged."""
    before = (row.last_year.text, f"{row.last_year.change_text}\n{row.last_year.interval}".strip()) if is_wide else ()
    cells = (row.name, *(_cell(one, is_wide=is_wide) for one in row.cells), *before)
    if not row.targets:
        yield _Line((*cells, "", ""))
    for place, target in enumerate(row.targets):
        ahead = cells if place == 0 else ("",) * len(cells)
        outcomes = [one.text + footnotes.get(one.why, "") for one in target.outcomes]
        yield _Line((*ahead, target.asked, "\n".join(outcomes)), tuple(one.judgement for one in target.outcomes))


def _cell(cell: Cell, *, is_wide: bool) -> str:
    """Return a value as it is printed; with little room, what is counted apart has a line of its own."""
    mark = "*" if cell.is_preliminary else ""
    apart = f"{' ' if is_wide else chr(10)}{cell.apart}" if cell.apart else ""
    if cell.share_of:
        return f"{cell.text}{mark}\n{cell.share_of}{cell.marks}{apart}"
    if cell.arrived:
        return f"{cell.text}\n{cell.arrived}"
    return f"{cell.text}{mark}{cell.marks}{apart}"


def _widths(total: int, rows: Sequence[tuple[str, ...]]) -> list[int]:
    """Return the width of every column: what figures and judgements need, and the rest for names and targets."""
    needed = [max(cell_len(part) for cell in column for part in cell.split("\n")) for column in zip(*rows, strict=True)]
    name, target_column = 0, len(needed) - 2
    longest_word = max(cell_len(word) for row in rows for word in row[name].split())
    free = total - sum(needed) + needed[name] + needed[target_column] - BETWEEN * (len(needed) - 1)
    # A word that leaves no room for targets is broken: else the table would grow wider than the terminal.
    longest_word = min(longest_word, free - LEAST_TARGET)
    needed[name] = min(needed[name], max(longest_word, int(free * NAMES_SHARE), free - needed[target_column]))
    needed[target_column] = min(needed[target_column], max(LEAST_TARGET, free - needed[name]))
    return needed


def _table(headings: Sequence[str], widths: Sequence[int], lines: Iterable[_Line]) -> Table:
    columns = [
        Column(heading, width=width, overflow="fold", justify="right" if 0 < place < len(widths) - 2 else "left")
        for place, (heading, width) in enumerate(zip(headings, widths, strict=True))
    ]
    table = Table(*columns, box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for cells, judgements in lines:
        wrapped = [_wrapped(cell, width) for cell, width in zip(cells[:-1], widths, strict=False)]
        said = zip(cells[-1].split("\n"), judgements, strict=False)
        table.add_row(*wrapped, Text("\n").join(Text(line, STYLES[judgement]) for line, judgement in said))
    return table


def _wrapped(cell: str, width: int) -> str:
    """Break the lines of a cell between words; rich would break numbers, too, at their no-break spaces."""
    return "\n".join(part for line in cell.split("\n") for part in wrap(_hyphenated(line, width), width))


def _hyphenated(line: str, width: int) -> str:
    """Return a line with a hyphen in each word that is too long for it, where parts of a compound often meet."""
    return " ".join(_hyphenated_word(word, width) for word in line.split(" "))


def _hyphenated_word(word: str, width: int) -> str:
    joints = [joint.end() for joint in _JOINT.finditer(word) if joint.end() < width]
    return f"{word[: joints[-1]]}-{word[joints[-1] :]}" if cell_len(word) > width and joints else word
