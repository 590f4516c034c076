"""The program that makes PNG of charts: an SVG a line comes in as JSON, its picture in Base64 a line goes out.

Run it with `python -m services.api.values.charts.render_process`. It ends with its standard input, hence with whoever
started it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import unescape

import orjson
import typst

from shared.fonts import fonts
from shared.line_process import answer_lines

# As sharp as most screens are.
SCALE: Final = 2
_PIXELS_OF_AN_INCH: Final = 96
_PAGE: Final = Path(__file__).parent / "chart.typ"
# A line of the heading with letters that the first font lacks, such as of an area's name; that has the punctuation.
_OF_OTHER_LETTERS: Final = re.compile(
    r"""<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)"( font-weight="bold")?>"""
    r"""([^<]*[^<\0-\u024f\u2000-\u206f][^<]*)</text>"""
)


@cache
def _compiler() -> typst.Compiler:
    """Return what draws, with its fonts: to find them takes as long as to draw some charts."""
    return typst.Compiler(_PAGE, root=_PAGE.parent, font_paths=fonts())


def draw(svg: str) -> dict[str, str]:
    """Return the picture, or why there is none.

    Inside an SVG no other font is looked for where the named one lacks letters, hence such lines are set outside it.
    """
    lines = [
        [float(x), float(y), float(size), bool(bold), unescape(words)]
        for x, y, size, bold, words in _OF_OTHER_LETTERS.findall(svg)
    ]
    data = orjson.dumps({"svg": _OF_OTHER_LETTERS.sub("", svg), "texts": lines}).decode()
    try:
        drawn = _compiler().compile(format="png", ppi=SCALE * _PIXELS_OF_AN_INCH, sys_inputs={"data": data})
    except typst.TypstError as error:
        return {"refused": str(error)}
    assert isinstance(drawn, bytes)  # noqa: S101  one page
    return {"drawn": b64encode(drawn).decode()}


def main() -> None:
    """Draw until the input ends."""
    answer_lines(lambda line: orjson.dumps(draw(orjson.loads(line))))


if __name__ == "__main__":
    main()
