"""Who may change areas, agreements and definitions: whoever has the scope in all areas that a change touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.problems import OutsideAreas
from shared.db.access import EVERY_AREA, NO_ACCESS, Access, acting, current_access
from shared.db.keys import KeyScope

# Of areas with codes: those inside which another of them lies, when it does.
_FIND = text(
    """SELECT area.code, area.area_id,
              ARRAY(SELECT inner_area.code FROM area_closure
                    JOIN area AS inner_area ON inner_area.area_id = descendant_id
                    WHERE ancestor_id = area.area_id AND inner_area.code = ANY(:codes)) AS inside
       FROM area WHERE area.code = ANY(:codes)"""
)
_AREAS_OF_AGREEMENT = text(
    """SELECT area.code FROM agreement JOIN agreement_area USING (agreement_id) JOIN area USING (area_id)
       WHERE agreement.code = :code"""
)


async def require_authority(connection: AsyncConnection, codes: Iterable[str]) -> None:
    """See that the caller may change what concerns all of these areas. Those that do not exist are for other checks.

    Raises:
        OutsideAreas: an area lies elsewhere.
    """
    _refuse_others({code for code, (is_own, _) in (await _find(connection, codes)).items() if not is_own})


async def require_authority_over_agreement(connection: AsyncConnection, code: str, to_come: Iterable[str] = ()) -> None:
    """See that the caller may change an agreement of the areas that it has, and of those that are to come.

    Raises:
        OutsideAreas: an area lies elsewhere.
    """
    areas = (await connection.execute(_AREAS_OF_AGREEMENT, {"code": code})).scalars()
    await require_authority(connection, [*areas, *to_come])


async def has_scope_over_agreement(
    connection: AsyncConnection, code: str, accesses: Mapping[KeyScope, Access], scope: KeyScope
) -> bool:
    """Tell whether somebody with these accesses has a scope in all areas of an agreement."""
    access = accesses.get(scope)
    if access is None:
        return False
    areas = (await connection.execute(_AREAS_OF_AGREEMENT, {"code": code})).scalars()
    with acting(access):
        return all(is_own for is_own, _ in (await _find(connection, areas)).values())


async def require_authority_over_area(
    connection: AsyncConnection, code: str, before: Collection[str] | None, after: Collection[str]
) -> None:
    """See that the caller may have an area lie in these parents, `after`, and not in those `before`; None is no area.

    An area of the caller's own may lie in others', such as a police area, where one of its parents already does.

    Raises:
        OutsideAreas: the area, or a parent that comes or goes, lies elsewhere.
    """
    changed = {*after} ^ {*(before or ())}
    found = await _find(connection, {code, *after, *changed})
    own = {one for one, (is_own, _) in found.items() if is_own}
    beyond = {one for one in changed & found.keys() - own if own.isdisjoint({*found[one][1]} & {*after})}
    if before is not None and code in found:
        beyond |= {code} - own
    elif own.isdisjoint(after) and not _is_everywhere():
        beyond |= {code}
    _refuse_others(beyond)


async def _find(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, tuple[bool, list[str]]]:
    """Return of each area that exists whether it is the caller's, and which of the others lie in it."""
    writes = (current_access() or NO_ACCESS).writes
    rows = await connection.execute(_FIND, {"codes": sorted({*codes})})
    return {row.code: (row.area_id in writes, row.inside) for row in rows}


def _is_everywhere() -> bool:
    return (current_access() or NO_ACCESS).writes == EVERY_AREA


def _refuse_others(codes: Collection[str]) -> None:
    if codes:
        raise OutsideAreas(
            f"This concerns {', '.join(sorted(codes))}, where you may not change it. "
            "Ask whoever administers these areas, or leave them out."
        )
