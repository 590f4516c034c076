"""The program that draws: a Vega-Lite specification a line comes in, its SVG a line goes out.

Run it with `python -m services.api.values.charts.render_process`. It ends with its standard input, hence with whoever
started it.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
import vl_convert

# Thousands are parted and a minus is written as in the text around the drawing.
_ALIKE = {"thousands": "\N{NARROW NO-BREAK SPACE}", "grouping": [3], "currency": ["", ""], "minus": "\N{MINUS SIGN}"}
LOCALES = {"sv": {"decimal": ",", **_ALIKE}, "en": {"decimal": ".", **_ALIKE}}


def draw(specification: dict[str, Any], language: str) -> dict[str, str]:
    """Return the SVG, or why there is none."""
    try:
        # What a specification names elsewhere is never fetched.
        svg = vl_convert.vegalite_to_svg(specification, format_locale=LOCALES[language], allowed_base_urls=[])
    except ValueError as error:
        return {"refused": str(error)}
    return {"svg": svg}


def main() -> None:
    """Draw until the input ends."""
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(orjson.dumps(draw(*orjson.loads(line))) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
