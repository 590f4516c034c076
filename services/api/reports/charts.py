"""The charts of a report: one for each row that has something to compare, drawn as all charts are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from services.api.values.charts.cache import PngCache
from services.api.values.charts.svg import compose
from shared.report.content import Chart
from shared.report.wording import isolated, translator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from services.api.http.dependencies import Resources
    from services.api.pages.agreement.content import AgreementContent
    from services.api.values.charts.chart_data import ChartSubject
    from services.api.values.charts.svg import SvgChart
    from shared.annex_tables.reading import AnnexTable
    from shared.annex_tables.rows import TableRow
    from shared.domain.wording import Language

WIDTH: Final = 480
HEIGHT: Final = 225
"""Five rows of two have room on a page with their titles."""
LEAST_VALUES: Final = 2
"""With fewer there is nothing to compare: the table says it."""
MOST: Final = 400
"""All that ship are fewer. As PNG so many take five seconds of a core."""


@dataclass(slots=True)
class DrawnCharts:
    """The charts of a content by their rows, and how many were left out."""

    by_series: dict[tuple[str, str], Chart] = field(default_factory=dict)
    left_out: int = 0

    def of(self, table: AnnexTable) -> Iterator[Chart]:
        """Yield the charts of a table that none before it had: a row in two annexes has one."""
        for row in table.rows:
            chart = self.by_series.pop((row.indicator, row.slice), None)
            if chart is not None:
                yield chart


def rows_to_draw(content: AgreementContent) -> dict[tuple[str, str], TableRow]:
    """Return the rows of a content, each once, by their series."""
    return {(row.indicator, row.slice): row for annex in content.annexes for row in annex.table.rows}


async def charts_of(
    resources: Resources,
    content: AgreementContent,
    subjects: Mapping[tuple[str, str], ChartSubject],
    draws: str | None,
    client: str,
) -> DrawnCharts:
    """Return the charts of a content, of what each row's shows, as `svg` or `png` drawn for a client, or none.

    Raises:
        NotReady: too many others are waiting to be drawn.
    """
    drawn = DrawnCharts()
    if draws is None:
        return drawn
    found = [(key, row, subjects[key]) for key, row in rows_to_draw(content).items()]
    worth = [one for one in found if one[2].drawn_values >= LEAST_VALUES]
    # Those with targets first.
    worth.sort(key=lambda one: not one[1].targets)
    drawn.left_out = max(0, len(worth) - MOST)
    language = content.tables.language
    chosen = {key: subject for key, _, subject in worth[:MOST]}
    charts = await asyncio.to_thread(_composed, chosen.values(), language)
    for (key, subject), chart in zip(chosen.items(), charts, strict=True):
        picture = await resources.singleton(PngCache).png_of(chart, client) if draws == "png" else chart.svg
        title = translator(language)("chartOf", name=isolated(subject.name), measured=subject.measured(language))
        drawn.by_series[key] = Chart(title, chart.description, picture)
    return drawn


def _composed(subjects: Iterable[ChartSubject], language: Language) -> list[SvgChart]:
    return [compose(one, language, WIDTH, HEIGHT, is_titled=False) for one in subjects]
