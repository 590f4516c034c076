"""Facts of past years are removed but for those that are still needed; their figures stay, and nobody can move them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from shared.domain.commitment import FulfilledBy
from shared.domain.selected_activities import SelectedActivities
from shared.facts.duplicates import link
from shared.facts.notes import Note, write_note
from shared.retention.candidates import FactKind, StaysFor
from shared.retention.removal import FiguresPending
from tests.audit.trail import last_written, written_since
from tests.indicators.removing import (
    BEFORE,
    DECEMBER_30,
    JUNE,
    close,
    close_and_remove,
    left,
    observe,
    promise,
    remove,
    visit,
    walk,
)
from tests.indicators.world import ALFA, LANDSKRONA, NORTH, VISITS, World

OPEN, DONE = ([{"item": "Broken lamp", "state": state}] for state in ("open", "done"))


async def test_activities_go_but_for_those_that_something_later_needs(world: World) -> None:
    for external_id, status, days in (
        ("done", "performed", {"reported": JUNE, "start": JUNE}),
        ("open", "planned", {"reported": JUNE}),
        ("given-up", "cancelled", {"reported": JUNE}),
        ("of-two-years", "performed", {"reported": DECEMBER_30, "start": date(2015, 1, 7)}),
    ):
        await world.record(external_id, "graffiti-cleanup", NORTH, status=status, **days)
    await walk(world, "all-done", DONE)
    await walk(world, "something-left", OPEN)
    await walk(world, "cancelled", OPEN, status="cancelled")
    await walk(world, "spring", DONE)
    await walk(world, "autumn", attributes={"followsUp": "spring"}, start=date(2015, 9, 1))
    await walk(world, "walk-before", DONE)
    await walk(world, "followed-in-its-year", attributes={"followsUp": "walk-before"}, start=date(2014, 9, 1))
    await world.record("of-a-week-of-2015", "traffic-check", LANDSKRONA, start=DECEMBER_30)
    await world.record("of-the-week-before", "traffic-check", LANDSKRONA, start=date(2014, 12, 28))
    assert (await close_and_remove(world)).staying == {
        StaysFor.OPEN_CASE: 1,
        StaysFor.OPEN_ITEMS: 1,
        StaysFor.REFERENCE: 1,
    }
    assert await left(world) == {
        *("open", "of-two-years", "something-left", "spring", "autumn", "of-a-week-of-2015"),
    }


async def test_an_original_stays_as_long_as_its_duplicate(world: World) -> None:
    pairs = {name: (await visit(world, name), await visit(world, f"{name}-again", source="other")) for name in "ab"}
    for original, duplicate in pairs.values():
        async with world.engine.begin() as connection:
            await link(connection, original, duplicate, world.as_of)
    await visit(world, "b-again", source="other", start=date(2015, 1, 2))
    assert (await close_and_remove(world)).staying == {StaysFor.DUPLICATE: 1}
    assert await left(world) == {"b", "b-again"}
    await world.settle()
    assert await world.figure(VISITS, ALFA, "2014") == (2, None, 0)


async def test_what_a_commitment_counts_stays_until_it_was_due(world: World) -> None:
    selection = SelectedActivities(("training",), {}, date(2014, 1, 1), date(2015, 12, 31))
    await promise(world, "linked-later", due_on=date(2015, 6, 30))
    await promise(world, "linked-before")
    await promise(world, "selected", due_on=date(2015, 6, 30), fulfilled_by=FulfilledBy.SELECTION, selection=selection)
    for code in ("linked-later", "linked-before"):
        await world.record_for([code], code, "school-visit", ALFA, start=JUNE)
    await world.record("selected", "training", NORTH, start=JUNE)
    await world.record("not-selected", "training", "1283", start=JUNE)
    assert (await close_and_remove(world)).staying == {StaysFor.COMMITMENT: 2}
    assert await left(world) == {"linked-later", "selected"}
    assert (await world.verify()).total == 0


async def test_everything_else_goes_by_its_period_with_what_belongs_to_it(world: World) -> None:
    for period in ("2014-12", "2015-01"):
        for numerator in (4, 5):
            await observe(world, "vandalism-cost", period, numerator)
    await observe(world, "population", "2013", 45_000)
    async with world.engine.begin() as connection:
        for period in ("2014-T3", "2015-T1"):
            note = Note("school-visits", LANDSKRONA, period, date(2015, 6, 1), period, "test")
            await write_note(connection, note, world.catalogue.indicators, world.as_of)
        for statement in (_CLOSED_NOTES, *_IMPORTS):
            await connection.execute(text(statement))
    counts = await close_and_remove(world)
    assert counts.by_area == {
        LANDSKRONA: {FactKind.OBSERVATIONS: 1, FactKind.NOTES: 1, FactKind.CLOSED_NOTES: 2},
        "SE": {FactKind.IMPORTS: 2},
    }
    async with world.engine.connect() as connection:
        rows = (await connection.execute(text(_LEFT))).all()
    assert [tuple(row) for row in rows] == [
        *[("closed note", "2015-T1")] * 2,
        ("import", "2015-01-01"),
        ("note", "2015-T1"),
        ("observation", "2013-01-01"),
        ("observation", "2015-01-01"),
        ("piece", "2015-01-01"),
        ("remark", "2015-01-01"),
        ("revision", "2015-01-01"),
    ]


async def test_the_trail_has_one_entry_of_all_that_was_removed(world: World) -> None:
    await visit(world, "visit")
    await world.record("check", "traffic-check", "1283", start=JUNE)
    await observe(world, "vandalism-cost", "2014-12", 4)
    await world.settle()
    before = await last_written(world.engine)
    await close(world)
    await remove(world)
    await remove(world)
    (entry,) = await written_since(world.engine, before)
    assert (entry.actor, entry.operation, entry.resource, entry.before) == ("commands/facts", "removed", "facts", None)
    assert entry.after == {
        "before": "2015-01-01",
        "areas": {LANDSKRONA: {"observations": 1}, "1283": {"activities": 1}, ALFA: {"activities": 1}},
    }


async def test_the_api_s_role_leaves_an_entry_of_whatever_it_deletes(world: World) -> None:
    await visit(world, "visit")
    before = await last_written(world.engine)
    async with world.engine.begin() as connection:
        await connection.execute(text(_AS_THE_API))
        await connection.execute(text("DELETE FROM activity"))
    (entry,) = await written_since(world.engine, before)
    assert entry.operation == "deleted"


async def test_nothing_is_closed_before_its_figures_are_computed(world: World) -> None:
    await world.settle()
    await visit(world, "not-counted-yet")
    with pytest.raises(FiguresPending):
        await close(world)
    await world.settle()
    assert await close(world) == BEFORE
    assert await close(world, date(2013, 1, 1)) == BEFORE


async def test_a_case_that_was_open_goes_once_it_is_closed(world: World) -> None:
    await world.record("case", "graffiti-cleanup", NORTH, status="planned", reported=JUNE)
    await close_and_remove(world)
    await world.record("case", "graffiti-cleanup", NORTH, status="cancelled", reported=JUNE)
    assert (await close_and_remove(world)).totals[FactKind.ACTIVITIES] == 1


_AS_THE_API = """SELECT set_config('role', 'samverkan_api', true), set_config('samverkan.details', 'all', true),
                        set_config('samverkan.writes', 'all', true),
                        set_config('samverkan.is_removing_facts', 'true', true)"""
# Each note was there at two closings.
_CLOSED_NOTES = """
    WITH period AS (INSERT INTO agreement_period (agreement_id, period_type, period_start)
                    SELECT min(agreement_id), 'year', '2014-01-01' FROM agreement RETURNING agreement_period_id)
    INSERT INTO closed_note (agreement_period_id, closing_revision, note_id, indicator_code, area_id, period_type,
                             period_start, noted_on, text, written_by, revision, recorded_at, changed_at)
    SELECT agreement_period_id, number, note_id, indicator_code, area_id, period_type, period_start, noted_on, text,
           written_by, revision, recorded_at, changed_at
    FROM period CROSS JOIN indicator_note CROSS JOIN generate_series(1, 2) AS number"""
# One that ended, one whose upload was never finished, and one that ended on the first day that stays.
_IMPORTS = (
    """INSERT INTO file_import (makes, dry_run, status, started_at, heartbeat_at, ended_at, bytes)
       VALUES ('activities', false, 'completed', '2014-12-31', '2014-12-31', '2014-12-31 22:59:00Z', 1),
              ('activities', false, 'received', '2014-12-01', '2014-12-01', NULL, NULL),
              ('activities', false, 'completed', '2014-12-31', '2014-12-31', '2014-12-31 23:00:00Z', 1)""",
    "INSERT INTO file_import_piece SELECT import_id, 0, 'content' FROM file_import",
    """INSERT INTO file_import_remark (import_id, row, outcome, field, reason, remedy)
       SELECT import_id, 2, 'refused', 'start', 'is wrong', 'Mend it.' FROM file_import""",
)
_LEFT = """
    SELECT 'observation' AS kind, period_start::text AS of FROM observation
    UNION ALL SELECT 'revision', period_start::text FROM observation_revision JOIN observation USING (observation_id)
    UNION ALL SELECT 'note', text FROM indicator_note
    UNION ALL SELECT 'closed note', text FROM closed_note
    UNION ALL SELECT 'import', (ended_at AT TIME ZONE 'Europe/Stockholm')::date::text FROM file_import
    UNION ALL SELECT 'piece', (ended_at AT TIME ZONE 'Europe/Stockholm')::date::text
              FROM file_import_piece JOIN file_import USING (import_id)
    UNION ALL SELECT 'remark', (ended_at AT TIME ZONE 'Europe/Stockholm')::date::text
              FROM file_import_remark JOIN file_import USING (import_id)
    ORDER BY 1, 2"""
