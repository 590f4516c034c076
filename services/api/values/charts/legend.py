"""What is explained of a chart: above it what its marks mean, below it the words in the places of values."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Final, NamedTuple

from services.api.values.charts.elements import element, text_at
from services.api.values.charts.labels import WORDS, legend_of_gaps
from services.api.values.charts.look import (
    BAND,
    BAND_EDGE,
    DARK,
    DASHES,
    DOTS,
    INK,
    LABEL_LETTER,
    LIGHT,
    MARGIN,
    OUTLINE,
    TARGET,
)
from services.api.values.charts.plot import levels_of_targets, point, triangle
from shared.domain.wording import TERTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.values.charts.chart_data import ChartSubject
    from shared.domain.wording import Language

ROW: Final = 20
"""How high a row of the legend is."""
SYMBOL: Final = 18
"""How wide a symbol's place is."""
BEFORE_WORD, AFTER_WORD = 6, 16


class Explained(NamedTuple):
    """A mark as it looks around a place that is 0, 0, and the word for it."""

    symbol: str
    word: str

    @property
    def width(self) -> float:
        """How wide both are, with what parts them from the next."""
        return SYMBOL + BEFORE_WORD + LABEL_LETTER * len(self.word) + AFTER_WORD


def legend_rows(subject: ChartSubject, language: Language, width: float) -> list[list[Explained]]:
    """Return what is explained, in as many rows as a chart of this width takes for it."""
    rows: list[list[Explained]] = []
    for one in _explained(subject, language):
        if rows and sum(other.width for other in (*rows[-1], one)) <= width - 2 * MARGIN + AFTER_WORD:
            rows[-1].append(one)
        else:
            rows.append([one])
    return rows


def _explained(subject: ChartSubject, language: Language) -> Iterator[Explained]:
    words = WORDS[language]
    finalities = {str(one.finality) for one in subject.figures if one.value is not None}
    if any(one.limits for one in subject.figures):
        yield Explained(_square(BAND, BAND_EDGE, 1), words["interval"])
    for finality in ("final", "preliminary"):
        if finality in finalities:
            as_point = element("g", point(0, 0, finality), stroke=DARK, stroke_width=OUTLINE)
            as_bar = _square(DARK if finality == "final" else LIGHT, DARK, OUTLINE)
            yield Explained(as_point if subject.is_line else as_bar, words[finality])
    if levels_of_targets(subject):
        line: dict[str, str | float] = {"stroke": TARGET, "stroke_width": 2, "stroke_dasharray": DASHES}
        yield Explained(element("line", x1=-SYMBOL / 2, x2=SYMBOL / 2, y1=0, y2=0, **line), words["target"])
    if any(one.break_on for one in subject.figures):
        line = {"stroke": INK, "stroke_width": 2, "stroke_dasharray": DOTS}
        yield Explained(element("line", x1=0, x2=0, y1=-6, y2=6, **line), words["break"])
    if any(one.deviation for one in subject.figures):
        yield Explained(triangle(0, 0), words["deviation"])


def _square(fill: str, stroke: str, width: float) -> str:
    return element("rect", x=-6, y=-6, width=12, height=12, fill=fill, stroke=stroke, stroke_width=width)


def legend_above(rows: list[list[Explained]], top: float) -> Iterator[str]:
    """Yield the rows of what is explained, of which the first is at `top`."""
    for place, row in enumerate(rows):
        x, y = float(MARGIN), top + ROW * (place + 0.5)
        for one in row:
            yield element("g", one.symbol, class_="symbol", transform=f"translate({x + SYMBOL / 2:g} {y:g})")
            yield text_at(x + SYMBOL + BEFORE_WORD, y + 4, one.word)
            x += one.width


def legend_below(subject: ChartSubject, language: Language, width: float) -> list[str]:
    """Return in lines what tertials are, and what the words in the places of values mean."""
    tertials = [TERTIALS[language]] if subject.figures and subject.period_type == "tertial" else []
    gaps = legend_of_gaps((one.gap for one in subject.figures if one.value is None), language)
    return wrap("; ".join([*tertials, *gaps]), int((width - 2 * MARGIN) / LABEL_LETTER))
