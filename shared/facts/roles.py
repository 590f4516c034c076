"""The only writer of the roles of areas: all of an area's at once, and the marks of the months that they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.arrays import as_arrays
from shared.db.locks import share_area_hierarchy
from shared.domain.errors import InvalidArea, UnknownArea
from shared.domain.role import ROLE_CHANGES, RoleSpan, contradictions
from shared.facts.marks import month_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue

# Who puts the same area's roles waits here: two who each replace what they read would leave the sum of both.
_AREA = text(
    """SELECT area_id, lower(valid) AS first, upper(valid) - 1 AS last FROM area WHERE code = :code
       FOR NO KEY UPDATE"""
)
_STORED = text(
    """SELECT role, lower(valid) AS first, upper(valid) - 1 AS last, need FROM area_role WHERE area_id = :area_id
       ORDER BY role, valid"""
)
_AROUND = text("SELECT code FROM area_closure JOIN area ON area_id = ancestor_id WHERE descendant_id = :area_id")
_GIVEN = """(SELECT role, daterange(first, last, '[]') AS valid, need
             FROM unnest(CAST(:roles AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]),
                         CAST(:needs AS smallint[])) AS span(role, first, last, need)) AS given"""
# What stays as it is, is left alone: the audit trail tells what was changed.
_DROP = text(
    f"""DELETE FROM area_role AS stored
        WHERE area_id = :area_id AND NOT EXISTS (
            SELECT FROM {_GIVEN} WHERE given.role = stored.role AND given.valid = stored.valid)"""
)
_ADD = text(
    f"""INSERT INTO area_role AS stored (area_id, role, valid, need) SELECT :area_id, role, valid, need FROM {_GIVEN}
        ON CONFLICT (area_id, role, valid) DO UPDATE SET need = excluded.need
        WHERE stored.need IS DISTINCT FROM excluded.need"""
)
# Up to tomorrow's month: it may have begun by the time this is committed. Of a role that begins later that year, its
# first month: the year has begun, and has a row of what is expected in it from now on.
_LAST_MARKED = (
    """least(last, greatest(tomorrow, least(first, make_date(extract(year FROM tomorrow)::integer, 12, 31))))"""
)
_MARK = text(
    month_marks(
        f"""SELECT CAST(:area_id AS integer), month, '{ROLE_CHANGES}', date '-infinity'
            FROM unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS changed(first, last)
            CROSS JOIN (SELECT CAST(:today AS date) + 1) AS clock(tomorrow)
            CROSS JOIN LATERAL generate_series(date_trunc('month', first), {_LAST_MARKED},
                                               interval '1 month') AS month"""
    )
)


async def codes_around(connection: AsyncConnection, area_id: int) -> frozenset[str]:
    """Return the codes of an area and of all that it has ever lain in."""
    return frozenset((await connection.execute(_AROUND, {"area_id": area_id})).scalars())


async def put_roles(
    connection: AsyncConnection, area_code: str, roles: Sequence[RoleSpan], catalogue: Catalogue, today: date
) -> None:
    """Replace all roles of an area, and mark the months, up to tomorrow's, of what is other than before.

    Raises:
        UnknownArea: there is no such area.
        InvalidArea: an unknown role, the same role twice on a day, days outside the area's own, or a need that is
            missing or does not belong to the role.

    """
    await share_area_hierarchy(connection)
    area = (await connection.execute(_AREA, {"code": area_code})).one_or_none()
    if area is None:
        raise UnknownArea
    known = catalogue.roles_in(await codes_around(connection, area.area_id))
    violations = list(contradictions(roles, known, area.first, area.last))
    if violations:
        raise InvalidArea("The roles contradict each other, or the area.", violations)
    changed = set(await find_roles(connection, area.area_id)).symmetric_difference(roles)
    if not changed:
        return
    rows = [(role.role, role.first, role.last, role.need) for role in roles]
    given = {"area_id": area.area_id} | as_arrays(("roles", "firsts", "lasts", "needs"), rows)
    await connection.execute(_DROP, given)
    await connection.execute(_ADD, given)
    await _mark(connection, area.area_id, changed, _that_age(catalogue), today)


async def find_roles(connection: AsyncConnection, area_id: int) -> list[RoleSpan]:
    """Return the roles of an area, by code and first day."""
    return [RoleSpan(*row) for row in await connection.execute(_STORED, {"area_id": area_id})]


async def _mark(
    connection: AsyncConnection, area_id: int, changed: Collection[RoleSpan], that_age: Collection[str], today: date
) -> None:
    # What is judged by how long ago it began can change every month after.
    spans = [(role.first, None if role.role in that_age else role.last) for role in changed]
    await connection.execute(_MARK, {"area_id": area_id, "today": today} | as_arrays(("firsts", "lasts"), spans))


def _that_age(catalogue: Catalogue) -> set[str]:
    """Return the roles that indicators also judge by how long ago they began."""
    states = [definition.holds for definition in catalogue.indicators.values() if definition.holds is not None]
    return {state.role for state in states if state.role is not None and state.within_months is not None}
