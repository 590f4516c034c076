"""One chart as SVG: what is drawn, what is read aloud, and the tag that identifies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from services.api.values.charts.axes import axes, numbers_upwards
from services.api.values.charts.elements import element, text_at
from services.api.values.charts.labels import target_texts
from services.api.values.charts.legend import ROW, legend_above, legend_below, legend_rows
from services.api.values.charts.look import (
    FONT,
    INK,
    LABEL_LETTER,
    LABEL_SIZE,
    LETTER,
    LINE,
    MARGIN,
    TEXT_SIZE,
    TITLE_LETTER,
    TITLE_LINE,
    TITLE_SIZE,
    WHITE,
)
from services.api.values.charts.plot import Plot, marks
from services.api.values.charts.scale import scale_top

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.api.values.charts.chart_data import ChartSubject
    from shared.domain.wording import Language

# In pixels: what a legend is parted by from the plot, in which triangles may stand, or what is above it without one;
# right of the plot; below it, where names of periods stand, and years below these; and around what is explained there.
BELOW_LEGEND, WITHOUT_LEGEND = 24, 8
RIGHT = 12
NAMES, NAMES_AND_YEARS = 24, 38
AROUND_EXPLAINED = 6
LEAST_HEIGHT = 20


@dataclass(frozen=True, slots=True)
class SvgChart:
    """A chart as it is drawn, `width` by `height` pixels large, and the words that a screen reader reads instead."""

    language: Language
    title: str
    description: str
    width: int
    height: int
    lines: str

    @property
    def tag(self) -> str:
        """What identifies this chart."""
        content = f"{self.language}\0{self.title}\0{self.description}\0{self.width}\0{self.height}\0{self.lines}"
        return hashlib.blake2b(content.encode(), digest_size=12).hexdigest()

    @property
    def svg(self) -> bytes:
        """The chart, with title and description."""
        tag, language = self.tag, self.language.value
        names = f'xml:lang="{language}" lang="{language}" aria-labelledby="title-{tag} description-{tag}"'
        size = f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}"'
        words = f'<title id="title-{tag}">{escape(self.title)}</title>'
        words += f'<desc id="description-{tag}">{escape(self.description)}</desc>'
        return f'<svg role="img" {names} xmlns="http://www.w3.org/2000/svg" {size}>{words}{self.lines}</svg>'.encode()


def compose(subject: ChartSubject, language: Language, width: int, height: int, *, is_titled: bool = True) -> SvgChart:
    """Return the chart of a subject, `width` by `height` pixels large with all that belongs to it.

    Without its title, unit and targets in words where they are said around it.
    """
    background = element("rect", width=width, height=height, fill=WHITE)
    drawn = element(
        "g",
        *_drawn(subject.in_one_unit, language, width, height, is_titled=is_titled),
        fill=INK,
        font_family=FONT,
        font_size=LABEL_SIZE,
    )
    description = subject.description(language)
    return SvgChart(language, subject.title, description, width, height, background + drawn)


def _drawn(subject: ChartSubject, language: Language, width: int, height: int, *, is_titled: bool) -> Iterator[str]:
    title, texts = _heading(subject, language, width) if is_titled else ([], [])
    yield from _written(title, texts)
    top = MARGIN + TITLE_LINE * len(title) + LINE * len(texts) if is_titled else 0
    rows = legend_rows(subject, language, width)
    yield from legend_above(rows, top)
    top += ROW * len(rows) + (BELOW_LEGEND if rows else WITHOUT_LEGEND)
    below = legend_below(subject, language, width)
    bottom = NAMES if subject.period_type == "year" else NAMES_AND_YEARS
    for place, line in enumerate(reversed(below)):
        yield text_at(width / 2, height - AROUND_EXPLAINED - LINE * place, line, text_anchor="middle")
    bottom += LINE * len(below) + AROUND_EXPLAINED if below else 0
    highest = scale_top(subject)
    left = MARGIN + LABEL_LETTER * max(len(words) for _, words in numbers_upwards(subject, language, highest))
    # A heading may be longer than a low chart has room for.
    inner = max(height - top - bottom, LEAST_HEIGHT)
    plot = Plot(left, top, width - left - RIGHT, inner, len(subject.figures), highest)
    yield from axes(subject, language, plot)
    yield from marks(subject, language, plot)


def _heading(subject: ChartSubject, language: Language, width: int) -> tuple[list[str], list[str]]:
    texts = [subject.measured(language), *target_texts(subject.figures, subject.definition, language)]
    room = width - 2 * MARGIN
    return wrap(subject.title, int(room / TITLE_LETTER)), [
        one for text in texts for one in wrap(text, int(room / LETTER))
    ]


def _written(title: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    y = float(MARGIN)
    for line in title:
        yield text_at(MARGIN, y + TITLE_SIZE - 2, line, font_size=TITLE_SIZE, font_weight="bold")
        y += TITLE_LINE
    for line in texts:
        yield text_at(MARGIN, y + TEXT_SIZE - 1, line, font_size=TEXT_SIZE)
        y += LINE
