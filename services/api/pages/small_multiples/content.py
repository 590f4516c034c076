"""What the page of small charts shows: each annex with a chart of each of its rows, all on the same periods."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.api.http.dependencies import release
from services.api.pages.agreement.chart_subjects import chart_subjects
from services.api.pages.small_multiples.sparkline import Sparkline
from services.api.values.charts.chart_data import ChartValue
from services.api.values.charts.scale import target_levels
from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.content import AgreementContent
    from services.api.values.charts.chart_data import ChartSubject
    from shared.annex_tables.rows import TableRow
    from shared.catalogue.loader import Catalogue

_CLOSED = text("SELECT DISTINCT period_type, period_start FROM closed_area_period WHERE area_id = :area_id")


@dataclass(frozen=True, slots=True)
class SmallChart:
    """A row of an annex with its chart."""

    row: TableRow
    svg: str


@dataclass(frozen=True, slots=True)
class ChartsOfAnnex:
    """The small charts of an annex, in the order of its table."""

    title: str
    charts: tuple[SmallChart, ...]


@dataclass(frozen=True, slots=True)
class SmallCharts:
    """The small charts of a year, and which marks in them are to be explained."""

    annexes: tuple[ChartsOfAnnex, ...]
    marks: tuple[str, ...]


async def small_charts(
    connection: AsyncConnection, catalogue: Catalogue, content: AgreementContent, today: date
) -> SmallCharts:
    """Return a small chart of each row of an area's year: one query reads the values of all.

    The connection is given back before they are drawn: of hundreds of rows that takes half a second.
    """
    rows = {(row.indicator, row.slice): row for annex in content.annexes for row in annex.table.rows}
    subjects = await chart_subjects(connection, catalogue, content, [*rows.values()], today)
    closed = await _closed_periods(connection, content.area.area_id)
    await release(connection)
    return await asyncio.to_thread(_drawn, subjects, closed, content)


def _drawn(
    subjects: Mapping[tuple[str, str], ChartSubject], closed: frozenset[Period], content: AgreementContent
) -> SmallCharts:
    subjects = dict(zip(subjects, _on_same_periods([*subjects.values()]), strict=True))
    language = content.tables.language
    svg = {
        series: Sparkline(one, closed, language).svg(f"{one.name}. {one.description(language)}")
        for series, one in subjects.items()
    }
    annexes = tuple(
        ChartsOfAnnex(
            annex.table.title, tuple(SmallChart(row, svg[row.indicator, row.slice]) for row in annex.table.rows)
        )
        for annex in content.annexes
        if annex.table.rows
    )
    return SmallCharts(annexes, tuple(_marks(subjects.values(), closed)))


def _on_same_periods(subjects: Sequence[ChartSubject]) -> Iterator[ChartSubject]:
    """Yield charts that begin and end with the first and last period that any of the same length has."""
    periods: dict[str, set[Period]] = defaultdict(set)
    for subject in subjects:
        periods[subject.period_type].update(one.period for one in subject.figures)
    # Once for all charts: to go from period to period takes longer than to draw one.
    spanned = {period_type: [*_from_to(found)] for period_type, found in periods.items()}
    for subject in subjects:
        known: Mapping[Period, ChartValue] = {one.period: one for one in subject.figures}
        figures = [known.get(one) or ChartValue(one) for one in spanned[subject.period_type]]
        yield replace(subject, figures=figures)


def _from_to(periods: Collection[Period]) -> Iterator[Period]:
    if periods:
        period, last = min(periods), max(periods)
        while period <= last:
            yield period
            period = period.next()


async def _closed_periods(connection: AsyncConnection, area_id: int) -> frozenset[Period]:
    rows = await connection.execute(_CLOSED, {"area_id": area_id})
    return frozenset(Period(PeriodType(kind), start) for kind, start in rows)


def _marks(subjects: Iterable[ChartSubject], closed: Collection[Period]) -> Iterator[str]:
    """Yield the names of the marks that are in any of the charts."""
    figures = [(subject, one) for subject in subjects for one in subject.in_one_unit.figures]
    if any(one.limits for _, one in figures):
        yield "interval"
    if any([*target_levels(subject, one)] for subject, one in figures):
        yield "target"
    if any(one.deviation for _, one in figures):
        yield "deviation"
    if any(one.period in closed for _, one in figures):
        yield "closed"
