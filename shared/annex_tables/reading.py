"""Reads an area's year from the read model, and makes its tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from shared.annex_tables.lines import COLUMNS, TableValue
from shared.annex_tables.rows import Row, all_for_the_year, legend_of, rows_of
from shared.annex_tables.sections import Figures, YearData, rhythm_of, sections_of
from shared.annex_tables.wording import WORDS
from shared.domain.period import Period, PeriodType
from shared.domain.wording import Language, short_period
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from shared.annex_tables.lines import Section
    from shared.catalogue.loader import Catalogue

# By the whole key of the table: an area's values stand apart in it, series by series.
_SERIES = "series_id = ANY (ARRAY(SELECT series_id FROM indicator_series))"
_AREA = "area_id = (SELECT area_id FROM area WHERE code = :area)"
_FIGURES = text(
    f"""SELECT indicator_code, slice, period_type, extract(month FROM period_start)::integer AS month,
               numerator, denominator, value, left_out, status, finality, months_arrived, targets,
               comparisons -> 'samePeriodLastYear' AS last_year
        FROM served_value
        WHERE {_SERIES} AND {_AREA} AND (period_type <> 'month' OR jsonb_array_length(targets) > 0)
          AND period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)"""
)
# In a running year without activities there are rows of nothing: a year is worth showing where something was observed.
_YEARS = text(
    f"""SELECT DISTINCT extract(year FROM period_start)::integer FROM indicator_value
        WHERE {_SERIES} AND {_AREA} AND period_type = 'year' AND status = 'observed' ORDER BY 1"""
)


class Column(NamedTuple):
    """A period of the tables, by the heading of its column and as it is read aloud."""

    period: Period
    heading: str
    name: str


@dataclass(frozen=True, slots=True)
class AnnexTable:
    """The table of an annex, or of what is followed beside annexes.

    The agreement, by its code and id, and the number are the annex's where it is one of an agreement that covers the
    area.
    """

    title: str
    rows: tuple[Row, ...]
    agreement: str | None = None
    agreement_id: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class YearTables:
    """The tables of an area's year; an annex may have no rows."""

    year: int
    language: Language
    rhythm: str
    columns: tuple[Column, ...]
    target_heading: str
    tables: tuple[AnnexTable, ...]

    @property
    def filled(self) -> tuple[AnnexTable, ...]:
        """The tables that have rows."""
        return tuple(one for one in self.tables if one.rows)

    def legend(self, *, tells_change: bool = True) -> tuple[str, ...]:
        """Return what the words and signs in them mean; `tells_change` where the change of a year is in them."""
        rows = [row for table in self.tables for row in table.rows]
        return legend_of(rows, self.rhythm, self.language, tells_change=tells_change)


def years_with_values(connection: Connection, area: str) -> Sequence[int]:
    """Return the years of which something was observed in an area, by its code."""
    return connection.execute(_YEARS, {"area": area}).scalars().all()


def read_year(connection: Connection, catalogue: Catalogue, area: str, year: int, language: Language) -> YearTables:
    """Return the tables of an area's year, by its code."""
    figures: Figures = defaultdict(dict)
    for code, part, period_type, month, *columns in connection.execute(_FIGURES, {"area": area, "year": year}):
        figures[code, part][period_type, month] = TableValue(*columns)
    data = YearData(catalogue, figures, language, rhythm_of(figures))
    sections = [*sections_of(connection, area, year, data)]
    return tables_of(sections, year, language)


def tables_of(sections: Sequence[Section], year: int, language: Language) -> YearTables:
    """Return the tables of sections."""
    lines = [line for section in sections for line in section.lines]
    rhythm = lines[0].rhythm if lines else PeriodType.TERTIAL.value
    is_yearly = all_for_the_year(lines, language)
    tables = tuple(
        AnnexTable(
            one.title, rows_of(one.lines, language, is_year_said=is_yearly), one.agreement, one.agreement_id, one.number
        )
        for one in sections
    )
    return YearTables(
        year,
        language,
        rhythm,
        tuple(_column(PeriodType(period_type), month, year, language) for period_type, month in COLUMNS[rhythm]),
        WORDS[language]["target" if is_yearly else "targets"],
        tables,
    )


def _column(period_type: PeriodType, month: int, year: int, language: Language) -> Column:
    period = Period(period_type, date(year, month, 1))
    heading = str(year) if period_type is PeriodType.YEAR else short_period(period_type, month, language)
    return Column(period, heading, period_in_words(period, language))
