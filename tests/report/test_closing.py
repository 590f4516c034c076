"""A report of a closed period has what was frozen, says that it is closed, and lists what has come since."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from shared.db import keys
from shared.db.keys import KeyScope
from shared.domain.target import TargetRule
from tests.closing.closings import AGREEMENT, close, reopen
from tests.indicators.world import ALFA, CLEANUPS, LANDSKRONA, YEAR_2016, Annex, Goal, World
from tests.report.reading import rows_of_html

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

T1 = "2016-T1"
GOAL = Goal(CLEANUPS, LANDSKRONA, TargetRule.AT_MOST, Decimal(1))


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
    await world.settle(date(2016, 5, 10))
    return world


async def _report(reader: httpx.AsyncClient) -> bytes:
    asked = {"format": "html", "language": "sv"}
    return (await reader.get(f"{BASE}/reports/{LANDSKRONA}~{T1.lower()}", params=asked)).content


def _cleanups(report: bytes) -> str:
    return next(row[1] for row in rows_of_html(report) if row[0] == "Klottersaneringar")


async def test_it_says_what_was_frozen_and_what_has_come_since(
    world: World, reader: httpx.AsyncClient, database_url: str
) -> None:
    own_key = reader.headers["Authorization"]
    opened = await _report(reader)
    assert "Perioden är inte stängd. Värdena kan ändras." in opened.decode()
    assert "Stängning och senare ändringar" not in opened.decode()

    await close(world, T1)
    await world.settle()
    closed = await _report(reader)
    assert "Perioden är stängd sedan den" in closed.decode()
    assert "Inget värde har ändrats efter stängningen." in closed.decode()
    assert _cleanups(closed) == "1"

    # Done on a day that is not known, it is counted apart.
    await world.record("undated", "graffiti-cleanup", ALFA, reported=date(2016, 3, 7))
    await world.settle()
    alike = (await _report(reader)).decode()
    assert "Klottersaneringar, mars 2016: 1 som förut, men något i underlaget" in alike

    await world.record("late", "graffiti-cleanup", ALFA, start=date(2016, 3, 7))
    await world.settle()
    changed = await _report(reader)
    assert _cleanups(changed) == "1"
    since = "1 i den stängda perioden, 2 med det som har kommit in senare."
    for period in ("mars 2016", "tertial 1 2016"):
        assert f"Klottersaneringar, {period}: {since}" in changed.decode()

    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        elsewhere = keys.create(connection, "Höganäs", [KeyScope.READ], ["1284"])
    reader.headers["Authorization"] = f"Bearer {elsewhere}"
    seen_elsewhere = (await _report(reader)).decode()
    assert "Stängd den" in seen_elsewhere
    assert "efter stängningen" not in seen_elsewhere
    assert "med det som har kommit in senare" not in seen_elsewhere
    reader.headers["Authorization"] = own_key

    await reopen(world, T1)
    await world.settle()
    reopened = await _report(reader)
    assert _cleanups(reopened) == "2 +1"
    assert "Öppnad igen den" in reopened.decode()
    assert "A school was forgotten." in reopened.decode()
    assert "Inget värde har ändrats" not in reopened.decode()
