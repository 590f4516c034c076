"""A note belongs to a figure by name: it stays whatever becomes of the figure's row."""

from datetime import date

from sqlalchemy import text

from shared.facts.notes import Note, write_note
from tests.indicators.world import ALFA, VISITS, World

NOTE = Note(VISITS, ALFA, "2016-03", date(2016, 4, 1), "Skolan vill ha fler besök.", "test")


async def notes(world: World) -> list[tuple[object, ...]]:
    async with world.engine.begin() as connection:
        return [tuple(row) for row in await connection.execute(text("SELECT * FROM indicator_note"))]


async def test_a_note_outlives_recomputation_rebuild_and_the_figure_itself(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    async with world.engine.begin() as connection:
        await write_note(connection, NOTE, world.catalogue.indicators, world.as_of)
    written = await notes(world)
    assert len(written) == 1
    await world.erase("a")
    await world.settle()
    assert await world.figure(VISITS, ALFA, "2016-03") is None
    assert await notes(world) == written
    await world.rebuild()
    assert await notes(world) == written
