"""Years without facts: nothing changes their figures, and what would is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.retention import FactRemover
from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity import Span
from shared.domain.agreement import AgreementInUse
from shared.domain.commitment import FulfilledBy
from shared.domain.errors import DefinitionInUse, InvalidCommitment
from shared.domain.selected_activities import SelectedActivities
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.removed_periods import facts_removed_before
from shared.retention.removal import boundary_of, latest_boundary
from tests.indicators.other_events import DefineShared
from tests.indicators.removing import BEFORE, JUNE, close_and_remove, left, promise, visit
from tests.indicators.world import CHECKS, LANDSKRONA, VISITS, Annex, World


async def test_what_would_count_removed_activities_is_refused(world: World) -> None:
    await promise(world, "stored")
    await visit(world, "counted")
    await close_and_remove(world)
    selection = SelectedActivities(("training",), {}, date(2014, 1, 1), date(2016, 12, 31))
    for code, fields, field in (
        ("stored", {"due_on": date(2014, 12, 1)}, "dueOn"),
        ("stored", {"due_on": date(2015, 12, 1)}, "dueOn"),
        ("new", {}, "dueOn"),
        (
            "selecting",
            {"due_on": date(2016, 6, 1), "fulfilled_by": FulfilledBy.SELECTION, "selection": selection},
            "selection.from",
        ),
    ):
        with pytest.raises(InvalidCommitment) as refused:
            await promise(world, code, **fields)
        assert [one.field for one in refused.value.violations] == [field]
    await promise(world, "stored", wording_en="We do it.")
    since = replace(selection, first=BEFORE)
    await promise(world, "selecting", due_on=date(2016, 6, 1), fulfilled_by=FulfilledBy.SELECTION, selection=since)


async def test_a_definition_keeps_the_meaning_of_figures_that_cannot_be_computed_again(world: World) -> None:
    await DefineShared((LANDSKRONA,), 1).happen(world)
    await world.record("check", "traffic-check", LANDSKRONA, start=JUNE)
    await close_and_remove(world)
    await DefineShared((LANDSKRONA,), 2).happen(world)
    await world.settle()
    assert (await world.verify()).total == 0
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE indicator_series SET unit = 'SEK' WHERE indicator_code = 'own-weeks'"))
    with pytest.raises(DefinitionInUse) as refused:
        await DefineShared((LANDSKRONA,), 1).happen(world)
    assert [one.field for one in refused.value.violations] == ["slices.all"]


async def test_an_annex_stays_with_the_figures_that_are_of_it_alone(world: World) -> None:
    valid = Span(date(2014, 1, 1), date(2016, 12, 31))
    annex = Annex("contact-officers", valid, code="own", listed=(f"{VISITS}/annex",))
    await world.agree("one", valid, [LANDSKRONA], annex)
    await close_and_remove(world)
    for annexes in ((), (replace(annex, code="other"),)):
        with pytest.raises(AgreementInUse) as refused:
            await world.agree("one", valid, [LANDSKRONA], *annexes)
        assert [one.field for one in refused.value.violations] == ["annexes"]
    await world.agree("one", valid, [LANDSKRONA], annex, Annex("safety-walks", valid))


async def test_the_worker_removes_once_a_day_what_is_old_enough(world: World) -> None:
    await visit(world, "visit")
    await visit(world, "later", start=date(2015, 6, 1))
    await world.settle()
    for years, stays in ((100, {"visit", "later"}), (1, {"later"})):
        remover = FactRemover(world.engine, CatalogueInForce(shipped_catalogue()), world.clock, years)
        await remover.look()
        await remover.finish()
        assert await left(world) == stays
    await visit(world, "visit")
    await remover.look()
    await remover.finish()
    assert await left(world) == {"visit", "later"}
    async with world.engine.connect() as connection:
        assert await facts_removed_before(connection) == BEFORE


async def test_a_worker_that_ends_leaves_facts_as_they_are(world: World) -> None:
    await visit(world, "visit")
    await world.settle()
    remover = FactRemover(world.engine, CatalogueInForce(shipped_catalogue()), world.clock, 1)
    async with world.engine.begin() as connection:
        await connection.execute(text("SELECT FROM activity FOR UPDATE"))
        await remover.look()
        await asyncio.sleep(0.2)
        await remover.stop()
    assert await left(world) == {"visit"}


async def test_comparisons_of_later_years_read_figures_without_facts(world: World) -> None:
    for month in range(1, 13):
        await world.record(f"2014-{month}", "traffic-check", LANDSKRONA, start=date(2014, month, 5), count=month)
    for month in range(1, 4):
        await world.record(f"2015-{month}", "traffic-check", LANDSKRONA, start=date(2015, month, 5))
    await close_and_remove(world)
    await world.record("2015-3-more", "traffic-check", LANDSKRONA, start=date(2015, 3, 9))
    await world.settle()
    assert await left(world) == {"2015-1", "2015-2", "2015-3", "2015-3-more"}
    served = await _comparisons(world.engine, CHECKS, date(2015, 3, 1))
    assert served["samePeriodLastYear"]["value"] == 3
    assert served["last12Months"]["value"] == sum(range(4, 13)) + 4


async def _comparisons(engine: AsyncEngine, indicator: str, month: date) -> dict[str, Any]:
    async with engine.connect() as connection:
        asked = {"indicator": indicator, "area": LANDSKRONA, "month": month}
        found: dict[str, Any] = (await connection.execute(text(_COMPARISONS), asked)).scalar_one()
        return found


def test_facts_stay_for_whole_years_after_their_own() -> None:
    assert [boundary_of(date(2026, 1, 1), years) for years in (1, 3)] == [date(2025, 1, 1), date(2023, 1, 1)]
    assert latest_boundary(date(2026, 12, 31)) == date(2025, 1, 1)


_COMPARISONS = """SELECT comparisons FROM served_value WHERE indicator_code = :indicator AND area_code = :area
                  AND period_type = 'month' AND period_start = :month"""
