"""A note that must not be kept is removed from wherever it is kept; its revisions say so, and their figures stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from services.api.pages.agreement.areas import ReadableArea
from services.api.pages.agreement.comments import comments_of
from services.indicators.audit import AuditTrail
from shared.annex_tables.reading import YearAsOf, area_of, read_year
from shared.audit.verification import EntryFault, verify
from shared.closing.note_removals import remove_note_everywhere
from shared.closing.verification import count_moved
from shared.domain.errors import InvalidNote, UnknownNote
from shared.domain.wording import Language
from shared.facts.notes import erase_note
from tests.audit.trail import seal_all
from tests.closing.closings import AGREEMENT, close, revision
from tests.closing.test_notes import T1, agreed, of_revision, rewrite, write
from tests.indicators.world import LANDSKRONA, World

if TYPE_CHECKING:
    from uuid import UUID

    import httpx

__all__ = ["agreed"]

SECRET, REASON = "Anna i 7B", "Named a pupil."
GONE: Any = None
CLOSED_NOTES = f"{BASE}/agreements/{AGREEMENT}/periods/2016-t1/closed-notes"


async def remove(world: World, note_id: UUID, reason: str = REASON) -> bool:
    async with world.engine.begin() as connection:
        return await remove_note_everywhere(connection, note_id, reason, "administrator")


async def keep_trail(world: World) -> None:
    """Seal all there is as the worker does, and have it remove what is said of removed notes."""
    await seal_all(world.engine)
    async with world.engine.begin() as connection:
        await connection.execute(text("INSERT INTO audit_pending (actor, actor_name, operation, resource, address)"
                                      " VALUES ('x', 'x', 'read', 'x', 'x')"))  # fmt: skip
    trail = AuditTrail(days=730)
    for _ in range(100):
        async with world.engine.begin() as connection:
            await trail.keep(connection)
            if not (await connection.execute(text("SELECT count(*) FROM audit_pending"))).scalar_one():
                return


async def everywhere(world: World) -> list[str]:
    """Return the tables in which any row holds the secret."""
    found = []
    async with world.engine.connect() as connection:
        tables = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in tables.scalars().all():
            asked = text(
                f"SELECT EXISTS (SELECT FROM {table} AS stored WHERE strpos(to_jsonb(stored)::text, :secret) > 0)"
            )
            if (await connection.execute(asked, {"secret": SECRET})).scalar_one():
                found.append(table)
    return found


async def test_nothing_holds_what_it_said_and_the_revision_says_that_it_is_gone(
    agreed: World, reader: httpx.AsyncClient
) -> None:
    note = await write(agreed, SECRET)
    other = await write(agreed, "Kept.")
    await close(agreed, T1)
    await rewrite(agreed, note, f"{SECRET}, once more")
    assert {*await everywhere(agreed)} == {"indicator_note", "closed_note", "audit_pending"}
    figures = await revision(agreed, T1, 1)

    assert await remove(agreed, note)
    await keep_trail(agreed)
    assert await everywhere(agreed) == []
    assert await revision(agreed, T1, 1) == figures
    assert await of_revision(agreed, 1) == [(GONE, LANDSKRONA), ("Kept.", LANDSKRONA)]
    async with agreed.engine.connect() as connection:
        assert await count_moved(connection) == 0
    [gone, unchanged] = (await reader.get(CLOSED_NOTES)).json()["closedNotes"]
    assert (gone["id"], gone["text"], gone["removalReason"], gone["writtenBy"]) == (str(note), None, REASON, "test")
    assert gone["removedAt"]
    fields = ("id", "text", "removalReason", "removedAt")
    assert [unchanged[name] for name in fields] == [str(other), "Kept.", None, None]
    assert (await reader.get(f"{BASE}/notes/{note}")).status_code == 404
    listed = (await reader.get(f"{BASE}/note-removals")).json()["noteRemovals"]
    assert [(one["id"], one["reason"], one["removedBy"]) for one in listed] == [(str(note), REASON, "administrator")]


async def test_the_trail_verifies_without_what_was_said_of_it_and_names_what_else_is_gone(agreed: World) -> None:
    note = await write(agreed, SECRET)
    await remove(agreed, note)
    await keep_trail(agreed)
    async with agreed.engine.begin() as connection:
        verified = await verify(connection)
        assert verified.finding is None
        # Its being written and its being deleted.
        assert verified.without_payload >= 2
        statement = "SELECT operation, after ->> 'reason' FROM audit_entry WHERE address = :address"
        entries = await connection.execute(text(statement), {"address": f"note-removals/{note}"})
        assert [tuple(row) for row in entries] == [("created", REASON)]
        await connection.execute(text("DELETE FROM audit_entry WHERE address = :address"),
                                 {"address": f"note-removals/{note}"})  # fmt: skip
        finding = (await verify(connection)).finding
        assert finding is not None
        assert finding.fault is EntryFault.REMOVED
        await connection.rollback()


async def test_one_that_was_deleted_before_is_removed_from_its_revision_and_the_next_has_none(agreed: World) -> None:
    note = await write(agreed, SECRET)
    await close(agreed, T1)
    async with agreed.engine.begin() as connection:
        await erase_note(connection, note)
    assert await remove(agreed, note)
    assert await of_revision(agreed, 1) == [(GONE, LANDSKRONA)]


async def test_a_reason_can_be_replaced_and_is_guarded_itself(agreed: World) -> None:
    note = await write(agreed, SECRET)
    await close(agreed, T1)
    for wrong in ("", "  ", "About 19121212-1212."):
        with pytest.raises(InvalidNote):
            await remove(agreed, note, wrong)
    with pytest.raises(UnknownNote):
        await remove(agreed, uuid4())
    assert await of_revision(agreed, 1) == [(SECRET, LANDSKRONA)]
    assert await remove(agreed, note)
    assert not await remove(agreed, note, "Named somebody.")
    [comment] = await comments(agreed)
    assert comment.text.endswith("Anledning: Named somebody.")


async def test_pages_and_reports_say_it_in_its_place(agreed: World) -> None:
    note = await write(agreed, SECRET)
    await close(agreed, T1)
    await remove(agreed, note)
    [comment] = await comments(agreed)
    assert comment.text.startswith("Kommentaren togs bort den ")
    assert comment.text.endswith(f"Anledning: {REASON}")
    assert comment.remark == ""


async def test_nothing_else_of_a_copy_can_be_changed(agreed: World) -> None:
    await write(agreed, SECRET)
    await close(agreed, T1)
    for change in ("text = 'Another.'", "text = NULL, noted_on = noted_on + 1", "noted_on = noted_on + 1"):
        async with agreed.engine.connect() as connection:
            with pytest.raises(Exception, match="never changes"):
                await connection.execute(text(f"UPDATE closed_note SET {change}"))


async def comments(world: World) -> list[Any]:
    """Return the comments on Landskrona's year as its page has them."""
    async with world.engine.connect() as connection:
        catalogue = await world.definitions.current(connection)
        area = await connection.run_sync(lambda sync: area_of(sync, LANDSKRONA))
        asked = YearAsOf(area, 2016, Language.SV, None)
        tables = await connection.run_sync(lambda sync: read_year(sync, catalogue, asked))
        own = ReadableArea(area.area_id, area.code, area.name, "municipality", is_own=True)
        return await comments_of(connection, own, tables)
