"""An event that two sources have reported counts twice until it is linked, once then, and twice again when unlinked."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity import Span
from shared.domain.commitment import Commitment
from shared.domain.errors import InvalidDuplicate
from shared.domain.role import RoleSpan
from shared.domain.term import Term
from shared.facts.commitments import put_commitment
from shared.facts.duplicates import link, unlink
from shared.facts.roles import put_roles
from shared.facts.terms import put_terms
from tests.indicators.world import (
    ALFA,
    BETA,
    CLEANUPS,
    IN_TIME,
    LANDSKRONA,
    SCHOOLS,
    SWEDEN,
    VISITED,
    VISITS,
    VISITS_AS_NEEDED,
    YEAR_2016,
    Annex,
    World,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")

MARCH_4 = date(2016, 3, 4)
JUNE = date(2016, 6, 30)
SPRING = Term("VT", Span(date(2016, 1, 11), date(2016, 6, 10)))


async def visit(world: World, external_id: str, area: str = ALFA, **fields: object) -> UUID:
    return (await world.record(external_id, "school-visit", area, **{"start": MARCH_4, **fields})).activity_id


async def linked(world: World, original: UUID, duplicate: UUID) -> None:
    async with world.engine.begin() as connection:
        await link(connection, original, duplicate, world.as_of)


async def unlinked(world: World, original: UUID, duplicate: UUID) -> None:
    async with world.engine.begin() as connection:
        await unlink(connection, original, duplicate, world.as_of)


async def visits(world: World, area: str = LANDSKRONA, period: str = "2016-03", indicator: str = VISITS) -> object:
    await world.settle()
    figure = await world.figure(indicator, area, period)
    return figure and figure[0]


async def test_figures_follow_a_link_and_its_end_at_every_level(world: World) -> None:
    original, duplicate = await visit(world, "a"), await visit(world, "b", source="other")
    counted = [[await visits(world, area, "2016") for area in (ALFA, LANDSKRONA, SWEDEN)]]
    await linked(world, original, duplicate)
    counted.append([await visits(world, area, "2016") for area in (ALFA, LANDSKRONA, SWEDEN)])
    await unlinked(world, original, duplicate)
    counted.append([await visits(world, area, "2016") for area in (ALFA, LANDSKRONA, SWEDEN)])
    assert counted == [[2] * 3, [1] * 3, [2] * 3]


async def test_a_duplicate_is_not_counted_beside_the_figure(world: World) -> None:
    original = (await world.record("a", "safety-walk", ALFA, start=MARCH_4)).activity_id
    duplicate = (await world.record("b", "safety-walk", ALFA, start=MARCH_4)).activity_id
    await world.settle()
    assert (await world.existing_figure("safety-walk-participants", ALFA, "2016-03"))[2] == 2
    await linked(world, original, duplicate)
    await world.settle()
    assert (await world.existing_figure("safety-walk-participants", ALFA, "2016-03"))[2] == 1


async def test_a_duplicate_that_is_sent_again_stays_linked_where_it_moves_to(world: World) -> None:
    original, duplicate = await visit(world, "a"), await visit(world, "b", source="other")
    await linked(world, original, duplicate)
    await visit(world, "b", BETA, source="other", start=date(2016, 4, 4))
    assert (await visits(world), await visits(world, BETA, "2016-04")) == (1, None)
    await unlinked(world, original, duplicate)
    assert (await visits(world), await visits(world, BETA, "2016-04")) == (1, 1)


async def test_when_the_one_that_counts_is_erased_its_duplicates_count(world: World) -> None:
    original = await visit(world, "a")
    for number in range(2):
        await linked(world, original, await visit(world, f"b{number}", BETA, source="other", start=date(2016, 4, 4)))
    assert (await visits(world), await visits(world, period="2016-04")) == (1, None)
    assert await world.erase("a")
    assert (await visits(world), await visits(world, period="2016-04")) == (None, 2)


async def test_an_erased_duplicate_leaves_the_one_that_counts(world: World) -> None:
    await linked(world, await visit(world, "a"), await visit(world, "b", source="other"))
    assert await world.erase("b")
    assert await visits(world) == 1


async def test_a_share_loses_the_case_in_the_month_of_its_report(world: World) -> None:
    fields = {"reported": date(2016, 3, 30), "start": date(2016, 4, 1), "completed": date(2016, 4, 1)}
    first = (await world.record("a", "graffiti-cleanup", LANDSKRONA, **fields)).activity_id
    second = (await world.record("b", "graffiti-cleanup", LANDSKRONA, source="other", **fields)).activity_id
    await linked(world, first, second)
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (1, 1, 0)
    assert (await world.existing_figure(CLEANUPS, LANDSKRONA, "2016-04"))[0] == 1
    await unlinked(world, first, second)
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016-03") == (2, 2, 0)


async def test_a_duplicate_makes_no_place_visited_and_no_visit_as_needed(world: World) -> None:
    """What counts was done at the one school, and the other source named another."""
    await world.agree("a", YEAR_2016, [LANDSKRONA], SCHOOLS)
    async with world.engine.begin() as connection:
        for school in (ALFA, BETA):
            await put_roles(
                connection,
                school,
                [RoleSpan("contact-officer", date(2016, 1, 1), None, 1)],
                shipped_catalogue(),
                world.as_of,
            )
        await put_terms(connection, LANDSKRONA, [SPRING], world.as_of)
    original, duplicate = await visit(world, "a"), await visit(world, "b", BETA, source="other")
    assert [await visits(world, indicator=name) for name in (VISITED, VISITS_AS_NEEDED)] == [2, 2]
    await linked(world, original, duplicate)
    assert [await visits(world, indicator=name) for name in (VISITED, VISITS_AS_NEEDED)] == [1, 1]


async def test_a_duplicate_is_no_meeting_of_a_group(world: World) -> None:
    """The source that counts says that the coordinator was not there."""
    await world.put(replace(spot(ALFA, LANDSKRONA), place_kind="collaboration-area"))
    await world.agree("a", YEAR_2016, [LANDSKRONA], Annex("school-social-police", YEAR_2016))
    meetings = [
        await world.record(
            source,
            "collaboration-meeting",
            ALFA,
            source=source,
            start=MARCH_4,
            attributes={"coordinatorPresent": present},
        )
        for source, present in (("story", "no"), ("other", "yes"))
    ]
    met = [await visits(world, period=month, indicator="groups-met-coordinator") for month in ("2016-03", "2016-11")]
    await linked(world, *[meeting.activity_id for meeting in meetings])
    met += [await visits(world, period=month, indicator="groups-met-coordinator") for month in ("2016-03", "2016-11")]
    assert met == [1, 1, 0, 0]


async def test_a_duplicate_keeps_no_promise(world: World) -> None:
    commitment = Commitment("facts", "visits", None, True, "x", "x", None, 2, (ALFA,), JUNE, None, ())
    async with world.engine.begin() as connection:
        await put_commitment(connection, commitment, world.as_of)
        commitment_id = (await connection.execute(text("SELECT commitment_id FROM commitment"))).scalar_one()
        recorded = []
        for source in ("story", "other"):
            fact = world.fact(source, "school-visit", ALFA, source=source, start=MARCH_4)
            setting = replace(fact.setting, commitment_id=commitment_id)
            recorded.append((await world.record_with(connection, replace(fact, setting=setting))).activity_id)

    async def promise_figure() -> tuple[object, int]:
        figure = await visits(world, ALFA, "2016-06", "citizen-promises-kept")
        async with world.engine.begin() as connection:
            return figure, (await connection.execute(text("SELECT done FROM commitment_area"))).scalar_one()

    assert await promise_figure() == (1, 2)
    await linked(world, *recorded)
    assert await promise_figure() == (0, 1)
    await unlinked(world, *recorded)
    assert await promise_figure() == (1, 2)


async def test_two_links_at_once_make_no_chain(world: World) -> None:
    first, second, third = [await visit(world, name, source=name) for name in ("a", "b", "c")]
    async with world.engine.begin() as connection:
        await link(connection, second, third, world.as_of)
        other = asyncio.create_task(linked(world, first, second))
        await asyncio.sleep(0.2)
        assert not other.done()
    with pytest.raises(InvalidDuplicate):
        await other
