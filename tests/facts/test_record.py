"""A fact and its marks are written together or not at all, and what is sent twice or too late changes nothing."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

import asyncio
import random
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.db.engine import build_engine
from shared.facts.activities import (
    ActivityFact,
    ChunkOutcome,
    FactOutcome,
    RecordedActivity,
    erase,
    record_staged,
    stage_activities,
)
from tests.indicators.world import ALFA, BETA, GAMMA, HELSINGBORG, LANDSKRONA, World, spot

MARCH_4 = date(2016, 3, 4)
# owner, year, area, month, type
Mark = tuple[str, int, str, str, str]


async def rows(world: World, statement: str) -> Sequence[Any]:
    async with world.engine.begin() as connection:
        return (await connection.execute(text(statement))).all()


async def facts(world: World) -> Sequence[Any]:
    return await rows(world, "SELECT * FROM activity ORDER BY external_id")


async def marks(world: World) -> set[Mark]:
    found = await rows(
        world,
        """SELECT owner.code AS owner, year, area.code AS area, to_char(month, 'YYYY-MM') AS month, fact
           FROM dirty_mark JOIN area USING (area_id) JOIN area AS owner ON owner.area_id = writing_area_id""",
    )
    return {tuple(row) for row in found}


async def forget_marks(world: World) -> None:
    await rows(world, "DELETE FROM dirty_mark RETURNING 1")


async def test_a_killed_session_leaves_neither_fact_nor_mark(world: World) -> None:
    async def record_and_be_killed() -> None:
        async with world.engine.begin() as connection:
            await world.record_with(connection, world.fact("a", "school-visit", ALFA, start=MARCH_4))
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await rows(world, f"SELECT pg_terminate_backend({pid}, 5000)")

    await forget_marks(world)
    with pytest.raises(DBAPIError):
        await record_and_be_killed()
    assert (await facts(world), await marks(world)) == ([], set())


async def test_a_later_failure_in_the_transaction_takes_both_along(world: World) -> None:
    async def record_and_fail() -> None:
        async with world.engine.begin() as connection:
            await world.record_with(connection, world.fact("a", "school-visit", ALFA, start=MARCH_4))
            await connection.execute(text("SELECT 1 / 0"))

    await forget_marks(world)
    with pytest.raises(DBAPIError):
        await record_and_fail()
    assert (await facts(world), await marks(world)) == ([], set())


@pytest.mark.parametrize("many", [False, True])
async def test_a_fact_that_cannot_be_marked_is_not_written(world: World, many: bool) -> None:
    async with world.engine.begin() as connection:
        poison = "ALTER TABLE dirty_mark ADD CONSTRAINT poisoned CHECK (fact IS NULL) NOT VALID"
        await connection.execute(text(poison))
    fact = world.fact("a", "school-visit", ALFA, start=MARCH_4)
    with pytest.raises(DBAPIError, match="poisoned"):
        await (record_many(world, [fact]) if many else record_one(world, fact))
    assert await facts(world) == []


async def test_a_new_activity_marks_its_place_month_and_type(world: World) -> None:
    await forget_marks(world)
    await world.record("a", "school-visit", ALFA, start=MARCH_4)
    assert await marks(world) == {(LANDSKRONA, 2016, ALFA, "2016-03", "school-visit")}


async def test_graffiti_marks_the_month_of_its_report_too(world: World) -> None:
    await forget_marks(world)
    await world.record("a", "graffiti-cleanup", ALFA, reported=date(2015, 12, 30), start=MARCH_4)
    assert await marks(world) == {
        (LANDSKRONA, 2015, ALFA, "2015-12", "graffiti-cleanup"),
        (LANDSKRONA, 2016, ALFA, "2016-03", "graffiti-cleanup"),
    }


async def test_a_correction_marks_what_it_was_and_what_it_is(world: World) -> None:
    await world.record("a", "graffiti-cleanup", ALFA, reported=date(2016, 1, 30), start=MARCH_4)
    await forget_marks(world)
    await world.record("a", "school-visit", GAMMA, start=date(2017, 5, 5))
    assert await marks(world) == {
        (LANDSKRONA, 2016, ALFA, "2016-01", "graffiti-cleanup"),
        (LANDSKRONA, 2016, ALFA, "2016-03", "graffiti-cleanup"),
        (HELSINGBORG, 2017, GAMMA, "2017-05", "school-visit"),
    }


async def test_a_correction_marks_the_owners_from_the_day_on(world: World) -> None:
    """Trials A13: whoever has the place later in the year may count it then; who had it before may not."""
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 3, 1)), (HELSINGBORG, date(2016, 3, 1), None)))
    await world.record("a", "school-visit", ALFA, start=date(2016, 2, 29))
    await forget_marks(world)
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 1))
    assert {(owner, month) for owner, _, _, month, _ in await marks(world)} == {
        (LANDSKRONA, "2016-02"),
        (HELSINGBORG, "2016-02"),
        (HELSINGBORG, "2016-03"),
    }


async def test_what_was_planned_without_a_date_marks_only_what_it_becomes(world: World) -> None:
    await forget_marks(world)
    await world.record("a", "graffiti-cleanup", ALFA, status="planned")
    assert await marks(world) == set()
    await world.record("a", "graffiti-cleanup", ALFA, completed=MARCH_4)
    assert await marks(world) == {(LANDSKRONA, 2016, ALFA, "2016-03", "graffiti-cleanup")}


async def test_the_same_twice_changes_nothing(world: World) -> None:
    fields = {
        "start": MARCH_4,
        "participants": {"pupils": 3},
        "version": 2,
        "changed_at": datetime(2016, 3, 5, tzinfo=UTC),
    }
    first = await world.record("a", "school-visit", ALFA, **fields)
    before = await facts(world)
    await forget_marks(world)
    second = await world.record("a", "school-visit", ALFA, **fields)
    assert (first.outcome, second.outcome) == (FactOutcome.CREATED, FactOutcome.UNCHANGED)
    assert first.activity_id == second.activity_id
    assert (await facts(world), await marks(world)) == (before, set())


async def test_a_change_is_a_new_revision_of_the_same_activity(world: World) -> None:
    first = await world.record("a", "school-visit", ALFA, start=MARCH_4)
    second = await world.record("a", "school-visit", ALFA, start=MARCH_4, participants={"pupils": 3})
    assert second == replace(first, outcome=FactOutcome.UPDATED)
    (fact,) = await facts(world)
    assert (fact.revision, fact.participants_pupils) == (2, 3)
    assert fact.changed_at > fact.recorded_at


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ({"version": 3}, {"version": 2}),
        ({"changed_at": datetime(2016, 3, 5, tzinfo=UTC)}, {"changed_at": datetime(2016, 3, 4, tzinfo=UTC)}),
        (
            {"version": 3, "changed_at": datetime(2016, 3, 5, tzinfo=UTC)},
            {"version": 3, "changed_at": datetime(2016, 3, 4, tzinfo=UTC)},
        ),
        (
            {"version": 3, "changed_at": datetime(2016, 3, 4, tzinfo=UTC)},
            {"version": 2, "changed_at": datetime(2016, 3, 5, tzinfo=UTC)},
        ),
    ],
)
@pytest.mark.parametrize("many", [False, True])
async def test_an_older_version_never_overwrites_a_newer(
    world: World, stored: dict[str, Any], sent: dict[str, Any], many: bool
) -> None:
    await world.record("a", "school-visit", ALFA, start=MARCH_4, **stored)
    before = await facts(world)
    await forget_marks(world)
    older = world.fact("a", "school-visit", BETA, start=date(2016, 4, 4), row=7, **sent)
    if many:
        assert await record_many(world, [older]) == ChunkOutcome([], [], [7])
    else:
        async with world.engine.begin() as connection:
            assert (await world.record_with(connection, older)).outcome == FactOutcome.OUTDATED
    assert (await facts(world), await marks(world)) == (before, set())


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ({}, {}),
        ({"version": 3}, {"version": 4}),
        ({"version": 3}, {"version": 3}),
        ({"version": 3}, {}),
        ({}, {"version": 1}),
        ({"version": 3}, {"changed_at": datetime(2016, 3, 4, tzinfo=UTC)}),
    ],
)
async def test_without_an_older_version_the_order_of_arrival_counts(
    world: World, stored: dict[str, Any], sent: dict[str, Any]
) -> None:
    await world.record("a", "school-visit", ALFA, start=MARCH_4, **stored)
    recorded = await world.record("a", "school-visit", BETA, start=MARCH_4, **sent)
    assert recorded.outcome == FactOutcome.UPDATED


async def test_who_sends_no_version_does_not_make_the_known_one_unknown(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=MARCH_4, version=3)
    assert (await world.record("a", "school-visit", BETA, start=MARCH_4)).outcome == FactOutcome.UPDATED
    assert (await world.record("a", "school-visit", BETA, start=MARCH_4)).outcome == FactOutcome.UNCHANGED
    assert (await world.record("a", "school-visit", ALFA, start=MARCH_4, version=2)).outcome == FactOutcome.OUTDATED


async def test_sources_do_not_overwrite_each_other(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=MARCH_4)
    await world.record("a", "school-visit", ALFA, start=MARCH_4, source="other")
    assert len(await facts(world)) == 2


async def test_an_activity_is_found_again_by_its_own_id(world: World) -> None:
    first = await world.record("a", "school-visit", ALFA, start=MARCH_4)
    await forget_marks(world)
    fact = world.fact("a", "school-visit", ALFA, start=date(2016, 4, 4))
    fact = replace(fact, activity=replace(fact.activity, activity_id=first.activity_id))
    async with world.engine.begin() as connection:
        assert await world.record_with(connection, fact) == replace(first, outcome=FactOutcome.UPDATED)
    assert {month for *_, month, _ in await marks(world)} == {"2016-03", "2016-04"}


async def test_many_who_send_the_same_activity_at_once_leave_one_row_and_the_newest(world: World) -> None:
    engine = build_engine(world.engine.url.render_as_string(hide_password=False), connections=8)
    versions = [*range(1, 25)]
    random.Random(1).shuffle(versions)
    outcomes = []

    async def send(version: int) -> None:
        fact = world.fact("a", "school-visit", ALFA, start=date(2016, 1, version), version=version)
        async with engine.begin() as connection:
            outcomes.append((await world.record_with(connection, fact)).outcome)

    await asyncio.gather(*map(send, versions))
    await engine.dispose()
    (fact,) = await facts(world)
    assert (fact.source_version, fact.period_on) == (24, date(2016, 1, 24))
    assert outcomes.count(FactOutcome.CREATED) == 1
    assert fact.revision == 1 + outcomes.count(FactOutcome.UPDATED)
    await world.settle()
    assert await world.figure("school-visits", ALFA, "2016") == (1, None, 0)


async def test_deletion_marks_where_it_counted_and_tells_whether_there_was_one(world: World) -> None:
    recorded = await world.record("a", "graffiti-cleanup", ALFA, reported=date(2016, 1, 30), start=MARCH_4)
    await forget_marks(world)
    async with world.engine.begin() as connection:
        assert await erase(connection, recorded.activity_id, world.as_of)
        assert not await erase(connection, recorded.activity_id, world.as_of)
    assert await facts(world) == []
    assert {month for *_, month, _ in await marks(world)} == {"2016-01", "2016-03"}


async def test_a_case_with_a_time_limit_ripens_the_day_after(world: World) -> None:
    world.as_of = date(2016, 3, 24)
    await forget_marks(world)
    await world.record("a", "graffiti-cleanup", ALFA, status="planned", reported=date(2016, 3, 24))
    await world.record("b", "graffiti-cleanup", ALFA, status="planned", reported=date(2016, 3, 17))
    found = await rows(world, "SELECT ripens_on FROM dirty_mark WHERE isfinite(ripens_on)")
    assert [row.ripens_on for row in found] == [date(2016, 3, 31)]


async def record_one(world: World, fact: ActivityFact) -> RecordedActivity:
    async with world.engine.begin() as connection:
        return await world.record_with(connection, fact)


async def record_many(world: World, sent: Sequence[ActivityFact], import_id: uuid.UUID | None = None) -> ChunkOutcome:
    async with world.engine.begin() as connection:
        await stage_activities(connection, sent, import_id or uuid.uuid4())
        return await record_staged(connection, world.deadlines, world.as_of)


async def test_a_chunk_is_tallied_row_by_row(world: World) -> None:
    await world.record("same", "school-visit", ALFA, start=MARCH_4)
    await world.record("changed", "school-visit", ALFA, start=MARCH_4)
    await world.record("newer", "school-visit", ALFA, start=MARCH_4, version=9)
    tally = await record_many(
        world,
        [
            world.fact("same", "school-visit", ALFA, start=MARCH_4, row=1),
            world.fact("changed", "school-visit", BETA, start=MARCH_4, row=2),
            world.fact("newer", "school-visit", BETA, start=MARCH_4, version=8, row=3),
            world.fact("new", "school-visit", ALFA, start=MARCH_4, row=4),
        ],
    )
    assert tally == ChunkOutcome(created=[4], updated=[2], outdated=[3])


async def test_a_later_chunk_of_the_same_import_wins(world: World) -> None:
    file = uuid.uuid4()
    await record_many(world, [world.fact("a", "school-visit", ALFA, start=MARCH_4, row=1)], file)
    later = world.fact("a", "school-visit", BETA, start=MARCH_4, row=5001)
    assert await record_many(world, [later], file) == ChunkOutcome([], [5001], [])
    (fact,) = await facts(world)
    assert (fact.area_id, fact.import_row, fact.import_id) == (world.ids[BETA], 5001, file)


async def test_imports_of_the_same_activities_in_any_order_do_not_block_each_other(world: World) -> None:
    draw = random.Random(3)

    async def send(number: int) -> None:
        day = date(2016, 3, 1 + number)
        sent = [world.fact(f"f{row}", "school-visit", ALFA, start=day, row=row, version=number) for row in range(300)]
        await record_many(world, draw.sample(sent, len(sent)))

    await asyncio.gather(*map(send, range(6)))
    assert {fact.source_version for fact in await facts(world)} == {5}


async def test_chunks_of_one_session_follow_each_other(world: World) -> None:
    """The temporary table of one is no obstacle to the next, prepared statements or not."""
    for number in range(5):
        sent = [world.fact(f"f{number}", "school-visit", ALFA, start=MARCH_4, row=number)]
        assert (await record_many(world, sent)).created == [number]


def drawn(world: World, draw: random.Random) -> list[ActivityFact]:
    """Return a chunk of facts in which no two are the same activity."""
    chunk = []
    for number in draw.sample(range(12), 6):
        reported = date(2016, 1, 1) + timedelta(draw.randrange(366))
        fields: dict[str, Any] = {"version": draw.choice([None, 1, 2, 3]), "row": number}
        if draw.random() < 0.5:
            fields |= {"reported": reported, "start": reported + timedelta(draw.randrange(6))}
            chunk.append(world.fact(f"f{number}", "graffiti-cleanup", draw.choice([LANDSKRONA, BETA]), **fields))
        else:
            fields |= {"start": reported, "participants": {"pupils": draw.randrange(3)}}
            chunk.append(world.fact(f"f{number}", "school-visit", draw.choice([ALFA, GAMMA]), **fields))
    return chunk


async def state(world: World) -> tuple[object, object]:
    columns = (
        "external_id, activity_type, area_id, period_on, reported_on, participants_pupils, source_version, revision"
    )
    return await rows(world, f"SELECT {columns} FROM activity ORDER BY 1"), await marks(world)


async def test_many_at_once_end_where_one_by_one_ends(world: World) -> None:
    draw = random.Random(7)
    for _ in range(12):
        chunks = [drawn(world, draw) for _ in range(4)]
        await rows(world, "WITH gone AS (DELETE FROM activity) DELETE FROM dirty_mark RETURNING 1")
        for fact in (fact for chunk in chunks for fact in chunk):
            async with world.engine.begin() as connection:
                await world.record_with(connection, fact)
        one_by_one = await state(world)
        await rows(world, "WITH gone AS (DELETE FROM activity) DELETE FROM dirty_mark RETURNING 1")
        for chunk in chunks:
            await record_many(world, chunk)
        assert await state(world) == one_by_one
