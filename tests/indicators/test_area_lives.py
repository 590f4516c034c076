"""Areas that begin and end, and facts that come late to moved places: every figure follows (trials A9, A13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.responses import Page
from services.api.values.lineage.queries import parts_behind
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.domain.activity import Span
from shared.domain.commitment import Commitment
from shared.domain.observation import Observation
from shared.domain.period import Period
from shared.domain.role import RoleSpan
from shared.domain.term import Term
from shared.facts.commitments import put_commitment
from shared.facts.observations import Fact, record_observation
from shared.read_model.value_id import ValueKey
from tests.indicators.other_events import Roles, Terms
from tests.indicators.world import (
    ALFA,
    ALWAYS,
    CLEANUPS,
    GAMMA,
    GROUP,
    GROUPS_MET,
    HELSINGBORG,
    IN_TIME,
    LANDSKRONA,
    NORTH,
    OFFICE,
    OFFICE_DAYS,
    PLAIN,
    REACHING_20,
    SKANE,
    STOCKHOLM,
    STOCKHOLM_COUNTY,
    SWEDEN,
    VANDALISM_COST,
    VISITED,
    VISITS,
    VISITS_AS_NEEDED,
    WALKERS,
    WALKS,
    YEAR_2016,
    Annex,
    World,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")

THEMES = ("attractive-city", "contact-officers", "safety-walks", "school-social-police", "visible-police")
MOVED_ON = date(2016, 9, 29)
LATE = date(2016, 9, 10)
BY_CODE = {area.code: area for area in PLAIN}


# One or two of every kind: all of them take as many times as long.
INDICATORS = (
    *(CLEANUPS, IN_TIME, VISITS, VISITED, VISITS_AS_NEEDED, WALKS, WALKERS, REACHING_20, GROUPS_MET, OFFICE_DAYS),
    *("contact-officer-schools", "schools-with-contact-officer", "citizen-promises-kept", VANDALISM_COST),
)


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    whole = shipped_catalogue()
    return await World(
        engine, Catalogue(whole.activity_types, {code: whole.indicators[code] for code in INDICATORS})
    ).begin()


@pytest.fixture
async def busy(world: World) -> World:
    """Return a world in which something of every kind has happened."""
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
        await record_observation(connection, Fact(observation, world.ids[area]))


async def of_municipalities(world: World, indicator: str, area: str, period: str) -> tuple[int, int] | None:
    """Return how many municipalities report and how many there are, as the comparisons of a value say."""
    async with world.engine.begin() as connection:
        parameters = {"indicator": indicator, "area": area, "period": period}
        found = (await connection.execute(_OF, parameters)).scalar_one_or_none()
    return found and (found["reporting"], found["of"])


LIVES = {
    "ends": DateRange(None, date(2016, 7, 1)),
    "begins": DateRange(date(2016, 5, 14), None),
    "is there for good": ALWAYS,
}


@pytest.mark.parametrize("code", [ALFA, HELSINGBORG, STOCKHOLM_COUNTY])
async def test_what_an_area_s_beginning_or_end_changes_is_computed_again(busy: World, code: str) -> None:
    """Trials A9: also above it, where a rebuild alone mended it."""
    await busy.settle()
    for name, valid in LIVES.items():
        await busy.put(replace(BY_CODE[code], valid=valid))
        await busy.settle()
        assert (await busy.verify()).total == 0, name


@pytest.mark.parametrize("reporting", [(LANDSKRONA,), (LANDSKRONA, HELSINGBORG)])
async def test_a_municipality_that_ends_is_counted_above_it_no_more(busy: World, reporting: tuple[str, ...]) -> None:
    """Trials A9: where it reported nothing, no other change says so."""
    await busy.agree("all", YEAR_2016, reporting, *(Annex(theme, YEAR_2016) for theme in THEMES))
    await busy.settle()
    reports = len(reporting)
    assert await of_municipalities(busy, CLEANUPS, SKANE, "2016-07") == (reports, 33)
    await busy.put(replace(BY_CODE[HELSINGBORG], valid=DateRange(None, date(2016, 7, 1))))
    await busy.settle()
    for area, number in ((SKANE, 33), (SWEDEN, 290)):
        for period in ("2016-06", "2016-T1"):
            assert await of_municipalities(busy, CLEANUPS, area, period) == (reports, number)
        for period in ("2016-07", "2016"):
            assert await of_municipalities(busy, CLEANUPS, area, period) == (1, number - 1)


async def test_a_county_s_end_is_seen_by_the_country(busy: World) -> None:
    """Trials A9: nothing of the municipalities themselves has changed."""
    await busy.settle()
    await busy.put(replace(BY_CODE[STOCKHOLM_COUNTY], valid=DateRange(None, date(2016, 7, 1))))
    await busy.settle()
    of = [(await of_municipalities(busy, CLEANUPS, SWEDEN, f"2016-{month}") or (0, 0))[1] for month in ("06", "07")]
    assert of == [290, 264]


@pytest.mark.parametrize("code", [HELSINGBORG, ALFA])
async def test_an_end_that_was_announced_shows_on_its_day(busy: World, code: str) -> None:
    """Trials A9: no one writes then."""
    busy.as_of = date(2016, 6, 20)
    await busy.put(replace(BY_CODE[code], valid=DateRange(None, date(2016, 7, 15))))
    await busy.settle()
    for day in (date(2016, 7, 14), date(2016, 7, 15), date(2016, 8, 1)):
        await busy.settle(day)
        assert (await busy.verify()).total == 0, day


Happening = Callable[[World], Awaitable[Any]]


def reported(activity_type: str, area: str, **fields: Any) -> Happening:
    async def happen(world: World) -> None:
        await world.record("late", activity_type, area, **{"start": LATE, **fields})

    return happen


async def promised(world: World) -> None:
    commitment = Commitment("facts", "late", None, True, "x", "x", None, 1, (ALFA,), LATE, None, ())
    async with world.engine.begin() as connection:
        await put_commitment(connection, commitment, world.as_of)


async def has_officer(world: World) -> None:
    await Roles(GAMMA, (RoleSpan("contact-officer", date(2016, 9, 1), date(2016, 9, 20), 1),)).happen(world)


async def has_term(world: World) -> None:
    await Terms(LANDSKRONA, (Term("Hösten", Span(date(2016, 9, 1), date(2016, 10, 20))),)).happen(world)


async def cost(world: World) -> None:
    await observe(world, LANDSKRONA)


async def is_corrected(world: World) -> None:
    await world.record("early", "school-visit", ALFA, start=date(2016, 10, 4))


async def is_erased(world: World) -> None:
    await world.erase("early")


# What comes late, by the kind of figure that it changes, and figures where the place is after the move.
COMES_LATE: dict[str, tuple[Happening, tuple[str, str, str] | None, Any]] = {
    "count": (reported("school-visit", ALFA), (VISITS, LANDSKRONA, "2016-09"), (2, None, 0)),
    "sum": (
        reported("safety-walk", ALFA, participants={"residents": 4}),
        (WALKERS, LANDSKRONA, "2016-09"),
        (4, None, 0),
    ),
    "share by condition": (
        reported("safety-walk", ALFA, participants={"residents": 30}),
        (WALKS, ALFA, "2016"),
        (1, None, 0),
    ),
    "share by deadline": (
        reported("graffiti-cleanup", ALFA, reported=LATE),
        (IN_TIME, LANDSKRONA, "2016-09"),
        (1, 1, 0),
    ),
    "distinct": (reported("school-visit", ALFA), (VISITED, ALFA, "2016-09"), (1, None, 0)),
    "days": (reported("mobile-office-day", OFFICE), (OFFICE_DAYS, LANDSKRONA, "2016-09"), (1, None, 0)),
    "coverage": (reported("school-visit", ALFA), (VISITS_AS_NEEDED, HELSINGBORG, "2016-09"), (1, 2, 0)),
    "coverage of the place": (reported("school-visit", ALFA), (VISITS_AS_NEEDED, ALFA, "2016-09"), (1, 1, 0)),
    "state, met since 1 January": (
        reported("collaboration-meeting", GROUP, attributes={"coordinatorPresent": "yes"}),
        (GROUPS_MET, HELSINGBORG, "2016-11"),
        (1, 1, 0),
    ),
    "state": (has_officer, ("contact-officer-schools", HELSINGBORG, "2016-10"), (1, None, 0)),
    "terms": (has_term, None, None),
    "commitments": (promised, ("citizen-promises-kept", LANDSKRONA, "2016-09"), (0, 1, 0)),
    "observed": (cost, None, None),
    "correction": (is_corrected, (VISITS, HELSINGBORG, "2016-10"), (3, None, 0)),
    "removal": (is_erased, (VISITS_AS_NEEDED, HELSINGBORG, "2016-09"), (0, 2, 0)),
}


@pytest.mark.parametrize("kind", COMES_LATE)
async def test_a_late_fact_shows_wherever_its_moved_place_counts(busy: World, kind: str) -> None:
    """Trials A13: in September the places lie in Landskrona until the 28th, and in Helsingborg from then on."""
    for place in (ALFA, GROUP, OFFICE):
        await busy.put(spot(place, (LANDSKRONA, None, MOVED_ON), (HELSINGBORG, MOVED_ON, None)))
    await busy.record("early", "school-visit", ALFA, start=date(2016, 9, 5))
    if kind.startswith("coverage"):
        await busy.erase("early")
    await busy.settle()
    happen, key, figure = COMES_LATE[kind]
    await happen(busy)
    await busy.settle()
    assert key is None or await busy.figure(*key) == figure


async def test_a_place_with_one_owner_has_one_mark_for_a_fact(world: World) -> None:
    """Trials A13: the way from a fact to its figure is no longer for places that never moved."""
    await world.settle()
    for place, owners in ((ALFA, 1), (GAMMA, 2)):
        await world.put(spot(GAMMA, (HELSINGBORG, None, MOVED_ON), (LANDSKRONA, MOVED_ON, None)))
        await world.settle()
        await world.record(place, "school-visit", place, start=LATE)
        async with world.engine.begin() as connection:
            marks = (await connection.execute(text("SELECT count(*) FROM dirty_mark"))).scalar_one()
        assert marks == owners


async def test_what_a_value_is_made_of_adds_up_to_it(busy: World) -> None:
    """Trials A13, A18: the lists of facts behind figures go by the same months and places."""
    for place in (ALFA, GROUP):
        await busy.put(spot(place, (LANDSKRONA, None, MOVED_ON), (HELSINGBORG, MOVED_ON, None)))
    spring, most = Span(date(2016, 1, 1), date(2016, 9, 20)), Span(date(2016, 1, 1), date(2016, 11, 20))
    for code, days, area in (("all", most, HELSINGBORG), ("other", spring, LANDSKRONA)):
        await busy.agree(code, days, [area], *(Annex(theme, days) for theme in THEMES))
    await busy.record("met", "collaboration-meeting", GROUP, start=LATE, attributes={"coordinatorPresent": "yes"})
    await busy.record("late", "school-visit", ALFA, start=LATE)
    await busy.settle()
    checked = set()
    for (indicator, area, period), (numerator, denominator, _) in (await busy.figures()).items():
        definition = busy.catalogue.indicators[indicator]
        if definition.basis == "observation" or area not in {LANDSKRONA, HELSINGBORG, SKANE, ALFA, GROUP}:
            continue
        if period in {"2016-09", "2016-11", "2016-T3", "2016"}:
            key = ValueKey(indicator, "all", area, Period.parse(period))
            async with busy.engine.begin() as connection:
                _, parts = await parts_behind(connection, definition, key, None, Page(1, 1000), busy.as_of)
            sums = [sum(part[name] or 0 for part in parts) for name in ("numerator", "denominator")]
            assert sums == [numerator or 0, denominator or 0], key
            checked.add((definition.kind, period))
    assert {("state", "2016"), ("state", "2016-T3"), ("coverage", "2016"), ("distinct", "2016-T3")} <= checked


_OF = text(
    """SELECT comparisons -> 'reportingMunicipalities'
       FROM comparison JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE indicator_code = :indicator AND slice = 'all' AND code = :area
         AND period_code(period_type, period_start) = :period"""
)
