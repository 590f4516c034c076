"""How the season is taken into account: apart, since who only reads signals needs no numerical libraries."""

from __future__ import annotations

from enum import IntEnum


class Shape(IntEnum):
    """How the season is taken into account."""

    LEVEL = 0
    SMOOTH = 1
    SAME = 2
