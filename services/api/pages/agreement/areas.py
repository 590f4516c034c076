"""Of which areas somebody can read the agreement: their own, those inside, and those above to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.pages.area_names import name_in
from shared.db.access import may_see, may_see_figures
from shared.domain.errors import UnknownArea

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.wording import Language
    from shared.people.sessions import Person

# Places lie in them in any number, and are read of by who has a role there alone. Of areas that no agreement has to do
# with there is nothing to read.
_AREAS = text(
    """WITH near AS (
           SELECT descendant_id AS area_id FROM area_closure
           WHERE ancestor_id = ANY(:areas) AND valid @> CAST(:day AS date)
           UNION
           SELECT ancestor_id FROM area_closure
           WHERE descendant_id = ANY(:areas) AND valid @> CAST(:day AS date))
       SELECT area_id, code, name, coalesce(name_en, name) AS name_en, kind
       FROM area JOIN near USING (area_id)
       WHERE (kind <> 'place' OR area_id = ANY(:areas))
         AND (EXISTS (SELECT FROM area_closure JOIN agreement_area ON agreement_area.area_id = ancestor_id
                      WHERE descendant_id = area.area_id)
              OR EXISTS (SELECT FROM agreement_area JOIN area_closure ON descendant_id = agreement_area.area_id
                         WHERE ancestor_id = area.area_id))
       ORDER BY area_id = ANY(:areas) DESC, array_position(
           ARRAY['municipality', 'district', 'local-police-area', 'vulnerable-area', 'place', 'county',
                 'police-district', 'police-region', 'country'], kind) NULLS FIRST, name_sort_key, code"""
)
_AREA = text("SELECT area_id, code, name, coalesce(name_en, name) AS name_en, kind FROM area WHERE code = :code")


@dataclass(frozen=True, slots=True)
class ReadableArea:
    """An area that somebody can choose; `is_own` where they see its facts and comments, not its values alone."""

    area_id: int
    code: str
    name: str
    kind: str
    is_own: bool


async def readable_areas(
    connection: AsyncConnection, person: Person, today: date, language: Language
) -> list[ReadableArea]:
    """Return the areas that a person can choose: those of their roles first."""
    rows = await connection.execute(_AREAS, {"areas": [role.area_id for role in person.roles], "day": today})
    return [_readable(row, language) for row in rows if may_see_figures(row.area_id)]


async def readable_area(connection: AsyncConnection, code: str, language: Language) -> ReadableArea:
    """Return an area whose figures the caller sees.

    Raises:
        UnknownArea: there is none.
    """
    row = (await connection.execute(_AREA, {"code": code})).one_or_none()
    if row is None or not may_see_figures(row.area_id):
        raise UnknownArea
    return _readable(row, language)


def _readable(row: Row[Any], language: Language) -> ReadableArea:
    return ReadableArea(row.area_id, row.code, name_in(row, language), row.kind, may_see(row.area_id))


def first_area(areas: Sequence[ReadableArea]) -> ReadableArea | None:
    """Return the area to begin with: who works at one place begins with the whole that it lies in."""
    return next((one for one in areas if one.kind != "place"), areas[0] if areas else None)
