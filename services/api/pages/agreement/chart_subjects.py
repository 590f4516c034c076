"""What the charts of rows show: the period of the tables and those before it, by one query for each type of period."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.values.charts.chart_data import CHART_COLUMNS, LATEST, ChartSubject, ChartValue, unit_of, without_gaps
from services.api.values.names import names_of
from services.api.values.queries import series_code
from shared.annex_tables.lines import as_stored
from shared.domain.activity_type import Wording
from shared.domain.period import Period, PeriodType
from shared.domain.wording import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.content import AgreementContent
    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import TableRow
    from shared.catalogue.loader import Catalogue

    # An indicator and a slice, by their codes.
    Series: TypeAlias = tuple[str, str]

# What a value of a chart has of one of the tables.
_OF_CHARTS = (
    *("status", "finality", "numerator", "denominator", "value", "targets", "left_out", "months_arrived", "signal"),
    "unit",
)
# The year that is chosen, and those before it that it is compared with.
YEARS = 3
_VALUES = text(
    f"""SELECT indicator_code, slice, {CHART_COLUMNS}
       FROM served_value AS served
       WHERE series_id = ANY(ARRAY(SELECT series_id FROM indicator_series
                                   WHERE concat_ws('~', indicator_code, slice) = ANY(:series)))
         AND area_id = :area_id AND period_type = :period_type AND period_start BETWEEN :first AND :last
       ORDER BY period_start"""
)


async def chart_subjects(
    connection: AsyncConnection, catalogue: Catalogue, content: AgreementContent, rows: Sequence[TableRow], today: date
) -> Mapping[Series, ChartSubject]:
    """Return what the chart of each row shows, from its first period of which anything is stored.

    A row that has values of years alone is drawn by years, all others by the periods of the tables, of three years.
    """
    by_type: dict[PeriodType, list[Series]] = defaultdict(list)
    for row in rows:
        by_type[_period_type(row, content.tables)].append((row.indicator, row.slice))
    found: dict[Series, list[ChartValue]] = defaultdict(list)
    for period_type, series in by_type.items():
        first, last = _bounds(period_type, content.tables)
        asked = {
            "series": [series_code(*one) for one in series],
            "area_id": content.area.area_id,
            "period_type": period_type.value,
            "first": first,
            "last": last,
        }
        for indicator, part, start, *columns in await connection.execute(_VALUES, asked):
            found[indicator, part].append(ChartValue(Period(period_type, start), *columns))
    return _subjects(catalogue, content, rows, found, today)


def chart_subjects_of(
    catalogue: Catalogue,
    content: AgreementContent,
    rows: Sequence[TableRow],
    values: Iterable[Mapping[str, Any]],
    today: date,
) -> Mapping[Series, ChartSubject]:
    """Return what the chart of each row shows of some values, as the API served them."""
    types = {(row.indicator, row.slice): _period_type(row, content.tables) for row in rows}
    found: dict[Series, list[ChartValue]] = defaultdict(list)
    for one in values:
        series, period = (one["indicatorCode"], one["slice"]), Period.parse(one["period"])
        if types.get(series) is period.type and _is_within(period, content.tables):
            stored = as_stored(one)
            drawn = {name: getattr(stored, name) for name in _OF_CHARTS}
            found[series].append(ChartValue(period, **drawn))
    for of_series in found.values():
        of_series.sort(key=lambda one: one.period.start)
    return _subjects(catalogue, content, rows, found, today)


def _subjects(
    catalogue: Catalogue,
    content: AgreementContent,
    rows: Sequence[TableRow],
    found: Mapping[Series, Sequence[ChartValue]],
    today: date,
) -> Mapping[Series, ChartSubject]:
    return {
        (row.indicator, row.slice): _subject(catalogue, content, row, found.get((row.indicator, row.slice), ()), today)
        for row in rows
    }


def _is_within(period: Period, tables: YearTables) -> bool:
    first, last = _bounds(period.type, tables)
    return first <= period.start <= last


async def chart_subject(
    connection: AsyncConnection, catalogue: Catalogue, content: AgreementContent, row: TableRow, today: date
) -> ChartSubject:
    """Return what the chart of one row shows."""
    [subject] = (await chart_subjects(connection, catalogue, content, [row], today)).values()
    return subject


def _subject(
    catalogue: Catalogue, content: AgreementContent, row: TableRow, values: Sequence[ChartValue], today: date
) -> ChartSubject:
    area, tables = content.area, content.tables
    period_type = _period_type(row, tables)
    _, last = _bounds(period_type, tables)
    figures = [*without_gaps(values, None, min(last, today))]
    definition = catalogue.series[row.indicator, row.slice]
    unit = unit_of(figures, definition)
    names = names_of(catalogue, row.indicator, row.slice, Wording(sv=area.name, en=area.name), unit=unit)
    unit_name = in_language(names["unitName"], tables.language)
    return ChartSubject(row.name, area.name, unit_name, definition.in_unit(unit), period_type, figures)


def _bounds(period_type: PeriodType, tables: YearTables) -> tuple[date, date]:
    """Return the first and the last day between which charts show periods of a type."""
    years = LATEST[PeriodType.YEAR] if period_type is PeriodType.YEAR else YEARS
    # A year that had not ended then has later values in it.
    around = Period.containing(period_type, tables.period.end)
    last = around.end if around.end == tables.period.end else around.start - timedelta(days=1)
    return date(tables.year - years + 1, 1, 1), last


def _period_type(row: TableRow, tables: YearTables) -> PeriodType:
    """Return by which periods a row is drawn: those of its table, unless there are values of years alone."""
    columns = zip(tables.columns, row.cells, strict=True)
    parts = [(column.period.type, cell) for column, cell in columns if column.period.type is not PeriodType.YEAR]
    has_parts = any(cell.value is not None or cell.status == "suppressed" for _, cell in parts)
    return parts[0][0] if has_parts else PeriodType.YEAR
