"""The axes of a chart: round numbers upwards, and along it the names of periods, as many as there is room for."""

from __future__ import annotations

from decimal import Decimal
from math import floor, log10, sqrt
from typing import TYPE_CHECKING, Final

from services.api.values.charts.elements import element, text_at
from services.api.values.charts.labels import label
from services.api.values.charts.look import GRID, INK, LABEL_LETTER
from shared.domain.period import PeriodType
from shared.domain.wording import Language, number_in_unit, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.values.charts.chart_data import ChartSubject
    from services.api.values.charts.plot import Plot

MOST_TICKS: Final = 6
TICK: Final = 5
"""How long the line at a name or a number is."""
BETWEEN_NAMES: Final = 6
NAMES_DOWN, YEARS_DOWN = 18, 31
"""How far below the axis names stand, and the years below them."""
MONTHS_OF_A_YEAR: Final = 12


def round_numbers(highest: float, *, is_whole: bool) -> list[float]:
    """Return some round numbers from 0 to not above the highest: 1, 2 or 5, ten, twenty or fifty and so on apart."""
    rough = highest / MOST_TICKS
    power = 10.0 ** floor(log10(rough))
    times = next((one for one, least in ((10, sqrt(50)), (5, sqrt(10)), (2, sqrt(2))) if rough / power >= least), 1)
    apart = max(times * power, 1.0) if is_whole else times * power
    return [at * apart for at in range(floor(highest / apart + 1e-9) + 1)]


def numbers_upwards(subject: ChartSubject, language: Language, highest: float) -> list[tuple[float, str]]:
    """Return the numbers of the scale, and how each is written."""
    unit = subject.definition.unit
    levels = round_numbers(highest, is_whole=unit in {"count", "days"})
    return [(one, number_in_unit(rounded(Decimal(str(round(one, 6))), 3), unit, language)) for one in levels]


def axes(subject: ChartSubject, language: Language, plot: Plot) -> Iterator[str]:
    """Yield the lines behind the values, and both axes with what is written at them."""
    upwards = [(plot.level(one), words) for one, words in numbers_upwards(subject, language, plot.highest)]
    right = plot.left + plot.width
    grid = (element("line", x1=plot.left, x2=right, y1=y, y2=y) for y, _ in upwards)
    yield element("g", *grid, class_="grid", stroke=GRID)
    names = [*_names(subject, language, plot)] if subject.figures else []
    ticks = [element("line", x1=plot.left - TICK, x2=plot.left, y1=y, y2=y) for y, _ in upwards]
    ticks += [element("line", x1=x, x2=x, y1=plot.bottom, y2=plot.bottom + TICK) for x, *_ in names]
    both = f"M{plot.left:g},{plot.top:g}V{plot.bottom:g}H{right:g}"
    yield element("g", element("path", d=both, fill="none"), *ticks, class_="axes", stroke=INK)
    numbers = (text_at(plot.left - TICK - 3, y + 4, words) for y, words in upwards)
    yield element("g", *numbers, text_anchor="end")
    written = [text_at(x, plot.bottom + NAMES_DOWN, name) for x, name, _ in names]
    written += [text_at(x, plot.bottom + YEARS_DOWN, year) for x, _, year in names if year]
    yield element("g", *written, text_anchor="middle")


def _names(subject: ChartSubject, language: Language, plot: Plot) -> Iterator[tuple[float, str, str]]:
    """Yield where a period's name stands, the name, and the year where it is another than at the name before."""
    periods, year_before = [one.period for one in subject.figures], None
    names = [label(one, language) for one in periods]
    is_year = subject.period_type == PeriodType.YEAR
    every = _every(max(map(len, names)), plot.room, PeriodType(subject.period_type))
    # So that the first of a year is among those that are named.
    first = next((at for at, one in enumerate(periods) if one.start.month == 1), 0)
    for at, (period, name) in enumerate(zip(periods, names, strict=True)):
        if (at - first) % every == 0:
            year = period.start.year
            yield plot.middle(at), name, str(year) if year != year_before and not is_year else ""
            year_before = year


def _every(letters: int, room: float, period_type: PeriodType) -> int:
    """Return that each name has room, or each second, third and so on: evenly within a year, or of every nth year."""
    of_a_year = MONTHS_OF_A_YEAR // period_type.month_count
    needed = (max(letters, len("2016")) * LABEL_LETTER + BETWEEN_NAMES) / room
    within = (one for one in range(1, of_a_year + 1) if of_a_year % one == 0 and one >= needed)
    return next(within, None) or of_a_year * max(1, -int(-needed // of_a_year))
