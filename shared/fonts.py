"""The fonts of documents and of charts as PNG.

They are Noto's, under the Open Font License, as packages: for the scripts of Europe, the Near East, India and
South-East Asia, for Chinese, Japanese and Korean, and for symbols. What typst brings itself has Latin letters alone,
and the fonts of a machine would make another document on each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import manimgx_fonts  # type: ignore[import-untyped]  # fonts, and no code
import manimgx_fonts_cjk  # type: ignore[import-untyped]  # as above
import typst

FONT_FOLDERS: Final = tuple(Path(str(one.__file__)).parent for one in (manimgx_fonts, manimgx_fonts_cjk))


def fonts() -> typst.Fonts:
    """Return the fonts as typst takes them, and no others."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[*FONT_FOLDERS])
