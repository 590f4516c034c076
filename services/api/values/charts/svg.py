"""One picture: what is drawn, what is read aloud, and the tag that identifies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import orjson

from services.api.values.charts.vega_spec import specification

if TYPE_CHECKING:
    from services.api.values.charts.chart_data import Subject
    from shared.domain.wording import Language


@dataclass(frozen=True, slots=True)
class SvgChart:
    """What a picture is made of; `drawing` is a Vega-Lite specification as JSON."""

    language: Language
    title: str
    description: str
    drawing: bytes

    @property
    def tag(self) -> str:
        """What identifies this picture, without its being drawn."""
        content = f"{self.language}\0{self.title}\0{self.description}\0".encode()
        return hashlib.blake2b(content + self.drawing, digest_size=12).hexdigest()

    def framed(self, svg: str) -> bytes:
        """Return what was drawn, with the words that a screen reader reads instead of its lines."""
        tag = self.tag
        attributes = (
            f'role="img" xml:lang="{self.language}" lang="{self.language}" aria-labelledby="title-{tag} told-{tag}"'
        )
        words = f'<title id="title-{tag}">{escape(self.title)}</title>'
        words += f'<desc id="told-{tag}">{escape(self.description)}</desc>'
        opening, lines = svg.removeprefix("<svg ").split(">", 1)
        return f"<svg {attributes} {opening}>{words}{lines}".encode()


def compose(subject: Subject, language: Language, width: int, height: int, *, is_titled: bool = True) -> SvgChart:
    """Return the picture of a subject, `width` by `height` pixels large, with its name in it or not."""
    drawing = orjson.dumps(specification(subject, language, width, height, is_titled=is_titled))
    return SvgChart(language, subject.title, subject.description(language), drawing)
