"""Whose own definitions are: looked up, with the areas around that decide what builds on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from shared.domain.owner import Owner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

# An area, all around it and what counts of that in it, whenever that was, as JSON.
_WITH_AROUND = """json_agg(json_build_array(area.code, (
                      SELECT json_agg(above.code) FROM area_closure JOIN area AS above ON above.area_id = ancestor_id
                      WHERE descendant_id = area.area_id), (
                      SELECT coalesce(json_agg(below.code), '[]')
                      FROM area_closure JOIN area AS below ON below.area_id = descendant_id
                      WHERE ancestor_id = area.area_id AND below.kind IN ('municipality', 'district')
                  )) ORDER BY area.code)"""
# The areas of the version that the row `definition` is, for `owner_from`.
OWNER = f"""(SELECT {_WITH_AROUND} FROM municipal_definition_area AS own JOIN area USING (area_id)
        WHERE (own.kind, own.code, own.version) = (definition.kind, definition.code, definition.version))"""
_FIND = text(
    f"""SELECT array_agg(area_id ORDER BY area_id) AS area_ids, {_WITH_AROUND} AS owner,
               coalesce(json_object_agg(code, kind), '{{}}') AS kinds
        FROM area WHERE code = ANY(CAST(:codes AS text[]))"""
)
# The kinds of areas that may have definitions of their own; several together are municipalities.
MUNICIPALITY = "municipality"
KINDS = frozenset(
    {"country", "county", MUNICIPALITY, "district", "police-region", "police-district", "local-police-area"}
)


class FoundOwner(NamedTuple):
    """The areas of some codes as an owner, as far as they exist, with their ids and, by code, their kinds."""

    owner: Owner
    area_ids: Sequence[int]
    kinds: dict[str, str]


async def find_owner(connection: AsyncConnection, codes: Sequence[str]) -> FoundOwner:
    """Look the areas of some codes up; those that do not exist are left out."""
    row = (await connection.execute(_FIND, {"codes": list(codes)})).one()
    return FoundOwner(owner_from(row.owner or []), row.area_ids or [], row.kinds)


def owner_from(areas: Sequence[Any]) -> Owner:
    """Return an owner as `OWNER` selects it."""
    inside = frozenset(code for _, _, below in areas for code in below)
    return Owner(tuple(code for code, _, _ in areas), tuple(frozenset(around) for _, around, _ in areas), inside)
