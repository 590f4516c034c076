"""A funnel chart as SVG: shares by how many cases they rest on, and between what they may lie."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.api.values.charts.axes import TICK, round_numbers
from services.api.values.charts.elements import element, points, text_at
from services.api.values.charts.look import (
    BAND,
    BAND_EDGE,
    DARK,
    DASHES,
    FONT,
    GRID,
    INK,
    LABEL_LETTER,
    LABEL_SIZE,
    LINE,
    MARGIN,
    OUTLINE,
    RADIUS,
    TARGET,
    WHITE,
)
from services.api.values.charts.plot import ABOVE_VALUE, Plot, triangle
from services.api.values.charts.svg import BELOW_LEGEND, RIGHT, SvgChart
from shared.domain.wording import PERCENT, Language, in_language, number, speakable
from shared.signals.signal import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.values.differences.reading import Differences

WIDTH, HEIGHT = 720, 340
WHOLE: Final = 100.0
BELOW: Final = 46
"""The room for numbers and what they are, below the axis."""
STEPS: Final = 120
"""At so many numbers of cases, limits are drawn."""
WORDS = {
    Language.SV: {
        "cases": "Antal fall som värdet bygger på",
        "legend": "Grått: vad som var att vänta. Triangel: ett område utanför det. Streckat: alla tillsammans.",
    },
    Language.EN: {
        "cases": "Number of cases behind the value",
        "legend": "Grey: what was to be expected. Triangle: an area outside it. Dashed: all together.",
    },
}


def funnel_chart(of: Differences, title: str, language: Language) -> SvgChart:
    """Return the chart of the areas of a kind; the sentences that describe it have the same figures."""
    background = element("rect", width=WIDTH, height=HEIGHT, fill=WHITE)
    drawn = element("g", *_drawn(of, language), fill=INK, font_family=FONT, font_size=LABEL_SIZE)
    return SvgChart(
        language, speakable(title), speakable(" ".join(of.in_words(language))), WIDTH, HEIGHT, background + drawn
    )


def _drawn(of: Differences, language: Language) -> Iterator[str]:
    most = max(area.denominator for area in of.areas)
    left = MARGIN + LABEL_LETTER * len(f"100{PERCENT[language]}")
    plot = Plot(left, MARGIN + BELOW_LEGEND, WIDTH - left - RIGHT, HEIGHT - MARGIN - BELOW_LEGEND - BELOW, 1, WHOLE)

    def across(cases: float) -> float:
        return plot.left + plot.width * cases / (1.05 * most)

    yield from _limits(of, plot, most)
    yield from _axes(plot, most, language)
    level = plot.level(WHOLE * of.funnel.common)
    both = {"x1": plot.left, "x2": plot.left + plot.width, "y1": level, "y2": level}
    yield element("line", class_="common", stroke=TARGET, stroke_width=2, stroke_dasharray=DASHES, **both)
    yield text_at(plot.left, MARGIN + 4, WORDS[language]["legend"])
    places = [(across(area.denominator), plot.level(WHOLE * point.value), area, point) for area, point in of]
    dots = (element("circle", cx=x, cy=y, r=RADIUS, fill=DARK) for x, y, _, _ in places)
    yield element("g", *dots, class_="points", stroke=DARK, stroke_width=OUTLINE)
    for x, y, area, point in places:
        if point.verdict is not Verdict.NONE:
            is_right = x > plot.left + plot.width / 2
            yield triangle(x, y - 1.4 * ABOVE_VALUE, points_up=point.verdict is Verdict.MORE)
            words = in_language(area.name, language)
            anchor = "end" if is_right else "start"
            yield text_at(x - ABOVE_VALUE if is_right else x + ABOVE_VALUE, y + 4, words, text_anchor=anchor)


def _limits(of: Differences, plot: Plot, most: int) -> Iterator[str]:
    sizes = [max(1, round(most * 1.05 * step / STEPS)) for step in range(STEPS + 1)]
    limits = [(size, of.funnel.limits(size)) for size in dict.fromkeys(sizes)]
    lower, upper = (
        [(plot.left + plot.width * size / (1.05 * most), plot.level(WHOLE * both[side])) for size, both in limits]
        for side in (0, 1)
    )
    yield element("polygon", class_="interval", points=points(*lower, *reversed(upper)), fill=BAND)
    edges = (element("polyline", points=points(*edge), fill="none") for edge in (lower, upper))
    yield element("g", *edges, class_="limits", stroke=BAND_EDGE)


def _axes(plot: Plot, most: int, language: Language) -> Iterator[str]:
    right = plot.left + plot.width
    upwards = [(plot.level(one), f"{number(Decimal(one), language)}{PERCENT[language]}") for one in range(0, 101, 20)]
    grid = (element("line", x1=plot.left, x2=right, y1=y, y2=y) for y, _ in upwards)
    yield element("g", *grid, class_="grid", stroke=GRID)
    along = [
        (plot.left + plot.width * one / (1.05 * most), number(Decimal(round(one)), language))
        for one in round_numbers(most, is_whole=True)
    ]
    ticks = [element("line", x1=plot.left - TICK, x2=plot.left, y1=y, y2=y) for y, _ in upwards]
    ticks += [element("line", x1=x, x2=x, y1=plot.bottom, y2=plot.bottom + TICK) for x, _ in along]
    both = f"M{plot.left:g},{plot.top:g}V{plot.bottom:g}H{right:g}"
    yield element("g", element("path", d=both, fill="none"), *ticks, class_="axes", stroke=INK)
    yield element("g", *(text_at(plot.left - TICK - 3, y + 4, words) for y, words in upwards), text_anchor="end")
    names = [text_at(x, plot.bottom + 18, words) for x, words in along]
    names.append(text_at(plot.left + plot.width / 2, plot.bottom + 18 + LINE + 4, WORDS[language]["cases"]))
    yield element("g", *names, text_anchor="middle")
