"""Notes are kept with each closing of their period, as they were; what comes later goes into the next one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from services.api.notes import queries
from services.api.notes.queries import NoteFilter
from shared.closing.notes import closed_notes, count_closed_notes, notes_when_closed
from shared.closing.periods import find_period
from shared.closing.reading import EntryQuery
from shared.db.codes import find_area_id
from shared.domain.period import Period
from shared.facts.notes import Note, erase_note, rewrite_note, write_note
from tests.closing.closings import AGREEMENT, close, reopen
from tests.indicators.world import ALFA, CLEANUPS, LANDSKRONA, YEAR_2016, Annex, World

if TYPE_CHECKING:
    from uuid import UUID

    import httpx

T1, MARCH, T2, YEAR = "2016-T1", "2016-03", "2016-T2", "2016"
ALL = EntryQuery(100)


@pytest.fixture
async def agreed(world: World) -> World:
    """A world with an agreement on Landskrona's cleanups, whose annexes need not be marked ready."""
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016))
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    await world.record("cleanup", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 4))
    await world.settle(date(2016, 5, 10))
    return world


async def write(world: World, said: str, period: str = T1, area: str = LANDSKRONA) -> UUID:
    async with world.engine.begin() as connection:
        note = Note(CLEANUPS, area, period, world.as_of, said, "test")
        return await write_note(connection, note, world.catalogue.indicators, world.as_of)


async def rewrite(world: World, note_id: UUID, said: str) -> None:
    async with world.engine.begin() as connection:
        note = Note(CLEANUPS, LANDSKRONA, T1, world.as_of, said, "test")
        await rewrite_note(connection, note_id, note, world.catalogue.indicators, world.as_of)


async def of_revision(world: World, revision: int, period: str = T1) -> list[tuple[str, str]]:
    """Return the texts of a revision's notes, with their areas."""
    async with world.engine.connect() as connection:
        found = await find_period(connection, AGREEMENT, Period.parse(period))
        rows = await closed_notes(connection, found, revision, ALL)
        assert await count_closed_notes(connection, found, revision, ALL) == len(rows)
    return [(row.text, row.area_code) for row in rows]


async def now(world: World) -> dict[str, bool]:
    """Return the texts of all notes as they are, and which came after the closing of their period."""
    async with world.engine.connect() as connection:
        area_id = await find_area_id(connection, LANDSKRONA)
        entries = await queries.entries_of_year(connection, area_id or 0, 2016)
    return {one["text"]: one["isAfterClosing"] for one in entries}


async def test_a_revision_has_the_notes_as_they_were_and_the_next_one_what_came_since(agreed: World) -> None:
    unchanged = await write(agreed, "Kept.")
    changed = await write(agreed, "To be changed.")
    removed = await write(agreed, "To be removed.", MARCH)
    await write(agreed, "At a school.", MARCH, ALFA)
    await write(agreed, "Of another tertial.", T2)
    await close(agreed, T1)
    first = [("Kept.", LANDSKRONA), ("To be changed.", LANDSKRONA), ("To be removed.", LANDSKRONA)]
    first.append(("At a school.", ALFA))
    assert await of_revision(agreed, 1) == first
    assert not any((await now(agreed)).values())

    await rewrite(agreed, changed, "Changed.")
    await rewrite(agreed, unchanged, "Kept.")
    async with agreed.engine.begin() as connection:
        await erase_note(connection, removed)
    await write(agreed, "New.")
    assert await of_revision(agreed, 1) == first
    assert await now(agreed) == {"Kept.": False, "Changed.": True, "New.": True, "Of another tertial.": False}
    async with agreed.engine.connect() as connection:
        found = await find_period(connection, AGREEMENT, Period.parse(T1))
        assert await queries.count(connection, NoteFilter(after_closing_of=found.id)) == 2
        area_id = await find_area_id(connection, LANDSKRONA)
        when_closed = await notes_when_closed(connection, area_id or 0, 2016)
    assert [row.text for row in when_closed] == ["Kept.", "To be changed.", "To be removed."]

    await reopen(agreed, T1)
    assert not any((await now(agreed)).values())
    await agreed.settle()
    await close(agreed, T1)
    second = {"Kept.", "Changed.", "New.", "At a school."}
    assert {said for said, _ in await of_revision(agreed, 2)} == second
    assert await of_revision(agreed, 1) == first


async def test_a_note_is_as_the_first_closing_left_it_that_still_holds_its_period(agreed: World) -> None:
    note = await write(agreed, "At first.")
    await close(agreed, T1)
    await rewrite(agreed, note, "Later.")
    await agreed.settle(date(2017, 1, 10))
    await close(agreed, YEAR)
    assert await of_revision(agreed, 1, YEAR) == [("Later.", LANDSKRONA)]
    assert await now(agreed) == {"Later.": True}
    async with agreed.engine.connect() as connection:
        area_id = await find_area_id(connection, LANDSKRONA)
        assert [row.text for row in await notes_when_closed(connection, area_id or 0, 2016)] == ["At first."]


async def test_the_api_lists_a_revisions_notes_to_those_who_see_them(agreed: World, reader: httpx.AsyncClient) -> None:
    await write(agreed, "Kept.")
    await write(agreed, "At a school.", MARCH, ALFA)
    address = f"{BASE}/agreements/{AGREEMENT}/periods/2016-t1/closed-notes"
    assert (await reader.get(address)).json()["closedNotes"] == []
    await close(agreed, T1)
    listed = (await reader.get(f"{address}?area={LANDSKRONA}&revision=1")).json()["closedNotes"]
    assert [(one["text"], one["period"], one["writtenBy"], one["revision"]) for one in listed] == [
        ("Kept.", T1, "test", 1)
    ]
    assert "isAfterClosing" not in listed[0]
    assert (await reader.get(f"{address}?revision=2")).status_code == 404
    assert (await reader.get(f"{address}?limit=1&page=2")).json()["closedNotes"][0]["text"] == "At a school."
