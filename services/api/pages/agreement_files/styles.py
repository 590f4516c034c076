"""The formats of a workbook: each is made once, since a workbook lists them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it tells no types

_LINE = {"bottom": 1, "bottom_color": "#BFBFBF", "valign": "top"}
# On white paper; what it says is in words, too.
_GREY = "#595959"


class Styles:
    """The formats, by what they are for."""

    def __init__(self, book: Workbook) -> None:
        def made(**properties: Any) -> Any:  # noqa: ANN401  the library tells no types
            return book.add_format(properties)

        self.title = made(bold=True, font_size=14)
        self.subtitle = made(font_color=_GREY)
        self.section = made(bold=True, font_size=12)
        self.heading = made(bold=True, text_wrap=True, valign="top", bottom=2)
        self.number_heading = made(bold=True, text_wrap=True, valign="top", align="right", bottom=2)
        self.text_heading = made(bold=True, text_wrap=True, valign="top", align="left", indent=1, bottom=2)
        self.name = made(text_wrap=True, **_LINE)
        # A little apart from the numbers beside it.
        self.text = made(text_wrap=True, align="left", indent=1, **_LINE)
        self.word = made(align="right", text_wrap=True, **_LINE)
        self.share = made(font_color=_GREY, align="left", indent=1, **_LINE)
        self.day = made(num_format="yyyy-mm-dd", align="left", indent=1, **_LINE)
        self.legend = made(text_wrap=True, valign="top", font_color=_GREY, font_size=9)
        self.number = lru_cache(maxsize=None)(
            lambda form, *, is_bold=False: made(num_format=form, align="right", bold=is_bold, **_LINE)
        )
