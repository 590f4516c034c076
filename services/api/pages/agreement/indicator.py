"""One indicator: its values period by period as its chart shows them, and the year's in the areas above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.api.pages.agreement.chart_subjects import chart_subject
from shared.annex_tables.lines import TableValue
from shared.annex_tables.rows import JUDGED, Cell, TableRow, cell_of
from shared.domain.period import Period, PeriodType
from shared.domain.wording import capitalized
from shared.signals.record import measured_by, signal_of
from shared.signals.sentences import basis_in_words, method_in_words
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.areas import ReadableArea
    from services.api.pages.agreement.content import AgreementContent
    from services.api.values.charts.chart_data import ChartSubject, ChartValue
    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language

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

    row: TableRow
    chart: ChartSubject
    values: tuple[PeriodValue, ...]
    limits: tuple[str, ...] = ()
    """How the limits of the latest value that has any were made, in sentences."""


async def indicator_content(
    connection: AsyncConnection, catalogue: Catalogue, content: AgreementContent, row: TableRow, today: date
) -> IndicatorContent:
    """Return an indicator by the periods of its table, or by years where it has values of years alone."""
    chart = await chart_subject(connection, catalogue, content, row, today)
    values = tuple(_value(one, chart, content.tables.language) for one in reversed(chart.figures))
    return IndicatorContent(row, chart, values, _how_limits_are_made(chart, content.tables.language))


def _how_limits_are_made(chart: ChartSubject, language: Language) -> tuple[str, ...]:
    record = next((one.signal for one in reversed(chart.figures) if one.signal and one.limits), None)
    if record is None:
        return ()
    signal = signal_of(record, measured_by(record, chart.definition.unit))
    method = method_in_words(signal.method, language)
    return (basis_in_words(signal, language), f"{capitalized(method)}.")


def _value(one: ChartValue, chart: ChartSubject, language: Language) -> PeriodValue:
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
    changed = of.get("changeFromLastYear")
    said = one.signal["text"][language] if one.signal and of["verdict"] in JUDGED else ""
    said = f"{said} {changed['text'][language]}" if said and changed else said
    return PeriodValue(one.period, period_in_words(one.period, language), cell, said, one.deviation is not None)


async def values_of_areas(
    connection: AsyncConnection,
    chart: ChartSubject,
    row: TableRow,
    areas: Sequence[ReadableArea],
    content: AgreementContent,
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
