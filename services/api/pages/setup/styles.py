"""How the cells of the template look."""

from __future__ import annotations

from typing import Final

DATE: Final = "yyyy-mm-dd"

_PLAIN = {"text_wrap": True, "valign": "top"}
_EXAMPLE = {**_PLAIN, "align": "left", "italic": True, "font_color": "#595959", "bg_color": "#F2F2F2"}
_INPUT = {**_PLAIN, "border": 1, "border_color": "#8C8C8C", "bg_color": "#FFFDE7"}
FORMATS: Final = {
    "title": {"bold": True, "font_size": 16},
    "lead": {"font_color": "#404040"},
    "heading": {**_PLAIN, "bold": True, "bg_color": "#0B4F8A", "font_color": "#FFFFFF", "border": 1},
    "label": {**_PLAIN, "bold": True},
    "plain": _PLAIN,
    "number": {"align": "right", "valign": "top"},
    "wrapped": {**_PLAIN, "align": "left"},
    "wrappedDate": {**_PLAIN, "align": "left", "num_format": DATE},
    "help": {**_PLAIN, "font_size": 9, "font_color": "#404040"},
    "marker": {"bold": True, "font_size": 9, "valign": "top", "bg_color": "#F2F2F2"},
    "example": _EXAMPLE,
    "exampleDate": {**_EXAMPLE, "num_format": DATE},
    "input": _INPUT,
    "inputDate": {**_INPUT, "num_format": DATE, "align": "left"},
    "dateInput": {**_PLAIN, "num_format": DATE, "align": "left"},
}
