"""The rows of a table: each value raw and as people read it, with its targets and what it was a year before."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.annex_tables.lines import NO_GAPS
from shared.annex_tables.targets import TargetOutcome, YearTarget, outcomes_of, target_in_words, targets_of_year
from shared.annex_tables.wording import WORDS, change, changed_by, interval, without_value
from shared.completeness.little import rests_on_little
from shared.domain.period import PeriodType
from shared.domain.target_wording import rule
from shared.domain.wording import in_language, short_period, value_text
from shared.signals.signal import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shared.annex_tables.lines import Gaps, TableLine, TableValue
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.wording import Language

JUDGED = frozenset({Verdict.FEWER, Verdict.MORE, Verdict.NONE})
STATUSES_WITHOUT_VALUE = ("missing", "suppressed", "notApplicable")
LEGEND = (*STATUSES_WITHOUT_VALUE, "arrived", "leftOut", "preliminary", "little", "absent", "late")
# What values lack, as tables without room for words mark it.
MARKS = {"little": "°", "absent": "?", "late": "†"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. Of a suppressed one there are no numbers; `status` is None where nothing is stored.

    `text` is the value, or the word in its place; `share_of` what a share is a share of (`2/3`), `arrived` how much of
    a value that is missing has arrived (`3/4 mån`). `lacks` says by its kind (little, absent, late) what the value
    lacks: `litet underlag`.
    """

    status: str | None = None
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    left_out: int | None = 0
    is_preliminary: bool = False
    text: str = ""
    share_of: str = ""
    arrived: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""

    @property
    def marks(self) -> str:
        """What it lacks, as marks that the legend explains."""
        return "".join(mark for kind, mark in MARKS.items() if kind in self.lacks)

    @property
    def apart(self) -> str:
        """What is counted apart: `+2`."""
        return f"+{self.left_out}" if self.left_out else ""

    def signs(self) -> Iterator[str]:
        """Yield what of it the legend explains."""
        # That some months have arrived says why the value is missing.
        if self.status in STATUSES_WITHOUT_VALUE and not self.arrived:
            yield self.status
        if self.left_out:
            yield "leftOut"
        if self.arrived:
            yield "arrived"
        if self.is_preliminary:
            yield "preliminary"
        yield from self.lacks


@dataclass(frozen=True, slots=True)
class TableComparison:
    """A value to compare with, and by how much it differs, each raw and in words.

    It is that of the year before, from which the last column's differs; or that of the year so far, which differs from
    the same part of the year before.

    The change of a share or mean is in its own unit, that of all else in per cent. `interval` says between what the
    change of a count or share lies, in its own unit.
    """

    value: Decimal | None = None
    change: Decimal | None = None
    text: str = ""
    change_text: str = ""
    interval: str = ""


@dataclass(frozen=True, slots=True)
class TableTarget:
    """What is asked for, in words, and what became of it."""

    asked: str
    outcomes: tuple[TargetOutcome, ...]
    is_yearly: bool


@dataclass(frozen=True, slots=True)
class RowSignal:
    """Whether the latest period of a row that was judged differs from what was to be expected, in a sentence.

    `record` is the whole of it as it is served.
    """

    period: str
    text: str
    is_deviation: bool
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A series in a table; `cells` go with the table's columns, the last with the year."""

    indicator: str
    slice: str
    name: str
    unit: str
    is_share: bool
    cells: tuple[Cell, ...]
    last_year: TableComparison
    targets: tuple[TableTarget, ...]
    definition: str
    # The year up to the last column's end, beside the same of the year before.
    year_to_date: TableComparison = TableComparison()
    signal: RowSignal | None = None


def rows_of(lines: Iterable[TableLine], language: Language, *, is_year_said: bool) -> tuple[TableRow, ...]:
    """Return the rows of lines; `is_year_said` where the heading of targets says that all are for the year."""
    return tuple(_row(line, language, is_year_said=is_year_said) for line in lines)


def all_for_the_year(lines: Iterable[TableLine], language: Language) -> bool:
    """Tell whether every target of the lines is for the calendar's year."""
    return all(one.is_yearly for line in lines for one in _targets(line, language))


def legend_of(
    rows: Iterable[TableRow], rhythm: str, language: Language, *, tells_change: bool, has_marks: bool = False
) -> tuple[str, ...]:
    """Return what the names and signs in tables mean, in the order of the words; with the marks where there are any."""
    rows, words = [*rows], WORDS[language]
    said = [words["tertials"]] if rhythm == "tertial" else []
    said += signs_in_words((cell for row in rows for cell in row.cells), language, has_marks=has_marks)
    if tells_change and any(row.unit == "percent" for row in rows):
        said.append(words["pointsLegend"])
    return tuple(said)


def interval_legend(rows: Iterable[TableRow], language: Language) -> tuple[str, ...]:
    """Return what the interval of a change means, where there is any."""
    return (WORDS[language]["intervalLegend"],) if any(row.last_year.interval for row in rows) else ()


def signs_in_words(cells: Iterable[Cell], language: Language, *, has_marks: bool = False) -> list[str]:
    """Return what the words and signs of some values mean; with `has_marks`, marks stand for what values lack."""
    signs = {sign for cell in cells for sign in cell.signs()}
    return [WORDS[language][f"{sign}Mark" if has_marks and sign in MARKS else sign] for sign in LEGEND if sign in signs]


def _row(line: TableLine, language: Language, *, is_year_said: bool) -> TableRow:
    definition = line.definition
    gaps = line.gaps or (NO_GAPS,) * len(line.figures)
    cells = (
        cell_of(definition, PeriodType(period_type), one, language, lacking)
        for (period_type, _), one, lacking in zip(line.columns, line.figures, gaps, strict=True)
    )
    targets = (_target(one, definition, language, is_year_said=is_year_said) for one in _targets(line, language))
    latest = line.figures[-1]
    return TableRow(
        definition.code,
        line.slice,
        line.name,
        definition.unit,
        definition.is_share,
        tuple(cells),
        _comparison(definition, latest and latest.last_year, language, latest and latest.signal),
        tuple(targets),
        in_language(definition.definition, language),
        _comparison(definition, latest and latest.year_to_date, language),
        _signal(line, language),
    )


def _signal(line: TableLine, language: Language) -> RowSignal | None:
    """Return what is said of the latest part of the year that was judged; of the year itself where none was."""
    of_columns = [*zip(line.columns, line.figures, strict=True)]
    parts = [one for one in of_columns if one[0][0] != PeriodType.YEAR]
    for (period_type, month), figure in (*reversed(parts), *of_columns[len(parts) :]):
        signal = figure.signal if figure else None
        if signal is not None and signal["verdict"] in JUDGED:
            is_year = period_type == PeriodType.YEAR
            name = WORDS[language]["year"] if is_year else short_period(PeriodType(period_type), month, language)
            return RowSignal(name, signal["text"][language], signal["verdict"] != Verdict.NONE, signal)
    return None


def _targets(line: TableLine, language: Language) -> list[YearTarget]:
    """Return the targets as they stood after the year, and those of shorter spans."""
    *parts, year = line.figures
    shorter = [
        (period_type, month, one.targets)
        for (period_type, month), one in zip(line.columns, parts, strict=False)
        if one is not None
    ]
    return [*targets_of_year(year.targets if year else (), [*shorter, *line.months], language)]


def _target(
    of_year: YearTarget, definition: IndicatorDefinition, language: Language, *, is_year_said: bool
) -> TableTarget:
    asked = rule(of_year.target, definition.unit, language)
    in_words = target_in_words(of_year, asked, language, is_year_said=is_year_said)
    return TableTarget(in_words, outcomes_of(of_year, language), of_year.is_yearly)


def cell_of(
    definition: IndicatorDefinition,
    period_type: PeriodType,
    figure: TableValue | None,
    language: Language,
    gaps: Gaps = NO_GAPS,
) -> Cell:
    """Return a value as a person reads it: a share with what it is a share of, what is counted apart, what it lacks."""
    if figure is None:
        return Cell()
    definition = definition.in_unit(figure.unit)
    share_of = arrived = ""
    if figure.value is None:
        text = without_value(figure.status, language)
        # A share of nothing is missing though all its months have arrived.
        if figure.months_arrived and figure.status == "missing" and figure.denominator is None:
            arrived = WORDS[language]["months"].format(arrived=figure.months_arrived, of=period_type.month_count)
    else:
        text = value_text(figure.value, definition.unit, language)
        if definition.is_share and definition.kind != "measured":
            share_of = f"{figure.numerator:f}/{figure.denominator:f}"
    return Cell(
        figure.status,
        figure.value,
        figure.numerator,
        figure.denominator,
        figure.left_out,
        _is_preliminary(definition, figure),
        text,
        share_of,
        arrived,
        dict(_lacks(definition, figure, gaps, language)),
        definition.unit,
    )


def _lacks(
    definition: IndicatorDefinition, figure: TableValue, gaps: Gaps, language: Language
) -> Iterator[tuple[str, str]]:
    words = WORDS[language]
    if is_little(definition, figure):
        yield "little", words["isLittle"]
    if gaps.missing:
        of = "isAbsentOf" if gaps.expected else "isAbsent"
        yield "absent", words[of].format(missing=gaps.missing, expected=gaps.expected)
    if gaps.late:
        yield "late", words["isLate"].format(number=gaps.late)


def is_little(definition: IndicatorDefinition, figure: TableValue) -> bool:
    """Tell whether a value rests on little; where there is none, nothing does."""
    return figure.value is not None and rests_on_little(definition, figure.numerator, figure.denominator)


def _is_preliminary(definition: IndicatorDefinition, figure: TableValue) -> bool:
    """Whether the source may yet change the value; one of activities is always preliminary."""
    return definition.observes is not None and figure.numerator is not None and figure.finality == "preliminary"


def _comparison(
    definition: IndicatorDefinition,
    comparison: Mapping[str, Any] | None,
    language: Language,
    signal: Mapping[str, Any] | None = None,
) -> TableComparison:
    if comparison is None:
        return TableComparison()
    value = Decimal(str(comparison["value"]))
    # Of a period that was closed before it was told, the signal has none.
    changed = signal and signal.get("changeFromLastYear")
    return TableComparison(
        value,
        changed_by(comparison, definition.unit),
        value_text(value, definition.unit, language),
        change(comparison, language, definition.unit),
        interval(changed, language, definition.unit) if changed else "",
    )
