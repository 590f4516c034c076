"""One indicator: its values period by period as its chart shows them, and the year's in the areas above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.api.values.charts.chart_data import Subject, figures_of
from services.api.values.names import names_of
from services.api.values.queries import AreaCodes, Filter, SeriesCodes, series_code
from shared.annex_tables.lines import TableValue
from shared.annex_tables.rows import JUDGED, Cell, Row, cell_of
from shared.domain.activity_type import Wording
from shared.domain.period import Period, PeriodType
from shared.domain.wording import in_language
from shared.signals.record import measured_by, signal_of
from shared.signals.sentences import basis_in_words, method_in_words
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection as FiguresConnection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.pages.agreement.areas import ReadableArea
    from services.api.pages.agreement.content import AgreementContent
    from services.api.values.charts.chart_data import ChartValue
    from shared.annex_tables.reading import YearTables
    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language

# The year that is chosen, and those before it that it is seen beside.
YEARS = 3
_OF_AREAS = text(
    """SELECT area_id, numerator, denominator, value, left_out, status, finality, months_arrived, targets,
              unit, comparisons -> 'reportingMunicipalities' AS reporting
       FROM served_value
       WHERE series_id IN (SELECT series_id FROM indicator_series WHERE indicator_code = :indicator AND slice = :slice)
         AND period_type = 'year' AND period_start = :start AND area_id = ANY(:areas)"""
)


@dataclass(frozen=True, slots=True)
class PeriodValue:
    """A period of the chart, in words, with its value."""

    period: Period
    name: str
    cell: Cell
    signal: str = ""
    """Whether it differs from what was to be expected; empty where that was not judged."""
    is_deviation: bool = False


@dataclass(frozen=True, slots=True)
class AreaValue:
    """The year's value of an area beside which the chosen one is seen.

    Of one above municipalities also how many of them report it, of how many.
    """

    area: ReadableArea
    cell: Cell
    reporting: int | None
    of: int | None


@dataclass(frozen=True, slots=True)
class IndicatorContent:
    """The row of an indicator in its table, and its chart with the values in it, the latest first."""

    row: Row
    chart: Subject
    values: tuple[PeriodValue, ...]
    limits: tuple[str, ...] = ()
    """How the limits of the latest value that has any were made, in sentences."""


async def indicator_content(
    resources: Resources,
    connection: FiguresConnection,
    catalogue: Catalogue,
    row: Row,
    content: AgreementContent,
    today: date,
) -> IndicatorContent:
    """Return an indicator by the periods of its table, or by years where it has values of years alone."""
    chart = await chart_of(resources, connection, catalogue, row, content, today)
    values = tuple(_value(one, chart, content.tables.language) for one in reversed(chart.figures))
    return IndicatorContent(row, chart, values, _how_limits_are_made(chart, content.tables.language))


async def chart_of(
    resources: Resources,
    connection: FiguresConnection,
    catalogue: Catalogue,
    row: Row,
    content: AgreementContent,
    today: date,
) -> Subject:
    """Return what the chart of a row shows: the period of the tables and those before it, of three years.

    A row that has values of years alone is drawn by years.
    """
    area, tables = content.area, content.tables
    period_type = _period_type(row, tables)
    series = await resources.singleton(SeriesCodes).ids(connection, [series_code(row.indicator, row.slice)])
    areas = await resources.singleton(AreaCodes).ids(connection, [area.code])
    first = None if period_type is PeriodType.YEAR else date(tables.year - YEARS + 1, 1, 1)
    # A year that had not ended then has later figures in it.
    around = Period.containing(period_type, tables.period.end)
    last = around.end if around.end == tables.period.end else around.start - timedelta(days=1)
    asked = Filter((*series.values(),), (), (*areas.values(),), period_type, first, last)
    figures = await figures_of(connection, asked, today) if series else []
    begins = next((place for place, one in enumerate(figures) if one.status is not None), 0)
    names = names_of(catalogue, row.indicator, row.slice, Wording(sv=area.name, en=area.name))
    unit = in_language(names["unitName"], tables.language)
    definition = catalogue.series[row.indicator, row.slice]
    return Subject(row.name, area.name, unit, definition, period_type, figures[begins:])


def _how_limits_are_made(chart: Subject, language: Language) -> tuple[str, ...]:
    record = next((one.signal for one in reversed(chart.figures) if one.signal and one.limits), None)
    if record is None:
        return ()
    signal = signal_of(record, measured_by(record, chart.definition.unit))
    method = method_in_words(signal.method, language)
    return (basis_in_words(signal, language), f"{method[:1].upper()}{method[1:]}.")


def _period_type(row: Row, tables: YearTables) -> PeriodType:
    """Return by which periods a row is drawn: those of its table, unless there are values of years alone."""
    columns = zip(tables.columns, row.cells, strict=True)
    parts = [(column.period.type, cell) for column, cell in columns if column.period.type is not PeriodType.YEAR]
    has_parts = any(cell.value is not None or cell.status == "suppressed" for _, cell in parts)
    return parts[0][0] if has_parts else PeriodType.YEAR


def _value(one: ChartValue, chart: Subject, language: Language) -> PeriodValue:
    stored = None
    if one.status is not None:
        stored = TableValue(
            one.numerator,
            one.denominator,
            one.value,
            one.left_out,
            one.status,
            one.finality or "",
            one.months_arrived,
            one.targets,
            None,
            signal=one.signal,
            unit=one.unit,
        )
    cell = cell_of(chart.definition, one.period.type, stored, language)
    of = one.signal or {"verdict": None}
    said = one.signal["text"][language] if one.signal and of["verdict"] in JUDGED else ""
    return PeriodValue(one.period, period_in_words(one.period, language), cell, said, one.deviation is not None)


async def values_of_areas(
    connection: AsyncConnection, chart: Subject, row: Row, areas: Sequence[ReadableArea], content: AgreementContent
) -> list[AreaValue]:
    """Return the year's values of areas, of those alone that have one."""
    asked = {"indicator": row.indicator, "slice": row.slice, "start": date(content.year, 1, 1)}
    rows = await connection.execute(_OF_AREAS, asked | {"areas": [one.area_id for one in areas]})
    found = {}
    for area_id, *columns, unit, reporting in rows:
        stored = TableValue(*columns)._replace(unit=unit)
        cell = cell_of(chart.definition, PeriodType.YEAR, stored, content.tables.language)
        found[area_id] = cell, (reporting or {}).get("reporting"), (reporting or {}).get("of")
    return [AreaValue(area, *found[area.area_id]) for area in areas if area.area_id in found]
