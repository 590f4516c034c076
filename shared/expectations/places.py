"""Where something is expected, as a part of statements and as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.expectations.expectation import ExpectedPlace

if TYPE_CHECKING:
    from sqlalchemy import Row


def place_on(day: str) -> str:
    """Return the columns of a place, of a joined `area`, with what lies around it on a day, an SQL expression."""
    return f"""area.code AS area_code, area.name AS area_name, ARRAY(
                   SELECT ancestor_id FROM area_closure
                   WHERE descendant_id = area.area_id AND area_closure.valid @> {day}) AS around"""


PLACE = place_on("CAST(:as_of AS date)")
"""The same on the day `:as_of`."""


def place_of(row: Row[Any]) -> ExpectedPlace:
    """Return the place of a row with these columns."""
    return ExpectedPlace(row.area_code, row.area_name, frozenset(row.around))
