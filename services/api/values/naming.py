"""The names of values as they are asked for, with what the database knows of them: areas, and annexes' own titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.values.names import Names, names_of
from services.api.values.queries import area_names, rows_of
from shared.domain.activity_type import Wording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from psycopg import AsyncConnection

    from shared.catalogue.loader import Catalogue

# The codes of a value's indicator, slice, area and unit; without a unit it is the definition's.
Key = tuple[str, str, str, str | None]

# Several agreements may call an annex the same: an area's own is the first of those that cover it.
_TITLES = """SELECT DISTINCT ON (annex.code, area.code) annex.code, area.code, annex.title,
                    coalesce(annex.title_en, annex.title)
             FROM area JOIN area_closure ON descendant_id = area.area_id
             JOIN agreement_area ON agreement_area.area_id = ancestor_id
             JOIN agreement USING (agreement_id) JOIN annex USING (agreement_id)
             WHERE area.code = ANY(%(areas)s) AND annex.code = ANY(%(slices)s)
             ORDER BY annex.code, area.code, agreement.code, annex.number"""


async def names_of_values(
    connection: AsyncConnection, catalogue: Catalogue, keys: Collection[Key], areas: dict[str, Wording]
) -> dict[Key, Names]:
    """Return the names of values by their codes; `areas` are the names that are known, to which others are added."""
    if unknown := {area for _, _, area, _ in keys} - areas.keys():
        areas |= await area_names(connection, unknown)
    titles = await _titles(connection, [key for key in keys if _is_of_annex(catalogue, key)])
    return {key: names_of(catalogue, *key[:2], areas[key[2]], titles.get(key[1:3]), unit=key[3]) for key in keys}


def _is_of_annex(catalogue: Catalogue, key: Key) -> bool:
    definition = catalogue.series.get((key[0], key[1]))
    return definition is not None and definition.selects.annex_code is not None


async def _titles(connection: AsyncConnection, keys: Iterable[Key]) -> dict[tuple[str, str], Wording]:
    """Return the titles of annexes, by the code of their slice, in the areas of the agreements that have them."""
    asked = {(part, area) for _, part, area, _ in keys}
    if not asked:
        return {}
    codes = {"slices": [*{part for part, _ in asked}], "areas": [*{area for _, area in asked}]}
    return {(part, area): Wording(sv=sv, en=en) for part, area, sv, en in await rows_of(connection, _TITLES, codes)}
