"""Which areas lie in those that a caller was granted: by the area hierarchy of today, remembered until it changes.

An area that has ended belongs to whoever had it on its last day; one that is to come, to whoever has it on its first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.access import EVERY_AREA, NO_AREA, SET_LOCAL_ACCESS, Access, Areas, acting, settings_of
from shared.db.engine import API_ROLE
from shared.db.keys import KeyScope

# Runs a SELECT with parameters by name, as psycopg writes them, and returns its rows.
Fetch = Callable[[str, Mapping[str, Any]], Awaitable[Sequence[Sequence[Any]]]]
Grants = frozenset[tuple[KeyScope, int]]
"""What may be done, each with the id of an area in which it may be done."""


class FiguresAbove(StrEnum):
    """Whose figures above their own area clients see: those of every municipality and above, or what is safe above.

    Safe is what tells no municipality's figure (`services.indicators.compute.above_protection`).
    """

    OPEN = "open"
    CLOSED = "closed"


MOST_REMEMBERED = 1000
# The rights of the API's role, until the transaction ends.
_SET_ROLE = f"SELECT set_config('role', '{API_ROLE}', true)"

_SEES_ALL = text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user")
_VERSION = "SELECT coalesce(max(version), 0), (SELECT coalesce(max(area_id), 0) FROM area) FROM area_hierarchy"
_EXISTING = """SELECT code, area_id FROM area
               WHERE code = ANY(%(codes)s) AND (upper(valid) <= %(today)s) IS NOT TRUE"""
_ARE_EVERYWHERE = "SELECT 1 FROM area WHERE area_id = ANY(%(areas)s) AND kind = 'country'"
_INSIDE = """SELECT DISTINCT descendant_id FROM area_closure JOIN area ON area.area_id = descendant_id
             WHERE ancestor_id = ANY(%(areas)s)
               AND area_closure.valid @> least(greatest(%(today)s, lower(area.valid)), upper(area.valid) - 1)"""
IS_ABOVE = """(area.kind IN ('country', 'county', 'police-region', 'police-district')
              OR area.kind = 'local-police-area' AND area.municipality_id IS NULL)"""
"""The condition that an `area` holds municipalities."""
# Open, the figures of municipalities and above are public records.
_OF_OTHERS = {
    FiguresAbove.OPEN: f"SELECT area_id FROM area WHERE kind = 'municipality' OR {IS_ABOVE}",
    FiguresAbove.CLOSED: f"SELECT area_id FROM area WHERE {IS_ABOVE}",
}


async def sees_all_rows(connection: AsyncConnection) -> bool:
    """Tell whether no policy hides rows from the role of a session."""
    return bool((await connection.execute(_SEES_ALL)).scalar_one())


def fetch_on(connection: AsyncConnection) -> Fetch:
    """Return what runs SELECTs on a connection."""

    async def fetch(statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return (await connection.exec_driver_sql(statement, dict(parameters))).all()

    return fetch


@asynccontextmanager
async def acting_for(
    connection: AsyncConnection, owner_area_id: int, today: date, figures_above: FiguresAbove
) -> AsyncIterator[None]:
    """Have the access of who owns what is worked on meanwhile; PostgreSQL keeps to it until the transaction ends."""
    grants = frozenset({(KeyScope.ADMINISTER, owner_area_id)})
    accesses = await Territories(lambda: today, figures_above).accesses(fetch_on(connection), grants, owner_area_id)
    access = accesses[KeyScope.ADMINISTER]
    await connection.exec_driver_sql(SET_LOCAL_ACCESS, settings_of(access))
    await connection.exec_driver_sql(_SET_ROLE)
    with acting(access):
        yield


class Territories:
    """Turns grants into accesses."""

    def __init__(self, today: Callable[[], date], figures_above: FiguresAbove) -> None:
        self._today = today
        self._figures_above = figures_above
        # By the version of the hierarchy and the day on which it was looked at.
        self._known: OrderedDict[tuple[int, date, frozenset[int]], Areas] = OrderedDict()

    async def existing(self, fetch: Fetch, codes: Collection[str]) -> dict[str, int]:
        """Return the ids of those areas with these codes that there are, and that have not ended."""
        found = await fetch(_EXISTING, {"codes": [*codes], "today": self._today()})
        return {row[0]: row[1] for row in found}

    async def accesses(self, fetch: Fetch, grants: Grants, owner_area_id: int) -> dict[KeyScope, Access]:
        """Return the access with which each scope that was granted is used."""
        version, newest_area_id = (await fetch(_VERSION, {}))[0]

        async def inside(areas: Iterable[int]) -> Areas:
            return await self._inside(fetch, version, frozenset(areas))

        of_others = await inside(())
        is_open = self._figures_above is FiguresAbove.OPEN
        granted = {scope: {area_id for one, area_id in grants if scope in one.included} for scope in KeyScope}
        territory = {scope: await inside(areas) for scope, areas in granted.items() if areas}
        # What is shown above keeps secrets from the readers of one area; who reads in two could put them together.
        all_read = territory.get(KeyScope.READ, NO_AREA)
        reads_in_one = is_open or any([await inside((one,)) == all_read for one in granted[KeyScope.READ]])
        accesses = {}
        for scope, areas in territory.items():
            accesses[scope] = Access(
                details=areas,
                figures=Areas.union(areas, of_others) if is_open and areas != EVERY_AREA else areas,
                writes=NO_AREA if scope is KeyScope.READ else areas,
                owner_area_id=owner_area_id,
                administers=territory.get(KeyScope.ADMINISTER, NO_AREA),
                coordinates=territory.get(KeyScope.COORDINATE, NO_AREA),
                above=NO_AREA if is_open or areas == EVERY_AREA or not reads_in_one else of_others,
                newest_area_id=newest_area_id,
            )
        return accesses

    async def _inside(self, fetch: Fetch, version: int, areas: frozenset[int]) -> Areas:
        """Return all that lies in some areas; of none, those whose figures others see."""
        key = (version, self._today(), areas)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = await self._look_up(fetch, areas, key[1])
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return found

    async def _look_up(self, fetch: Fetch, areas: frozenset[int], today: date) -> Areas:
        parameters = {"areas": [*areas], "today": today}
        if areas and await fetch(_ARE_EVERYWHERE, parameters):
            return EVERY_AREA
        wanted = _INSIDE if areas else _OF_OTHERS[self._figures_above]
        return Areas.of(area_id for (area_id,) in await fetch(wanted, parameters))
