"""Where a chart's values are: the plot's rectangle, its scale, and what is drawn in it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Final

from services.api.values.charts.elements import element, points, text_at
from services.api.values.charts.labels import WORDS, mark
from services.api.values.charts.look import (
    BAND,
    BAND_EDGE,
    DARK,
    DASHES,
    DOTS,
    INK,
    LABEL_LETTER,
    LIGHT,
    OUTLINE,
    RADIUS,
    TARGET,
    TRIANGLE,
    WHITE,
)
from services.api.values.charts.scale import target_levels
from shared.domain.wording import value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from services.api.values.charts.chart_data import ChartSubject, ChartValue
    from shared.domain.wording import Language

BAR: Final = 0.7
"""How much of its place a bar takes."""
ABOVE_VALUE: Final = 10
"""So far above a value stands its number, and its triangle as far above that."""


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle between the axes in pixels, divided into a place for each period; `highest` ends the scale."""

    left: float
    top: float
    width: float
    height: float
    places: int
    highest: float

    @property
    def bottom(self) -> float:
        """Where 0 is."""
        return self.top + self.height

    @property
    def room(self) -> float:
        """How wide the place of a period is."""
        return self.width / max(self.places, 1)

    def edges(self, place: int) -> tuple[float, float]:
        """Return where a place begins and where it ends."""
        return self.left + place * self.room, self.left + (place + 1) * self.room

    def middle(self, place: int) -> float:
        """Return where the middle of a place is."""
        return self.left + (place + 0.5) * self.room

    def level(self, value: float | Decimal) -> float:
        """Return how far down a value is."""
        return self.bottom - self.height * float(value) / self.highest


def levels_of_targets(subject: ChartSubject) -> list[tuple[int, float]]:
    """Return the targets that are drawn, by their places."""
    return [(place, level) for place, figure in enumerate(subject.figures) for level in target_levels(subject, figure)]


def marks(subject: ChartSubject, language: Language, plot: Plot) -> Iterator[str]:
    """Yield all that is drawn between the axes, from the back to the front."""
    if not any(one.value is not None for one in subject.figures):
        middle = (plot.left + plot.width / 2, plot.top + plot.height / 2)
        yield text_at(*middle, WORDS[language]["noValues"], text_anchor="middle", font_size=14)
    yield from _band(subject.figures, plot)
    yield from _values(subject, plot)
    yield from _targets(subject, plot)
    yield from _breaks(subject.figures, plot)
    yield from _numbers(subject, language, plot)
    yield from _deviations(subject.figures, plot)
    yield from _gaps(subject.figures, language, plot)


def _runs(places: Iterable[int]) -> Iterator[list[int]]:
    """Yield the places that follow one another without a gap together."""
    for _, run in groupby(enumerate(places), lambda at: at[1] - at[0]):
        yield [place for _, place in run]


def _band(figures: Sequence[ChartValue], plot: Plot) -> Iterator[str]:
    """Yield what is within normal variation: a band, and a line on each side of it."""
    limits = {
        place: (plot.level(max(one.limits[0], Decimal(0))), plot.level(one.limits[1]))
        for place, one in enumerate(figures)
        if one.limits
    }
    for run in _runs(limits):
        lower, upper = ([(x, limits[at][side]) for at in run for x in plot.edges(at)] for side in (0, 1))
        yield element("polygon", class_="interval", points=points(*lower, *reversed(upper)), fill=BAND)
    if limits:
        edges = [_across(plot, [at], level) for at, both in limits.items() for level in both]
        yield element("g", *edges, class_="limits", stroke=BAND_EDGE)


def _targets(subject: ChartSubject, plot: Plot) -> Iterator[str]:
    """Yield a dashed line for each level that is asked for, as long as it is."""
    targets = levels_of_targets(subject)
    levels = {level: [place for place, other in targets if other == level] for _, level in targets}
    lines = [_across(plot, run, plot.level(level)) for level, places in levels.items() for run in _runs(places)]
    if lines:
        yield element("g", *lines, class_="targets", stroke=TARGET, stroke_width=2, stroke_dasharray=DASHES)


def _breaks(figures: Sequence[ChartValue], plot: Plot) -> Iterator[str]:
    """Yield an upright line where values are compared with none before."""
    at = [plot.left + (place + one.break_at) * plot.room for place, one in enumerate(figures) if one.break_on]
    if at:
        lines = (element("line", x1=x, x2=x, y1=plot.top, y2=plot.bottom) for x in at)
        yield element("g", *lines, class_="breaks", stroke=INK, stroke_width=2, stroke_dasharray=DOTS)


def _across(plot: Plot, run: Sequence[int], y: float) -> str:
    return element("line", x1=plot.edges(run[0])[0], x2=plot.edges(run[-1])[1], y1=y, y2=y)


def _values(subject: ChartSubject, plot: Plot) -> Iterator[str]:
    """Yield the bars, or the points and the line between those that follow one another without a gap."""
    values = {place: one for place, one in enumerate(subject.figures) if one.value is not None}
    outline: dict[str, str | float] = {"stroke": DARK, "stroke_width": OUTLINE}
    if values and not subject.is_line:
        yield element("g", *(_bar(plot, at, one) for at, one in values.items()), class_="bars", **outline)
    elif values:
        places = {at: (plot.middle(at), plot.level(one.value or 0)) for at, one in values.items()}
        for run in _runs(places):
            line = points(*(places[at] for at in run))
            yield element("polyline", class_="line", points=line, fill="none", stroke=DARK, stroke_width=2)
        yield element(
            "g", *(point(*places[at], one.finality) for at, one in values.items()), class_="points", **outline
        )


def _bar(plot: Plot, place: int, figure: ChartValue) -> str:
    width, y = BAR * plot.room, plot.level(figure.value or 0)
    place_of = {"x": plot.middle(place) - width / 2, "y": y, "width": width, "height": plot.bottom - y}
    return element("rect", **place_of, fill=DARK if figure.finality == "final" else LIGHT)


def point(x: float, y: float, finality: str | None) -> str:
    """Return the point of a value that is final, or hollow since it is preliminary."""
    return element("circle", cx=x, cy=y, r=RADIUS, fill=DARK if finality == "final" else WHITE)


def _numbers(subject: ChartSubject, language: Language, plot: Plot) -> Iterator[str]:
    """Yield each value as it is written, if all have room, on a white edge since lines may cross it."""
    said = [
        (place, one.value, value_text(one.value, subject.definition.unit, language))
        for place, one in enumerate(subject.figures)
        if one.value is not None
    ]
    if said and max(len(words) for _, _, words in said) * LABEL_LETTER <= plot.room:
        edge: dict[str, str | float] = {"stroke": WHITE, "stroke_width": 5, "stroke_linejoin": "round"}
        texts = (text_at(plot.middle(at), plot.level(value) - ABOVE_VALUE, words) for at, value, words in said)
        yield element("g", *texts, class_="numbers", text_anchor="middle", paint_order="stroke", **edge)


def _deviations(figures: Sequence[ChartValue], plot: Plot) -> Iterator[str]:
    """Yield a triangle above each value that clearly deviates: it points up where there was more, down where fewer."""
    found = [(place, one) for place, one in enumerate(figures) if one.deviation]
    shapes = (
        triangle(plot.middle(at), plot.level(one.value or 0) - 2.4 * ABOVE_VALUE, points_up=one.deviation == "more")
        for at, one in found
    )
    if found:
        yield element("g", *shapes, class_="deviations")


def triangle(x: float, y: float, *, points_up: bool = True) -> str:
    """Return a triangle around a place."""
    half = TRIANGLE / 2
    tip, base = (y - half, y + half) if points_up else (y + half, y - half)
    return element("polygon", points=points((x, tip), (x - half, base), (x + half, base)), fill=INK)


def _gaps(figures: Sequence[ChartValue], language: Language, plot: Plot) -> Iterator[str]:
    """Yield a word in the place of each value that there is none of, upwards where they would run together."""
    said = [(plot.middle(at), mark(one.gap, language)) for at, one in enumerate(figures) if one.value is None]
    if not said:
        return
    if max(len(words) for _, words in said) * LABEL_LETTER <= plot.room:
        yield element("g", *(text_at(x, plot.bottom - 8, words) for x, words in said), text_anchor="middle")
        return
    for x, words in said:
        y = plot.bottom - 4
        yield text_at(x + LABEL_LETTER / 2, y, words, transform=f"rotate(-90 {points((x + LABEL_LETTER / 2, y))})")
