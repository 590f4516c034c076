"""The areas that clients are given something in: that there are, and that the caller administers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from shared.db.access import may_administer
from shared.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_FIND = text(
    """SELECT code, area_id, (upper(valid) <= (now() AT TIME ZONE 'Europe/Stockholm')::date) IS TRUE AS has_ended
       FROM area WHERE code = ANY(:codes)"""
)
_UNADMINISTERED = text("SELECT unadministered(ARRAY(SELECT area_id FROM area WHERE code = ANY(:codes)))")


def ids_of(connection: Connection, codes: Collection[str]) -> dict[str, int]:
    """Return the ids of areas by their codes, those that have ended too."""
    return {row.code: row.area_id for row in connection.execute(_FIND, {"codes": sorted(codes)})}


def resolved(connection: Connection, field: str, codes: Sequence[str | None]) -> tuple[dict[str, int], list[Violation]]:
    """Return the ids of areas that something is to be given in, and what is wrong with them.

    In the name of their field `{}` stands for the place of a code in the list. None is a place that is left alone.
    """
    wanted = sorted({code for code in codes if code is not None})
    found = {row.code: row for row in connection.execute(_FIND, {"codes": wanted})}
    faults = []
    for place, code in enumerate(codes):
        if code is None:
            continue
        if code not in found:
            reason, remedy = "names what no area has as its code", "Take codes from /areas."
        elif found[code].has_ended:
            reason, remedy = "names an area that has ended", "Name the area that came after it."
        elif not may_administer(found[code].area_id):
            reason, remedy = "names an area that you do not administer", "Name one that you do, or ask whoever does."
        else:
            continue
        faults.append(Violation(field.format(place), reason, remedy))
    return {code: row.area_id for code, row in found.items()}, faults


def outside(connection: Connection, codes: Collection[str]) -> list[str]:
    """Return the codes of those areas that the caller does not administer."""
    return [code for code, area_id in sorted(ids_of(connection, codes).items()) if not may_administer(area_id)]


def unadministered(connection: Connection, codes: Collection[str]) -> list[str]:
    """Return the codes of those areas that no client in force administers."""
    return [*connection.execute(_UNADMINISTERED, {"codes": [*codes]}).scalars()]
