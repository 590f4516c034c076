"""The document of a revision can be made again: with the values, comments and definitions that were decided on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from services.api.reports.decided import with_definitions
from shared.catalogue.loader import shipped_catalogue
from shared.closing.note_removals import remove_note_everywhere
from shared.db import keys
from shared.db.access import FULL_ACCESS, acting
from shared.db.keys import KeyScope
from shared.domain.target import TargetRule
from shared.facts.notes import Note, rewrite_note, write_note
from tests.closing.closings import AGREEMENT, close, reopen
from tests.indicators.world import ALFA, CLEANUPS, LANDSKRONA, YEAR_2016, Annex, Goal, World
from tests.report.reading import rows_of_html

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

T1, T2 = "2016-T1", "2016-T2"
GOAL = Goal(CLEANUPS, LANDSKRONA, TargetRule.AT_MOST, Decimal(1))
FIRST, SECOND = "As it was first.", "As it was changed."


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    world = await World(engine).begin()
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016, (GOAL,)))
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    await world.record("first", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 4))
    await world.settle(date(2016, 9, 15))
    return world


async def report(reader: httpx.AsyncClient, period: str = T1, form: str = "html", **asked: object) -> httpx.Response:
    parameters = {"format": form, "language": "sv", **asked}
    return await reader.get(f"{BASE}/reports/{LANDSKRONA}~{period.lower()}", params=parameters)  # type: ignore[arg-type]  # numbers and texts


def cleanups(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return next(row for row in rows_of_html(answer.content) if row[0] == "Klottersaneringar")


async def write(world: World) -> UUID:
    async with world.engine.begin() as connection:
        note = Note(CLEANUPS, LANDSKRONA, T1, world.as_of, FIRST, "test")
        return await write_note(connection, note, world.catalogue.indicators, world.as_of)


async def rewrite(world: World, note_id: UUID) -> None:
    note = Note(CLEANUPS, LANDSKRONA, T1, world.as_of, SECOND, "test")
    # Not as whoever has read a report.
    with acting(FULL_ACCESS):
        async with world.engine.begin() as connection:
            await rewrite_note(connection, note_id, note, world.catalogue.indicators, world.as_of)


async def test_it_is_made_again_after_the_period_was_reopened_and_closed_once_more(
    world: World, reader: httpx.AsyncClient
) -> None:
    note = await write(world)
    await close(world, T1)
    await world.settle()
    decided = await report(reader)
    first = await report(reader, revision=1)
    assert cleanups(first) == cleanups(decided)
    assert "version 1" in first.text
    assert "Perioden öppnades igen" not in first.text
    assert first.headers["content-disposition"].count("version-1")

    await reopen(world, T1)
    await rewrite(world, note)
    await world.record("late", "graffiti-cleanup", ALFA, start=date(2016, 3, 7))
    await world.settle()
    while_open = await report(reader, revision=1)
    assert cleanups(while_open) == cleanups(first)
    assert "Perioden öppnades igen" in while_open.text

    await close(world, T1)
    await world.settle()
    again, now = await report(reader, revision=1), await report(reader)
    assert cleanups(again) == cleanups(first)
    assert again.content == while_open.content
    assert (FIRST in again.text, SECOND in again.text) == (True, False)
    assert cleanups(now)[1] == "2"
    second = await report(reader, revision=2)
    assert cleanups(second) == cleanups(now)
    assert (FIRST in second.text, SECOND in second.text) == (False, True)
    # What comes later changes neither.
    await world.record("later", "graffiti-cleanup", ALFA, start=date(2016, 4, 7))
    await world.settle()
    assert (await report(reader, revision=1)).content == again.content
    assert (await report(reader, revision=2)).content == second.content


async def test_it_has_those_periods_beside_it_that_were_closed_then(world: World, reader: httpx.AsyncClient) -> None:
    await world.record("second", "graffiti-cleanup", LANDSKRONA, start=date(2016, 6, 4))
    await world.settle()
    await close(world, T2)
    assert cleanups(await report(reader, T2, revision=1))[1:3] != ["1", "1"]
    alone = rows_of_html((await report(reader, T2, revision=1)).content)
    await close(world, T1)
    assert rows_of_html((await report(reader, T2, revision=1)).content) == alone
    await reopen(world, T2)
    await world.settle()
    await close(world, T2)
    assert cleanups(await report(reader, T2, revision=2))[1:3] == ["1", "1"]


async def test_a_removed_comment_is_not_in_it_any_more(world: World, reader: httpx.AsyncClient) -> None:
    note = await write(world)
    await close(world, T1)
    async with world.engine.begin() as connection:
        await remove_note_everywhere(connection, note, "Named a pupil.", "administrator")
    for answer in (await report(reader, revision=1), await report(reader)):
        assert FIRST not in answer.text
        assert "Kommentaren togs bort den" in answer.text
        assert "Named a pupil." in answer.text


async def test_every_form_of_it_can_be_had_and_what_there_is_not_is_refused(
    world: World, reader: httpx.AsyncClient, database_url: str
) -> None:
    await write(world)
    assert (await report(reader, revision=1)).status_code == 404
    await close(world, T1)
    for form in ("pdf", "html", "docx", "xlsx"):
        assert (await report(reader, form=form, revision=1)).status_code == 200
    for wrong in ("revision=2", "revision=1&agreement=facts"):
        address = f"{BASE}/reports/{LANDSKRONA}~2016-t1?format=html&{wrong}"
        assert (await reader.get(address)).status_code == 404
        assert (await reader.head(address)).status_code == 404
    assert (await report(reader, revision=0)).status_code == 400
    assert (await report(reader, revision=1, agreement=AGREEMENT)).status_code == 200
    assert (await report(reader, agreement=AGREEMENT)).status_code == 400
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        elsewhere = keys.create(connection, "Höganäs", [KeyScope.READ], ["1284"])
    reader.headers["Authorization"] = f"Bearer {elsewhere}"
    others = await report(reader, revision=1)
    assert (cleanups(others)[1], FIRST in others.text) == ("1", False)


def test_a_definition_is_read_as_it_was_stored() -> None:
    catalogue = shipped_catalogue()
    stored = [one.model_dump(mode="json", by_alias=True) for one in catalogue.indicators.values()]
    again = with_definitions(catalogue, stored)
    assert again.series == catalogue.series
    former = [one | {"name": {"sv": "Förra namnet", "en": "Former name"}} for one in stored if one["code"] == CLEANUPS]
    assert with_definitions(catalogue, former).series[CLEANUPS, "all"].name.sv == "Förra namnet"
