"""A small world in which something of every kind of figure has happened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.domain.activity import Span
from shared.domain.observation import Observation
from shared.domain.period import Period
from shared.domain.role import RoleSpan
from shared.domain.term import Term
from shared.facts.observations import ObservationFact, record_observation
from tests.indicators.other_events import Roles, Terms
from tests.indicators.world import (
    ALFA,
    CLEANUPS,
    GAMMA,
    GROUPS_MET,
    HELSINGBORG,
    IN_TIME,
    LANDSKRONA,
    NORTH,
    OFFICE_DAYS,
    PLAIN,
    REACHING_20,
    STOCKHOLM,
    VANDALISM_COST,
    VISITED,
    VISITS,
    VISITS_AS_NEEDED,
    WALKERS,
    WALKS,
    YEAR_2016,
    Annex,
    World,
)

THEMES = ("attractive-city", "contact-officers", "safety-walks", "school-social-police", "visible-police")
MOVED_ON = date(2016, 9, 29)
LATE = date(2016, 9, 10)
BY_CODE = {area.code: area for area in PLAIN}


# One or two of every kind: all of them take as many times as long.
INDICATORS = (
    *(CLEANUPS, IN_TIME, VISITS, VISITED, VISITS_AS_NEEDED, WALKS, WALKERS, REACHING_20, GROUPS_MET, OFFICE_DAYS),
    *("contact-officer-schools", "schools-with-contact-officer", "citizen-promises-kept", VANDALISM_COST),
)


async def begin_small_world(engine: AsyncEngine) -> World:
    """Return a world with few indicators, where nothing has happened yet."""
    whole = shipped_catalogue()
    few = {code: whole.indicators[code] for code in INDICATORS}
    return await World(engine, Catalogue(whole.activity_types, few, roles=whole.roles)).begin()


async def be_busy(world: World) -> World:
    """Let something of every kind happen."""
    annexes = [Annex(theme, YEAR_2016) for theme in THEMES]
    await world.agree("all", YEAR_2016, [LANDSKRONA, HELSINGBORG, STOCKHOLM], *annexes)
    for municipality in (LANDSKRONA, HELSINGBORG):
        term = Term("Hösten", Span(date(2016, 8, 17), date(2016, 12, 20)))
        await Terms(municipality, (term,)).happen(world)
    for school in (ALFA, GAMMA):
        roles = (
            RoleSpan("contact-officer", date(2016, 1, 1), None, 1),
            RoleSpan("contact-officer-school", date(2016, 1, 1), None, None),
        )
        await Roles(school, roles).happen(world)
    for area in (LANDSKRONA, HELSINGBORG, STOCKHOLM, NORTH, ALFA):
        await world.record(f"g-{area}", "graffiti-cleanup", area, reported=date(2016, 3, 1), start=date(2016, 3, 2))
    for number, area in enumerate((ALFA, GAMMA)):
        await world.record(f"v-{number}", "school-visit", area, start=date(2016, 10, 3))
    await observe(world, HELSINGBORG)
    return world


async def observe(world: World, area: str) -> None:
    observation = Observation(
        "story", "vandalism-cost", "", area, Period.parse("2016-09"), Decimal(3), None, "observed", "final"
    )
    async with world.engine.begin() as connection:
        await record_observation(connection, ObservationFact(observation, world.ids[area]))
