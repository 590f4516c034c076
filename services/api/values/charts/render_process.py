"""The program that draws: a Vega-Lite specification a line comes in, its picture in Base64 a line goes out.

Run it with `python -m services.api.values.charts.render_process`. It ends with its standard input, hence with whoever
started it.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from typing import Any

import orjson
import vl_convert

# Thousands are parted and a minus is written as in the text around the drawing.
_ALIKE = {"thousands": "\N{NARROW NO-BREAK SPACE}", "grouping": [3], "currency": ["", ""], "minus": "\N{MINUS SIGN}"}
LOCALES = {"sv": {"decimal": ",", **_ALIKE}, "en": {"decimal": ".", **_ALIKE}}


# As sharp as most screens are.
SCALE = 2


def draw(specification: dict[str, Any], language: str, image_format: str) -> dict[str, str]:
    """Return the picture, or why there is none."""
    # What a specification names elsewhere is never fetched.
    options: dict[str, Any] = {"format_locale": LOCALES[language], "allowed_base_urls": []}
    try:
        if image_format == "png":
            drawn = vl_convert.vegalite_to_png(specification, scale=SCALE, **options)
        else:
            drawn = vl_convert.vegalite_to_svg(specification, **options).encode()
    except ValueError as error:
        return {"refused": str(error)}
    return {"drawn": b64encode(drawn).decode()}


def main() -> None:
    """Draw until the input ends."""
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(orjson.dumps(draw(*orjson.loads(line))) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
