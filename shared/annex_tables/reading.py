"""Reads an area's year from the read model, and makes its tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from shared.annex_tables.completeness import little_in, with_completeness
from shared.annex_tables.lines import COLUMNS, NOTHING_KNOWN, TableValue, as_stored, columns_to
from shared.annex_tables.rows import TableRow, all_for_the_year, interval_legend, legend_of, rows_of
from shared.annex_tables.sections import Figures, YearData, rhythm_of, sections_of
from shared.annex_tables.wording import WORDS
from shared.completeness.reading import AreaYear, reports_of_year
from shared.completeness.reports import Completeness, YearReports
from shared.completeness.sentences import sums_in_words
from shared.db.access import may_see
from shared.domain.errors import UnknownArea
from shared.domain.period import Period, PeriodType
from shared.domain.wording import Language, short_period
from shared.expectations.expectation import ExpectedPlace
from shared.expectations.observed import ASKED_FOR
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from shared.annex_tables.lines import Section
    from shared.catalogue.loader import Catalogue

# By the whole key of the table: an area's values stand apart in it, series by series.
_SERIES = "series_id = ANY (ARRAY(SELECT series_id FROM indicator_series))"
_AREA = "area_id = (SELECT area_id FROM area WHERE code = :area)"
_FIGURES = text(
    f"""SELECT indicator_code, slice, period_type, extract(month FROM period_start)::integer AS month,
               numerator, denominator, value, left_out, status, finality, months_arrived, targets,
               comparisons -> 'samePeriodLastYear' AS last_year, {ASKED_FOR} AS is_asked_for,
               comparisons -> 'yearToDate' AS year_to_date, signal, unit
        FROM served_value
        WHERE {_SERIES} AND {_AREA} AND (period_type <> 'month' OR jsonb_array_length(targets) > 0)
          AND period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)"""
)
_AREA_OF = text("SELECT area_id, code, name FROM area WHERE code = :area")
# In a running year without activities there are rows of nothing: a year is worth showing where something was observed.
_YEARS = text(
    f"""SELECT extract(year FROM period_start)::integer AS year, count(*) AS observed FROM indicator_value
        WHERE {_SERIES} AND {_AREA} AND period_type = 'year' AND status = 'observed' GROUP BY 1 ORDER BY 1"""
)
# A running year has few values at first: before it has half of the former's, it shows little but that they lack.
_HALF: Final = 2


class PeriodColumn(NamedTuple):
    """A period of the tables, by the heading of its column and as it is read aloud."""

    period: Period
    heading: str
    name: str


class YearAsOf(NamedTuple):
    """Which area's year is asked for, and as of which day it is told what is missing; None: that is not looked for."""

    area: Area
    year: int
    language: Language
    today: date | None


class Area(NamedTuple):
    """An area of which tables are made."""

    area_id: int
    code: str
    name: str


class DecidedPeriod(NamedTuple):
    """Which area's period is asked for as it was decided on, in which agreement, by its code."""

    area: Area
    period: Period
    language: Language
    agreement: str


@dataclass(frozen=True, slots=True)
class AnnexTable:
    """The table of an annex, or of what is followed beside annexes.

    The agreement, by its code and id, the number, the purpose and the goals are the annex's where it is one of an
    agreement that covers the area.
    """

    title: str
    rows: tuple[TableRow, ...]
    agreement: str | None = None
    agreement_id: int | None = None
    number: int | None = None
    completeness: Completeness = NOTHING_KNOWN
    purpose: str = ""
    goals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class YearTables:
    """The tables of an area's year, or of a part of it that its last column is; an annex may have no rows."""

    year: int
    language: Language
    rhythm: str
    columns: tuple[PeriodColumn, ...]
    target_heading: str
    tables: tuple[AnnexTable, ...]

    @property
    def filled(self) -> tuple[AnnexTable, ...]:
        """The tables that have rows."""
        return tuple(one for one in self.tables if one.rows)

    @property
    def period(self) -> Period:
        """What the tables are of: the year, or the part of it that the last column is."""
        return self.columns[-1].period

    @property
    def heading_before(self) -> str:
        """The heading of what was a year before: `2015`, `T1 2015`."""
        before = str(self.year - 1)
        return before if self.period.type is PeriodType.YEAR else f"{self.columns[-1].heading} {before}"

    @property
    def has_year_to_date(self) -> bool:
        """Whether the year so far is more than any one column."""
        return len(self.columns) > 1 and self.period.type is not PeriodType.YEAR

    def legend(
        self, *, tells_change: bool = True, tells_interval: bool = False, has_marks: bool = False
    ) -> tuple[str, ...]:
        """Return what the words and signs in them mean.

        `tells_change` where the change of a year is in them, `tells_interval` where between what it lies is too;
        `has_marks` where marks stand for what values lack.
        """
        rows = [row for table in self.tables for row in table.rows]
        legend = legend_of(rows, self.rhythm, self.language, tells_change=tells_change, has_marks=has_marks)
        return (*legend, *interval_legend(rows, self.language)) if tells_interval else legend

    def sums(self, table: AnnexTable) -> tuple[str, ...]:
        """Return in words what of one of them is missing, late and rests on little."""
        return sums_in_words(table.completeness, self.language)


def area_of(connection: Connection, code: str) -> Area:
    """Return the area with a code.

    Raises:
        UnknownArea: there is none.
    """
    found = connection.execute(_AREA_OF, {"area": code}).one_or_none()
    if found is None:
        raise UnknownArea
    return Area(*found)


def years_with_values(connection: Connection, area: str) -> dict[int, int]:
    """Return the years of which something was observed in an area, by its code, each with how many values it has."""
    return {row.year: row.observed for row in connection.execute(_YEARS, {"area": area})}


def first_year(years: Mapping[int, int], today: date) -> int:
    """Return which of the years with values is shown where none is asked for.

    It is the latest; not the running one while that has few, if there is one before it.
    """
    former = max((year for year in years if year < today.year), default=None)
    if former is not None and years.get(today.year, 0) * _HALF < years[former]:
        return former
    return max(years, default=today.year)


def read_year(connection: Connection, catalogue: Catalogue, asked: YearAsOf) -> YearTables:
    """Return the tables of an area's year, with what is missing and late where that is asked for.

    Of facts that the caller may not see nothing is told to be missing or late.
    """
    (area_id, code, name), year, language, today = asked
    data = _data(connection, code, YearData(catalogue, {}, language, year, today=today))
    sections = [*sections_of(connection, code, data)]
    if today is not None:
        reports = YearReports()
        if may_see(area_id):
            reports = reports_of_year(connection, catalogue, AreaYear(area_id, year, today), data.figures)
        place = ExpectedPlace(code, name, frozenset({area_id}))
        sections = [with_completeness(one, reports, place, year) for one in sections]
    return tables_of(sections, year, language)


def read_period(
    connection: Connection, catalogue: Catalogue, area: Area, period: Period, language: Language
) -> YearTables:
    """Return the tables of an area's year as it was at the end of one of its periods.

    What has a longer period, or a later one, is not in them; targets are judged as of the period. What is missing and
    late is not looked for: that is known of years.
    """
    year = period.start.year
    if period.type is PeriodType.YEAR:
        return read_year(connection, catalogue, YearAsOf(area, year, language, None))
    data = _data(connection, area.code, YearData(catalogue, {}, language, year))
    for of_series in data.figures.values():
        later = [key for key in of_series if PeriodType(key[0]).month_count + key[1] - 1 > period.end.month]
        for key in later:
            del of_series[key]
    known = {series: of_series for series, of_series in data.figures.items() if of_series}
    data = data._replace(figures=known, columns=columns_to(period))
    return tables_of([*sections_of(connection, area.code, data)], year, language)


def read_decided(
    connection: Connection, catalogue: Catalogue, asked: DecidedPeriod, values: Iterable[Mapping[str, Any]]
) -> YearTables:
    """Return the tables of the annexes of an agreement, of values as the API served them.

    The last column is of the period; before it are those alone of which there are values.
    """
    area, period, language, agreement = asked
    year = period.start.year
    figures: Figures = {}
    for one in values:
        own = Period.parse(one["period"])
        if own.start.year == year and own.end <= period.end and (own.type is not PeriodType.MONTH or one["targets"]):
            of_series = figures.setdefault((one["indicatorCode"], one["slice"]), {})
            of_series[own.type.value, own.start.month] = as_stored(one)
    known = {key for of_series in figures.values() for key in of_series}
    columns = COLUMNS[rhythm_of(figures)] if period.type is PeriodType.YEAR else columns_to(period)
    columns = (*(one for one in columns[:-1] if one in known), columns[-1])
    data = YearData(catalogue, figures, language, year, columns)
    sections = [one for one in sections_of(connection, area.code, data) if one.agreement == agreement]
    return tables_of(sections, year, language)


def _data(connection: Connection, area: str, data: YearData) -> YearData:
    """Return what is given with the figures of an area's year, and the columns of the rhythm that they have."""
    figures: Figures = defaultdict(dict)
    for code, part, period_type, month, *columns in connection.execute(_FIGURES, {"area": area, "year": data.year}):
        figures[code, part][period_type, month] = TableValue(*columns)
    return data._replace(figures=figures, columns=COLUMNS[rhythm_of(figures)])


def tables_of(sections: Sequence[Section], year: int, language: Language) -> YearTables:
    """Return the tables of sections."""
    lines = [line for section in sections for line in section.lines]
    columns = lines[0].columns if lines else COLUMNS[PeriodType.TERTIAL.value]
    is_yearly = all_for_the_year(lines, language)
    tables = tuple(
        AnnexTable(
            one.title,
            rows_of(one.lines, language, is_year_said=is_yearly),
            one.agreement,
            one.agreement_id,
            one.number,
            replace(one.completeness, little=little_in(one.lines, year)),
            one.purpose,
            one.goals,
        )
        for one in sections
    )
    return YearTables(
        year,
        language,
        columns[0][0],
        tuple(_column(PeriodType(period_type), month, year, language) for period_type, month in columns),
        WORDS[language]["target" if is_yearly else "targets"],
        tables,
    )


def _column(period_type: PeriodType, month: int, year: int, language: Language) -> PeriodColumn:
    period = Period(period_type, date(year, month, 1))
    heading = str(year) if period_type is PeriodType.YEAR else short_period(period_type, month, language)
    return PeriodColumn(period, heading, period_in_words(period, language))
