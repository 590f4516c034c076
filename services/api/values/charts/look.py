"""Colours and measures of a chart.

Those who see no difference between red and green can distinguish the colours, and nothing depends on colour alone:
what is preliminary is lighter with an outline, a target is dashed, a gap says why it is one. What is within normal
variation is a band behind the values, and a value that clearly deviates has a triangle that points to where. Where
limits start afresh, a dotted line parts what is not compared.
"""

from __future__ import annotations

from typing import Final

DARK, LIGHT, WHITE, TARGET, INK, GRID = "#1b4f8a", "#bcd4ee", "#ffffff", "#b3400a", "#222222", "#dddddd"
BAND, BAND_EDGE = "#ececec", "#8a8a8a"
FONT: Final = "Arial, Liberation Sans, Helvetica, Noto Sans, sans-serif"
TITLE_SIZE, TEXT_SIZE, LABEL_SIZE = 15, 12, 11
# How many pixels a letter takes on average: of the title, of other lines, of a label or a value.
TITLE_LETTER, LETTER, LABEL_LETTER = 8.9, 6.6, 6.5
TITLE_LINE, LINE = 19, 15
MARGIN: Final = 14
"""Left and right of the heading, and above it."""
DASHES, DOTS = "7 4", "2 3"
OUTLINE: Final = 1.5
"""How wide the line around a bar or a point is."""
RADIUS: Final = 4.2
TRIANGLE: Final = 8.4
"""How wide the triangle of a deviation is."""
