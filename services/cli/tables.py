"""Prints sections of figures as tables of the same widths, one below the other, with a legend of their signs."""

from __future__ import annotations

from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from services.cli.target_cells import Judged, YearTarget, outcomes_in_words, target_in_words, targets_of_year
from services.cli.wording import WORDS, change, target, without_value
from shared.domain.period import RHYTHMS, PeriodType
from shared.domain.target_wording import judgement
from shared.domain.wording import Language, number, percent, short_period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

    from shared.catalogue.indicator import IndicatorDefinition

# The columns by an area's rhythm: its periods by their type and first month, and the year.
COLUMNS: dict[str, tuple[tuple[str, int], ...]] = {
    rhythm.value: (*((rhythm.value, month) for month in range(1, 13, rhythm.month_count)), ("year", 1))
    for rhythm in (*RHYTHMS, PeriodType.TERTIAL)
}
# From this width on there is room for the year before.
WIDE = 110
# What the box takes: a divider and a padding for each column.
BETWEEN = 2
# Room for the numbers of targets; names get room for their longest word.
LEAST_TARGET = 9
# Names and targets share what the figures leave them.
NAMES_SHARE = 0.62
STYLES = {"met": "green", "onCourse": "green", "atRisk": "yellow", "missed": "red", "notJudged": "dim"}
WITHOUT_VALUE = ("missing", "suppressed", "notApplicable")
LEGEND = (*WITHOUT_VALUE, "arrived", "leftOut", "preliminary")
# Marks of the reasons why targets are not judged.
FOOTNOTES = "¹²³⁴⁵⁶⁷⁸⁹⁰ᵃᵇᶜᵈᵉᶠ"


class TableValue(NamedTuple):
    """One value of the read model, with what became of its targets, and what stood a year before."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    left_out: int
    status: str
    finality: str
    months_arrived: int | None
    targets: list[dict[str, Any]]
    last_year: dict[str, Any] | None


class Line(NamedTuple):
    """A series by its name, and its figures in the columns of a rhythm."""

    name: str
    definition: IndicatorDefinition
    figures: tuple[TableValue | None, ...]
    # The targets of its months, as far as there are any.
    months: Sequence[Judged] = ()
    rhythm: str = "tertial"

    @property
    def columns(self) -> tuple[tuple[str, int], ...]:
        """The periods of its figures."""
        return COLUMNS[self.rhythm]


class Section(NamedTuple):
    """The lines of one table."""

    title: str
    lines: Sequence[Line]


class _Row(NamedTuple):
    """The cells of a row, and the judgements in its last one."""

    cells: tuple[str, ...]
    # Of each line of the last cell.
    judgements: tuple[str, ...] = ()


def print_sections(console: Console, title: str, year: int, sections: Iterable[Section], language: Language) -> None:
    """Print the sections that have lines, and below them what their signs mean."""
    is_wide = console.width >= WIDE
    filled = [section for section in sections if section.lines]
    is_yearly = all(one.is_yearly for section in filled for line in section.lines for one in _targets(line, language))
    unjudged = _unjudged((line for section in filled for line in section.lines), language)
    footnotes = dict(zip(unjudged, FOOTNOTES, strict=False))
    tables = [
        [row for line in one.lines for row in _rows(line, footnotes, language, is_wide=is_wide, is_yearly=is_yearly)]
        for one in filled
    ]
    lines = [line for section in filled for line in section.lines]
    rhythm = lines[0].rhythm
    headings = _headings(year, rhythm, language, is_wide=is_wide, is_yearly=is_yearly)
    widths = _widths(console.width, [headings, *(row.cells for rows in tables for row in rows)])
    console.print(Text(title, style="bold"))
    for section, rows in zip(filled, tables, strict=True):
        console.print(Text(f"\n{section.title}\n", style="bold"))
        console.print(_table(headings, widths, rows))
    legend = [*([WORDS[language]["tertials"]] if rhythm == "tertial" else []), *_legend(lines, language)]
    if is_wide and any(line.definition.unit == "percent" for line in lines):
        legend.append(WORDS[language]["pointsLegend"])
    legend += [f"{footnote} {why}" for why, footnote in footnotes.items()]
    console.print(Text("\n" + "\n".join(legend), style="dim"))


def _headings(year: int, rhythm: str, language: Language, *, is_wide: bool, is_yearly: bool) -> tuple[str, ...]:
    words = WORDS[language]
    before = (str(year - 1), words["change"]) if is_wide else ()
    return (
        words["indicator"],
        *(short_period(PeriodType(period_type), month, language) for period_type, month in COLUMNS[rhythm][:-1]),
        str(year),
        *before,
        words["target" if is_yearly else "targets"],
        words["judgement"],
    )


def _unjudged(lines: Iterable[Line], language: Language) -> list[str]:
    """Return what says why targets are not judged, each once, in the order of the lines."""
    outcomes = [one for line in lines for of_year in _targets(line, language) for one in of_year.outcomes]
    return list(dict.fromkeys(judgement(one.said, language) for one in outcomes if "reason" in one.said))


def _rows(
    line: Line, footnotes: Mapping[str, str], language: Language, *, is_wide: bool, is_yearly: bool
) -> Iterator[_Row]:
    """Yield the row of a line, and one more for each further target; a footnote says why one is not judged."""
    year = line.figures[-1]
    figures = [
        _cell(line.definition, period_type, figure, language)
        for (period_type, _), figure in zip(line.columns, line.figures, strict=True)
    ]
    cells = (line.name, *figures, *(_before(line.definition, year, language) if is_wide else ()))
    targets = _targets(line, language)
    if not targets:
        yield _Row((*cells, "", ""))
    for place, of_year in enumerate(targets):
        ahead = cells if place == 0 else ("",) * len(cells)
        asked = target_in_words(
            of_year, target(line.definition, of_year.target, language), language, is_year_said=is_yearly
        )
        outcomes = outcomes_in_words(of_year, footnotes, language)
        yield _Row((*ahead, asked, "\n".join(outcomes)), tuple(outcomes.values()))


def _targets(line: Line, language: Language) -> list[YearTarget]:
    """Return the targets as they stood after the year, and those of shorter spans."""
    *parts, year = line.figures
    shorter = [
        (period_type, month, one.targets)
        for (period_type, month), one in zip(line.columns, parts, strict=False)
        if one is not None
    ]
    return [*targets_of_year(year.targets if year else (), [*shorter, *line.months], language)]


def _cell(definition: IndicatorDefinition, period_type: str, figure: TableValue | None, language: Language) -> str:
    """Return a figure as a person reads it: a share with what it is a share of, and what is counted apart."""
    if figure is None:
        return ""
    apart = f" +{figure.left_out}" if figure.left_out else ""
    if figure.value is None:
        word = without_value(figure.status, language)
        # A share of nothing is missing though all its months have arrived.
        if figure.months_arrived and figure.status == "missing" and figure.denominator is None:
            arrived = WORDS[language]["months"].format(
                arrived=figure.months_arrived, of=PeriodType(period_type).month_count
            )
            return f"{word}\n{arrived}"
        return f"{word}{apart}"
    mark = "*" if _is_preliminary(definition, figure) else ""
    if not definition.is_share:
        return f"{number(figure.value, language)}{apart}{mark}"
    share = _written(figure.value, definition, language)
    if definition.kind == "measured":
        return f"{share}{mark}"
    return f"{share}{mark}\n{figure.numerator:f}/{figure.denominator:f}{apart}"


def _written(value: Decimal, definition: IndicatorDefinition, language: Language) -> str:
    if definition.unit == "percent":
        return percent(value, language)
    return number(round(value, 2) if definition.unit == "mean" else value, language)


def _is_preliminary(definition: IndicatorDefinition, figure: TableValue) -> bool:
    """Whether the source may yet change the figure; a figure of activities is always preliminary."""
    return definition.observes is not None and figure.numerator is not None and figure.finality == "preliminary"


def _before(definition: IndicatorDefinition, year: TableValue | None, language: Language) -> tuple[str, str]:
    comparison = year.last_year if year else None
    if comparison is None:
        return "", ""
    value = Decimal(str(comparison["value"]))
    return _written(value, definition, language), change(comparison, language, definition.unit)


def _widths(total: int, rows: Sequence[tuple[str, ...]]) -> list[int]:
    """Return the width of every column: what figures and judgements need, and the rest for names and targets."""
    needed = [max(cell_len(part) for cell in column for part in cell.split("\n")) for column in zip(*rows, strict=True)]
    name, target_column = 0, len(needed) - 2
    longest_word = max(cell_len(word) for row in rows for word in row[name].split())
    free = total - sum(needed) + needed[name] + needed[target_column] - BETWEEN * len(needed)
    needed[name] = min(needed[name], max(longest_word, int(free * NAMES_SHARE), free - needed[target_column]))
    needed[target_column] = min(needed[target_column], max(LEAST_TARGET, free - needed[name]))
    return needed


def _table(headings: Sequence[str], widths: Sequence[int], rows: Iterable[_Row]) -> Table:
    columns = [
        Column(heading, width=width, overflow="fold", justify="right" if 0 < place < len(widths) - 2 else "left")
        for place, (heading, width) in enumerate(zip(headings, widths, strict=True))
    ]
    table = Table(*columns, box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for cells, judgements in rows:
        wrapped = [_wrapped(cell, width) for cell, width in zip(cells[:-1], widths, strict=False)]
        said = zip(cells[-1].split("\n"), judgements, strict=False)
        table.add_row(*wrapped, Text("\n").join(Text(line, STYLES[judgement]) for line, judgement in said))
    return table


def _wrapped(cell: str, width: int) -> str:
    """Break the lines of a cell between words; rich would break numbers, too, at their no-break spaces."""
    return "\n".join(part for line in cell.split("\n") for part in wrap(line, width))


def _legend(lines: Iterable[Line], language: Language) -> Iterator[str]:
    """Yield what the signs in the tables mean, in the order of the words."""
    signs = {sign for line in lines for figure in line.figures if figure for sign in _signs(line.definition, figure)}
    return (WORDS[language][sign] for sign in LEGEND if sign in signs)


def _signs(definition: IndicatorDefinition, figure: TableValue) -> Iterator[str]:
    if figure.status in WITHOUT_VALUE:
        yield figure.status
    if figure.left_out:
        yield "leftOut"
    if figure.status == "missing" and figure.months_arrived:
        yield "arrived"
    if _is_preliminary(definition, figure):
        yield "preliminary"
