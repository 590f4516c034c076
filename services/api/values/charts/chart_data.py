"""What a chart is of: an indicator in an area, its figures period after period, and the words that read them aloud."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.api.http.problems import InvalidQuery
from services.api.values.charts.labels import WORDS, break_texts, sentence, target_texts
from shared.domain.errors import Violation
from shared.domain.period import Period, PeriodType
from shared.domain.wording import speakable
from shared.facts.breaks import BREAKS_IN_AREAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from psycopg import AsyncConnection

    from services.api.values.queries import ValueFilter
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.wording import Language

MOST_PERIODS = 120
# How many periods a chart has when no beginning is asked for.
LATEST = {
    PeriodType.MONTH: 24,
    PeriodType.QUARTER: 12,
    PeriodType.TERTIAL: 12,
    PeriodType.HALF_YEAR: 12,
    PeriodType.YEAR: 10,
}

OTHER_UNIT = "otherUnit"
"""In a chart, the status of a value that is given in another unit than its axis has."""
CHART_COLUMNS = f"""
    period_start, status, finality, numerator, denominator, value, targets, left_out, months_arrived, signal, unit,
    (SELECT min(starts_on) FROM {BREAKS_IN_AREAS} JOIN indicator_series AS series USING (indicator_code)
     WHERE series.series_id = served.series_id AND descendant_id = served.area_id
       AND starts_on BETWEEN period_start AND period_end) AS break_on"""
"""What a `ChartValue` is made of, of the view `served_value` named `served`."""
_FIGURES = f"""
    SELECT {CHART_COLUMNS}
    FROM served_value AS served
    WHERE series_id = %(series)s AND area_id = %(area)s AND period_type = %(period_type)s
      AND period_start BETWEEN %(first)s AND %(last)s
    ORDER BY period_start DESC LIMIT %(most)s"""


@dataclass(frozen=True, slots=True)
class ChartValue:
    """One period's figure; `status` is None where there is no row, since nothing is reported there."""

    period: Period
    status: str | None = None
    finality: str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    targets: Sequence[Mapping[str, Any]] = ()
    left_out: int | None = 0
    months_arrived: int | None = None
    signal: Mapping[str, Any] | None = None
    unit: str | None = None
    # From when on values are compared with none before, where that begins within the period.
    break_on: date | None = None

    @property
    def limits(self) -> tuple[Decimal, Decimal] | None:
        """From where to where the value is within normal variation; None where that is of a part of the period."""
        of = self.signal
        if self.value is None or of is None or of["lowerLimit"] is None or of["months"] != self.period.type.month_count:
            return None
        return Decimal(str(of["lowerLimit"])), Decimal(str(of["upperLimit"]))

    @property
    def deviation(self) -> str | None:
        """Whether the value is clearly `more`, or `fewer`, than expected."""
        verdict = self.signal["verdict"] if self.signal and self.limits else None
        return verdict if verdict in {"more", "fewer"} else None

    @property
    def break_at(self) -> float:
        """How much of the period has passed at its break, as a share of its months."""
        months = _months(self.break_on) - _months(self.period.start) if self.break_on else 0
        return months / self.period.type.month_count

    @property
    def gap(self) -> str:
        """Why there is no value."""
        return self.status if self.status in {"suppressed", "notApplicable", OTHER_UNIT} else "missing"


@dataclass(frozen=True, slots=True)
class ChartSubject:
    """An indicator in an area, named in the chart's language; `figures` has one for each period, without a gap.

    `definition` and `unit`, its name, are in the unit of `unit_of`: values of closed periods may have kept another one.
    """

    name: str
    area: str
    unit: str
    definition: IndicatorDefinition
    period_type: str
    figures: Sequence[ChartValue]

    @property
    def is_line(self) -> bool:
        """Whether a line leads from figure to figure: shares and states have no amount that a bar could show."""
        return self.definition.is_share or self.definition.over_time == "last"

    @property
    def in_one_unit(self) -> ChartSubject:
        """The same as it is drawn: a value in another unit than the axis has no height on it."""
        figures = [one if _is_in(self.definition.unit, one) else _without_height(one) for one in self.figures]
        return replace(self, figures=figures)

    @property
    def drawn_values(self) -> int:
        """How many values are drawn."""
        return sum(one.value is not None for one in self.in_one_unit.figures)

    @property
    def title(self) -> str:
        """What it is called."""
        return speakable(f"{self.name} – {self.area}")

    def measured(self, language: Language) -> str:
        """Return how long its periods are and what it is measured in."""
        return speakable(f"{WORDS[language][self.period_type]}, {self.unit}")

    def description(self, language: Language) -> str:
        """Return all that the chart shows, in sentences."""
        words, available = WORDS[language], [figure for figure in self.figures if figure.value is not None]
        tells_finality = any(figure.finality == "final" for figure in available)
        kind = words["line" if self.is_line else "bars"]
        sentences = [f"{kind}, {self.measured(language)}."]
        sentences += [
            sentence(figure, self.definition, language, tells_finality=tells_finality) for figure in self.figures
        ]
        if not available:
            sentences.append(words["none"])
        elif not tells_finality:
            sentences.append(words["allPreliminary"])
        sentences += break_texts(self.figures, language)
        sentences += target_texts(self.figures, self.definition, language)
        return " ".join(sentences)


def unit_of(figures: Iterable[ChartValue], definition: IndicatorDefinition) -> str:
    """Return the unit of a chart's axis: that of the definition, where any value has it, else of the latest value."""
    units = [one.unit for one in figures if one.value is not None and one.unit is not None]
    return definition.unit if definition.unit in units or not units else units[-1]


def _is_in(unit: str, figure: ChartValue) -> bool:
    return figure.value is None or figure.unit in {None, unit}


def _without_height(figure: ChartValue) -> ChartValue:
    return ChartValue(figure.period, OTHER_UNIT, break_on=figure.break_on)


async def figures_of(connection: AsyncConnection, asked: ValueFilter, today: date) -> list[ChartValue]:
    """Return the figures of one series and one area in order of time, one for every period between the bounds.

    Without a beginning they are the latest that there are; without an end, or with one to come, until the last.

    Raises:
        InvalidQuery: there are more periods than a chart can show.
    """
    period_type, first = PeriodType(str(asked.period_type)), asked.first
    last = asked.last or today
    if first and _months(last) - _months(first) >= MOST_PERIODS * period_type.month_count:
        wrong = Violation("from", f"begins more than {MOST_PERIODS} periods before the end", "Ask for fewer.")
        raise InvalidQuery("The chart would be too crowded to be read.", [wrong])
    parameters: dict[str, object] = {"series": asked.series[0], "area": asked.areas[0], "period_type": period_type}
    parameters |= {"first": first or "-infinity", "last": last, "most": MOST_PERIODS if first else LATEST[period_type]}
    rows = await (await connection.execute(_FIGURES, parameters)).fetchall()
    figures = [ChartValue(Period(period_type, start), *columns) for start, *columns in reversed(rows)]
    return [*without_gaps(figures, first, asked.last and min(asked.last, today))]


def _months(day: date) -> int:
    return 12 * day.year + day.month


def without_gaps(figures: Sequence[ChartValue], first: date | None, last: date | None) -> Iterator[ChartValue]:
    """Yield values in order of time, also of what has no row: from the first to the last asked for, or else stored."""
    if not figures:
        return
    known = {figure.period: figure for figure in figures}
    period = figures[0].period
    while first and first < period.start:
        period = period.previous()
    while period.start <= max(figures[-1].period.start, last or date.min):
        yield known.get(period, ChartValue(period))
        period = period.next()
