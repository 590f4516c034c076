"""The only writer of areas and their parents; closure and ancestor sets: `shared.facts.area_hierarchy`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from psycopg.types.range import DateRange
from sqlalchemy import text

from shared.db.locks import change_area_hierarchy
from shared.domain.errors import InvalidArea, Violation
from shared.domain.free_text import text_faults
from shared.facts.area_hierarchy import derive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.types.range import Range
    from sqlalchemy.ext.asyncio import AsyncConnection


# Which kinds may hold an area of a kind; to lie in means wholly inside. The municipal and the police hierarchy meet in
# the middle: a local police area may hold several municipalities, and a city several local police areas.
PARENT_KINDS = {
    "country": (),
    "county": ("country", "police-region"),
    "municipality": ("country", "county", "police-region", "police-district", "local-police-area"),
    "district": ("country", "county", "municipality", "local-police-area", "district"),
    "police-region": ("country",),
    "police-district": ("police-region",),
    "local-police-area": ("county", "municipality", "police-region", "police-district"),
    "vulnerable-area": ("municipality", "district", "local-police-area"),
    "place": (
        *("country", "county", "municipality", "district"),
        *("police-region", "police-district", "local-police-area", "vulnerable-area", "place"),
    ),
}


@dataclass(frozen=True, slots=True)
class Parent:
    """An area that holds another, by code, for the days of `valid` (half-open)."""

    code: str
    valid: Range  # type: ignore[type-arg]  # psycopg's Range is generic only to type checkers


@dataclass(frozen=True, slots=True)
class Area:
    """One area as it is to be stored, with all its parents over time."""

    code: str
    kind: str
    place_kind: str | None
    name: str
    name_en: str | None
    valid: Range  # type: ignore[type-arg]
    parents: tuple[Parent, ...]


async def put_areas(connection: AsyncConnection, areas: Sequence[Area]) -> None:
    """Create or replace areas, parents before their children, and all that follows from them.

    An area that is stored just so already costs nothing, and one with only other names next to nothing.

    Raises:
        InvalidArea: a span without days, another kind than before, a personal number, an unknown parent, a parent of a
            kind that cannot hold the area, a circle, or two areas of one kind at once.

    """
    await change_area_hierarchy(connection)
    stored = await find_areas(connection, [area.code for area in areas])
    changed = [area for area in areas if area.code not in stored or _content(area) != _content(stored[area.code])]
    for area in changed:
        _refuse_contradictions(area, stored.get(area.code))
        await _put(connection, area)
    moved = [one.code for one in changed if one.code not in stored or _position(one) != _position(stored[one.code])]
    if moved:
        await derive(connection, moved)


async def find_areas(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, Area]:
    """Return those of the areas with these codes that exist, by code."""
    parents: dict[str, list[Parent]] = {}
    for row in await connection.execute(_STORED_PARENTS, {"codes": codes}):
        parents.setdefault(row.child, []).append(Parent(row.parent, row.valid))
    rows = await connection.execute(_STORED, {"codes": codes})
    return {
        row.code: Area(
            code=row.code,
            kind=row.kind,
            place_kind=row.place_kind,
            name=row.name,
            name_en=row.name_en,
            valid=row.valid,
            parents=tuple(parents.get(row.code, ())),
        )
        for row in rows
    }


def _content(area: Area) -> tuple[object, ...]:
    """Return what makes two areas the same; a span without an end has another spelling in the database than here."""
    return area.name, area.name_en, *_position(area)


def _position(area: Area) -> tuple[object, ...]:
    """Return what decides which figures an area is part of: all but its names."""
    parents = {(parent.code, parent.valid.lower, parent.valid.upper) for parent in area.parents}
    return area.kind, area.place_kind, area.valid.lower, area.valid.upper, parents


def _refuse_contradictions(area: Area, stored: Area | None) -> None:
    violations = list(_contradictions(area, stored))
    if violations:
        raise InvalidArea("The area contradicts itself.", violations)


def _contradictions(area: Area, stored: Area | None) -> Iterator[Violation]:
    if stored is not None and stored.kind != area.kind:
        yield Violation("kind", f"was {stored.kind} before", "Give an area of another kind a code of its own.")
    if (area.kind == "place") != (area.place_kind is not None):
        yield Violation("placeKind", "belongs to a place, and to nothing else", "Give it for a place, and only then.")
    if _is_empty(area.valid):
        yield Violation("validTo", "is before validFrom", "Give a last day that is not before the first.")
    texts = {"code": area.code, "placeKind": area.place_kind, "name": area.name, "nameEn": area.name_en}
    yield from text_faults(texts.items())
    for index, parent in enumerate(area.parents):
        if _is_empty(parent.valid):
            yield Violation(f"parents[{index}].validTo", "is before validFrom", "Give a last day not before the first.")
        elif any(earlier.code == parent.code and _overlap(earlier, parent) for earlier in area.parents[:index]):
            reason = "has the same parent on some day as an entry before it"
            yield Violation(f"parents[{index}]", reason, "Make one span of the two, or leave out the days between.")


def _is_empty(valid: Range) -> bool:  # type: ignore[type-arg]
    return valid.lower is not None and valid.upper is not None and valid.upper <= valid.lower


def _overlap(one: Parent, other: Parent) -> bool:
    return not _is_empty(
        DateRange(
            max(one.valid.lower or date.min, other.valid.lower or date.min),
            min(one.valid.upper or date.max, other.valid.upper or date.max),
        )
    )


async def _put(connection: AsyncConnection, area: Area) -> None:
    row = {
        "code": area.code,
        "kind": area.kind,
        "place_kind": area.place_kind,
        "name": area.name,
        "name_en": area.name_en,
        "valid": area.valid,
    }
    area_id = (await connection.execute(_UPSERT, row)).scalar_one()
    stays = {
        "parents": [parent.code for parent in area.parents],
        "firsts": [parent.valid.lower for parent in area.parents],
        "ends": [parent.valid.upper for parent in area.parents],
    }
    await connection.execute(_DROP_EDGES, {"child_id": area_id} | stays)
    kinds = PARENT_KINDS[area.kind]
    for index, parent in enumerate(area.parents):
        edge = {"child_id": area_id, "parent": parent.code, "valid": parent.valid, "kinds": list(kinds)}
        problem = (await connection.execute(_ADD_EDGE, edge)).scalar_one()
        if problem:
            remedy = f"Name an area of one of these kinds: {', '.join(kinds)}." if kinds else "Leave the parent out."
            raise InvalidArea(
                f"The area {area.code} cannot have one of its parents.",
                [Violation(f"parents[{index}].code", problem, remedy)],
            )


_STORED = text("SELECT code, kind, place_kind, name, name_en, valid FROM area WHERE code = ANY(:codes)")
_STORED_PARENTS = text(
    """SELECT child.code AS child, parent.code AS parent, area_edge.valid FROM area_edge
       JOIN area AS child ON child.area_id = child_id JOIN area AS parent ON parent.area_id = parent_id
       WHERE child.code = ANY(:codes)"""
)
_UPSERT = text(
    """INSERT INTO area (code, kind, place_kind, name, name_en, valid)
       VALUES (:code, :kind, :place_kind, :name, :name_en, :valid)
       ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, place_kind = excluded.place_kind, name = excluded.name,
                                        name_en = excluded.name_en, valid = excluded.valid
       RETURNING area_id"""
)
# What stays as it is, is left alone: the audit trail tells what was changed.
_DROP_EDGES = text(
    """DELETE FROM area_edge USING area AS parent
       WHERE child_id = :child_id AND parent.area_id = parent_id
         AND NOT EXISTS (SELECT FROM unnest(CAST(:parents AS text[]), CAST(:firsts AS date[]), CAST(:ends AS date[]))
                                     AS given(code, first, ending)
                         WHERE given.code = parent.code AND daterange(first, ending) = area_edge.valid)"""
)
_ADD_EDGE = text(
    """WITH parent AS (SELECT area_id, kind FROM area WHERE code = :parent),
            added AS (INSERT INTO area_edge (child_id, parent_id, valid)
                      SELECT :child_id, area_id, :valid FROM parent
                      WHERE kind = ANY(CAST(:kinds AS text[])) AND area_id <> :child_id
                      ON CONFLICT (child_id, parent_id, valid) DO UPDATE SET valid = excluded.valid RETURNING 1)
       SELECT CASE WHEN NOT EXISTS (SELECT FROM parent) THEN 'does not exist'
                   WHEN NOT EXISTS (SELECT FROM added) THEN 'is of a kind that cannot hold it, or is itself' END"""
)
