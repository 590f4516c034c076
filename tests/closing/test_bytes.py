"""What is frozen is answered byte for byte as before, by every interface that serves values, whatever comes later."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import orjson
import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from shared.catalogue.loader import Catalogue
from shared.db.locks import share_area_hierarchy
from shared.domain.target import TargetRule
from shared.facts.series import put_series
from tests.closing.closings import AGREEMENT, close, later, served, values
from tests.indicators.world import ALFA, CLEANUPS, IN_TIME, LANDSKRONA, YEAR_2016, Annex, Goal, World

if TYPE_CHECKING:
    import httpx

T1 = "2016-T1"
GOAL = Goal(CLEANUPS, LANDSKRONA, TargetRule.AT_MOST, Decimal(1))
VALUES, FILES, FEED = f"{BASE}/indicator-values", f"{BASE}/indicator-value-files", f"{ROOT}/IndicatorValues"
OF_T1 = [f"area={LANDSKRONA}&periodType={kind}&from=2016-01&to=2016-04" for kind in ("month", "tertial")]
CLOSED = f"{BASE}/agreements/{AGREEMENT}/periods/2016-t1"
FED = f"areaCode eq '{LANDSKRONA}' and periodStart ge 2016-01-01 and periodEnd le 2016-04-30"
# By what each is asked for, and as what.
QUESTIONS = (
    *((f"{VALUES}?{of}", media_type) for of in OF_T1 for media_type in ("application/json", "text/csv")),
    (f"{VALUES}/{CLEANUPS}~all~{LANDSKRONA}~2016-t1", "application/json"),
    (f"{FEED}?$filter={FED}", "application/json"),
    *((f"{FILES}?{OF_T1[0]}&format={form}", "*/*") for form in ("csv", "parquet", "xlsx")),
    (f"{CLOSED}/closed-values", "application/json"),
    (f"{CLOSED}/closed-definitions", "application/json"),
    (f"{CLOSED}/closed-notes", "application/json"),
)


@pytest.fixture
async def closed(world: World) -> World:
    """A world with two years of cleanups, of which the second's first tertial is closed."""
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016, (GOAL,)))
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    for year in (2015, 2016):
        for month in (1, 2, 3, 4):
            days = {"reported": date(year, month, 2), "start": date(year, month, 4 if month < 4 else 25)}
            await world.record(f"{year}-{month}", "graffiti-cleanup", LANDSKRONA, **days)
    await world.settle(date(2016, 5, 10))
    await close(world, T1)
    await world.settle()
    return world


async def _answers(reader: httpx.AsyncClient) -> dict[tuple[str, str], bytes]:
    answers = {}
    for question in QUESTIONS:
        address, media_type = question
        answer = await reader.get(address, headers={"Accept": media_type})
        assert answer.status_code == 200, (question, answer.text)
        answers[question] = answer.content if "format=xlsx" not in address else _without_its_date(answer.content)
    return answers


async def _compared(world: World, month: str) -> Any:
    """Return what the cleanups of a month are compared with in the month before."""
    return orjson.loads((await served(world))[f"{CLEANUPS}~all~{LANDSKRONA}~{month}"])["comparisons"]["previousPeriod"]


def _without_its_date(workbook: bytes) -> bytes:
    """Return the parts of a workbook but for the one that says when it was made."""
    with ZipFile(io.BytesIO(workbook)) as parts:
        return b"".join(parts.read(name) for name in parts.namelist() if name != "docProps/core.xml")


async def test_frozen_figures_are_the_same_bytes_in_every_interface(closed: World, reader: httpx.AsyncClient) -> None:
    frozen = await _answers(reader)
    for address in (f"{VALUES}?{OF_T1[0]}", f"{CLOSED}/closed-values"):
        assert b'"finality":"final"' in frozen[address, "application/json"]
        assert b"preliminary" not in frozen[address, "application/json"]

    # Late in the period, late in what it is compared with, and where there was nothing.
    await closed.record("late", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 7))
    await closed.record("late-before", "graffiti-cleanup", LANDSKRONA, start=date(2015, 3, 7))
    await closed.record("late-place", "graffiti-cleanup", ALFA, start=date(2016, 2, 7))
    await closed.settle()
    assert (await later(closed))[CLEANUPS, LANDSKRONA, T1] == (6, "observed")
    assert await _answers(reader) == frozen

    # In May it is compared with a closed April.
    await closed.record("may", "graffiti-cleanup", LANDSKRONA, start=date(2016, 5, 7))
    await closed.settle(date(2016, 6, 5))
    assert (await _compared(closed, "2016-05"))["value"] == 1
    assert await _answers(reader) == frozen

    # Other versions: one of another unit, and one of another factor besides. Open figures follow them.
    old = closed.catalogue
    changed = {
        code: old.indicators[code].model_copy(update={"version": 2, "unit": unit})
        for code, unit in {CLEANUPS: "days", IN_TIME: "mean"}.items()
    }
    closed.catalogue = Catalogue(old.activity_types, {**old.written, **changed}, roles=old.roles)
    try:
        async with closed.engine.begin() as connection:
            await share_area_hierarchy(connection)
            await put_series(connection, await closed.definitions.current(connection), closed.as_of)
        await closed.settle()
        assert await closed.column("definition_version", CLEANUPS, LANDSKRONA, "2016") == 2
        now = values(await served(closed))
        assert (now[f"{IN_TIME}~all~1282~2016-t1"], now[f"{IN_TIME}~all~1282~2015-t1"]) == (75, 0.75)
        assert await _compared(closed, "2016-05") is None
        assert await _answers(reader) == frozen
        assert (await closed.verify()).total == 0

        await closed.rebuild()
        await closed.settle()
        assert await _answers(reader) == frozen
    finally:
        closed.catalogue = old
        await closed.rebuild()
