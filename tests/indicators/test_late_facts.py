"""Facts that come late to places that have moved: every figure follows that can read them (trials A13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.responses import Page
from services.api.values.lineage.queries import parts_behind
from shared.domain.activity import Span
from shared.domain.commitment import Commitment
from shared.domain.period import Period
from shared.domain.role import RoleSpan
from shared.domain.term import Term
from shared.facts.commitments import put_commitment
from shared.read_model.value_id import ValueKey
from tests.extent import sample_of
from tests.indicators.busy_world import LATE, MOVED_ON, THEMES, be_busy, begin_small_world, observe
from tests.indicators.other_events import Roles, Terms
from tests.indicators.world import (
    ALFA,
    GAMMA,
    GROUP,
    GROUPS_MET,
    HELSINGBORG,
    IN_TIME,
    LANDSKRONA,
    OFFICE,
    OFFICE_DAYS,
    SKANE,
    VISITED,
    VISITS,
    VISITS_AS_NEEDED,
    WALKERS,
    WALKS,
    Annex,
    World,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await begin_small_world(engine)


@pytest.fixture
async def busy(world: World) -> World:
    return await be_busy(world)


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


@pytest.mark.parametrize("kind", sample_of([*COMES_LATE], 4))
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
