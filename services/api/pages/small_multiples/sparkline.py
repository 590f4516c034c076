"""A small chart as SVG, written at once: hundreds are drawn in the time that a page may take.

It shows what the large chart of an indicator shows, by the same rules of scale and by shapes, never by colour alone:
bars for amounts, a line with points for shares and levels, the normal interval as a band, targets as dashed lines, a
triangle at a clear deviation. A thick base line marks closed periods. How it looks is in the stylesheet, so that it
follows the page into the dark and onto paper. Lengths are units of the view box, about pixels.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from math import floor, log10
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from services.api.values.charts.elements import element, px, text_at
from services.api.values.charts.labels import mark
from services.api.values.charts.scale import highest, highest_value, natural_top, target_levels
from shared.domain.period import PeriodType
from shared.domain.wording import value_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from services.api.values.charts.chart_data import ChartSubject, ChartValue
    from shared.domain.period import Period
    from shared.domain.wording import Language

WIDTH, HEIGHT = 240, 100
TOP, BASE = 20, 82
"""Where the scale ends and where it begins; above is its greatest value and room for triangles, below are years."""
WIDEST_BAR, SHARE_OF_SLOT = 26, 0.7
TALL, ABOVE_VALUE, POINT = 8, 3, 3
"""Of a triangle, of what parts it from the value, and of a point's radius."""
# What a letter takes of the words that stand for values.
LETTER = 5.0
# How many times the highest value or lower limit the scale reaches for upper ones: more would leave values no height.
REACH = 2
# With what digits the greatest value of a scale begins.
STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def rounded_up(value: float) -> float:
    """Return the next number of few digits that is not below a value; 0 of what is not above 0."""
    if value <= 0:
        return 0.0
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in STEPS if value <= step * power * (1 + 1e-9)), 10 * power)


class Slot(NamedTuple):
    """A period's place along the chart, and its value."""

    left: float
    width: float
    figure: ChartValue

    @property
    def middle(self) -> float:
        """Where its bar or point is."""
        return self.left + self.width / 2


class Sparkline:
    """A small chart of a subject, whose figures are those of all charts beside it, period by period."""

    def __init__(self, subject: ChartSubject, closed: Collection[Period], language: Language) -> None:
        self.subject = subject = subject.in_one_unit
        self.closed = closed
        self.language = language
        self.top = natural_top(subject) or rounded_up(_highest(subject)) or 1.0
        width = WIDTH / max(len(subject.figures), 1)
        self.slots = [Slot(place * width, width, one) for place, one in enumerate(subject.figures)]

    def svg(self, label: str) -> str:
        """Return it as an image that a screen reader reads the label of."""
        parts = (
            *self._interval(),
            _path("scale-end", f"M0 {TOP}H{WIDTH}"),
            *((*self._targets(), *self._line()) if self.subject.is_line else (*self._bars(), *self._targets())),
            _path("deviation-mark", "".join(self._triangles())),
            _path("axis", f"M0 {BASE}H{WIDTH}"),
            _path("closed-mark", "".join(self._closed())),
            text_at(0, 9, self._greatest),
            *self._words(),
            *self._years(),
        )
        box = f"0 0 {WIDTH} {HEIGHT}"
        return element("svg", *parts, class_="sparkline", viewBox=box, role="img", aria_label=label)

    def _height(self, value: float) -> float:
        """Return how far down a value is; what is below 0 or above the scale is at its end."""
        return BASE - (BASE - TOP) * min(max(value / self.top, 0.0), 1.0)

    @property
    def _greatest(self) -> str:
        return value_text(Decimal(f"{self.top:.9g}"), self.subject.definition.unit, self.language)

    def _interval(self) -> Iterator[str]:
        """Yield what is within normal variation, and the lines on each side of it, as far as these are on the scale."""
        inside, edges = [], []
        for slot in self.slots:
            if slot.figure.limits is None:
                continue
            lower, upper = map(float, slot.figure.limits)
            high, low = self._height(upper), self._height(lower)
            inside.append(f"M{px(slot.left)} {px(high)}h{px(slot.width)}v{px(low - high)}h{px(-slot.width)}z")
            heights = [self._height(one) for one in (lower, upper) if one <= self.top]
            edges += [f"M{px(slot.left)} {px(height)}h{px(slot.width)}" for height in heights]
        yield _path("interval", "".join(inside))
        yield _path("interval-edge", "".join(edges))

    def _bars(self) -> Iterator[str]:
        wide = min(SHARE_OF_SLOT * self.slots[0].width, WIDEST_BAR) if self.slots else 0
        bars = (
            f"M{px(slot.middle - wide / 2)} {BASE}V{px(self._height(float(slot.figure.value)))}h{px(wide)}V{BASE}z"
            for slot in self.slots
            if slot.figure.value
        )
        yield _path("amounts", "".join(bars))

    def _line(self) -> Iterator[str]:
        """Yield a line through values that follow one another, and a point at each."""
        runs = (
            "L".join(f"{px(slot.middle)} {px(self._height(float(slot.figure.value)))}" for slot in run)  # type: ignore[arg-type]  # none is without
            for has_value, run in groupby(self.slots, lambda slot: slot.figure.value is not None)
            if has_value
        )
        yield _path("trend", "".join(f"M{run}" for run in runs))
        for slot in self.slots:
            if slot.figure.value is not None:
                height = self._height(float(slot.figure.value))
                yield element("circle", class_="level", cx=slot.middle, cy=height, r=POINT)

    def _targets(self) -> Iterator[str]:
        """Yield the lines of targets, each on an edge that parts it from the bars that it crosses."""
        lines = "".join(
            f"M{px(slot.left)} {px(self._height(level))}h{px(slot.width)}"
            for slot in self.slots
            for level in target_levels(self.subject, slot.figure)
        )
        if not self.subject.is_line:
            yield _path("target-edge", lines)
        yield _path("target-line", lines)

    def _triangles(self) -> Iterator[str]:
        """Yield a triangle above each value that clearly deviates: upwards where it is more, downwards where fewer."""
        for slot in self.slots:
            if slot.figure.deviation is None or slot.figure.value is None:
                continue
            height = self._height(float(slot.figure.value))
            foot = height - ABOVE_VALUE - (POINT if self.subject.is_line else 0)
            is_more = slot.figure.deviation == "more"
            base, tip = (foot, -TALL) if is_more else (foot - TALL, TALL)
            yield f"M{px(slot.middle - TALL / 2)} {px(base)}h{TALL}l{-TALL // 2} {tip}z"

    def _closed(self) -> Iterator[str]:
        for slot in self.slots:
            if slot.figure.period in self.closed:
                yield f"M{px(slot.left)} {BASE + 1}h{px(slot.width)}"

    def _words(self) -> Iterator[str]:
        """Yield what stands for values that are not drawn: why there are none, and a 0 for a bar of no height.

        Periods in a row have one word, which runs upwards where there is no room along the axis; a sign stands in each.
        """
        for word, run in groupby(self.slots, self._word):
            slots = [*run]
            if len(word) == 1:
                yield from (_centred(slot.middle, BASE - 4, word) for slot in slots)
            elif word:
                width = sum(slot.width for slot in slots)
                middle, has_room = slots[0].left + width / 2, len(word) * LETTER <= width
                yield _centred(middle, BASE - 4, word) if has_room else _upward(middle + LETTER / 2, BASE - 4, word)

    def _word(self, slot: Slot) -> str:
        figure = slot.figure
        if figure.value is None:
            return mark(figure.gap, self.language)
        return "0" if not figure.value and not self.subject.is_line else ""

    def _years(self) -> Iterator[str]:
        """Yield the years, each where it begins, with a line that parts it from the one before."""
        begins = [slot for slot in self.slots if slot.figure.period.start.month == 1]
        is_yearly, height = self.subject.period_type == PeriodType.YEAR, HEIGHT - 4
        for slot in begins:
            year = str(slot.figure.period.start.year)
            yield _centred(slot.middle, height, year) if is_yearly else text_at(slot.left + 3, height, year)
        yield _path("axis", "".join(f"M{px(slot.left)} {BASE}V{HEIGHT - 2}" for slot in begins[1:]))


def _highest(subject: ChartSubject) -> float:
    """Return the greatest height that the scale has to reach."""
    lower = (float(figure.limits[0]) for figure in subject.figures if figure.limits is not None)
    needed = max(highest_value(subject), max(lower, default=0.0))
    return min(highest(subject), REACH * needed) if needed > 0 else highest(subject)


def _path(kind: str, lines: str) -> str:
    return element("path", class_=kind, d=lines) if lines else ""


def _centred(middle: float, height: float, words: str) -> str:
    return text_at(middle, height, words, class_="centred")


def _upward(left: float, height: float, words: str) -> str:
    return element("text", escape(words), transform=f"translate({px(left)} {px(height)}) rotate(-90)")
