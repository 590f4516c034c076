"""What is frozen stays shown or hidden: open periods hide more in its place, so that nothing follows by subtraction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import text

from services.indicators.compute.suppression import Sum, suppressed
from shared.closing.periods import find_period
from shared.closing.reading import EntryQuery, closed_values
from shared.closing.steps import Step
from shared.domain.period import Period
from shared.domain.target import TargetRule
from tests.closing.closings import AGREEMENT, COORDINATOR, SECOND, later, reopen, served, take
from tests.indicators.other_events import Observe
from tests.indicators.world import LANDSKRONA, YEAR_2016, Annex, Goal, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

T1 = Sum("T1", ["January", "February", "March", "April"])
YEAR = Sum("2016", ["T1", "T2", "T3"])
FIGURES: Mapping[str, Decimal] = {
    name: Decimal(figure)
    for name, figure in {
        "January": 20, "February": 7, "March": 9, "April": 20, "T1": 56, "T2": 3, "T3": 30, "2016": 89,
    }.items()
}  # fmt: skip
AT_MOST_500 = Goal("care-referrals", LANDSKRONA, TargetRule.AT_MOST, Decimal(500))


def test_another_figure_is_hidden_in_the_place_of_a_frozen_one() -> None:
    assert suppressed(FIGURES, (), [T1, YEAR], 5) == {"T2", "T3"}
    frozen = {"T3", "January", "February", "March", "April"}
    hidden = suppressed(FIGURES, (), [T1, YEAR], 5, frozen=frozen)
    assert "T2" in hidden
    assert hidden & {"T1", "2016"}
    assert not hidden & frozen


def test_a_frozen_figure_that_is_of_few_now_stays_shown() -> None:
    assert suppressed({"T1": Decimal(3)}, (), [], 5, frozen={"T1"}) == frozenset()


@pytest.fixture
async def observed(world: World) -> World:
    """A world in which few are told of in January 2016, and the first tertial is closed."""
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA], Annex("drugs-and-tobacco", YEAR_2016, (AT_MOST_500,)))
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    for month in range(1, 13):
        await _observe(world, month, {1: 3, 2: 7, 3: 8, 4: 9}.get(month, 40))
    await world.settle(date(2017, 1, 10))
    for step in (Step.PREPARE, Step.SUBMIT):
        await take(world, step, "2016-T1")
    await take(world, Step.APPROVE, "2016-T1", SECOND)
    return world


async def test_what_is_frozen_stays_hidden_or_shown_and_open_figures_are_hidden_in_its_place(observed: World) -> None:
    assert await _hidden(observed) == {"2016-01", "2016-02"}
    # The first tertial is the least beside the second, and would be hidden for it; it is shown for good.
    for month, figure in {5: 2, 6: 0, 7: 0, 8: 0}.items():
        await _observe(observed, month, figure)
    await observed.settle()
    hidden = await _hidden(observed)
    assert hidden >= {"2016-01", "2016-02", "2016-05", "2016-T2"}
    assert hidden & {"2016-T3", "2016"}
    assert not hidden & {"2016-03", "2016-04", "2016-T1"}
    assert {key for key in await later(observed) if key[1] == LANDSKRONA} == set()
    assert (await observed.verify()).total == 0


async def test_what_was_hidden_stays_so_though_it_tells_of_many_now(observed: World) -> None:
    await _observe(observed, 1, 30)
    await observed.settle()
    assert await _hidden(observed) == {"2016-01", "2016-02"}
    assert (await later(observed))["care-referrals", LANDSKRONA, "2016-T1"] == (54, "observed")
    assert (await observed.verify()).total == 0


async def test_what_came_since_the_closing_tells_nothing_of_few(observed: World) -> None:
    """April was 9 and is 2: what changed is told, and neither its number nor what it follows from."""
    await _observe(observed, 4, 2)
    await observed.settle()
    found = {key[2]: figure for key, figure in (await later(observed)).items() if key[1] == LANDSKRONA}
    assert found == {"2016-04": (None, "suppressed"), "2016-T1": (None, "suppressed")}
    # The year and its other tertials would tell it, beside what is frozen.
    assert await _hidden(observed) & {"2016-T2", "2016-T3", "2016"}
    await _observe(observed, 4, 30)
    await observed.settle()
    found = {key[2]: figure for key, figure in (await later(observed)).items() if key[1] == LANDSKRONA}
    assert found == {"2016-04": (30, "observed"), "2016-T1": (48, "observed")}
    assert (await observed.verify()).total == 0


async def test_a_former_revision_does_not_tell_what_is_hidden_by_now(observed: World) -> None:
    """March was shown beside January and February, and is hidden in February's place: it would tell of January."""
    assert await _closed(observed) == {"2016-01": None, "2016-02": None, "2016-03": 8, "2016-04": 9, "2016-T1": 27}
    async with observed.engine.connect() as connection:
        assert [one["targets"] for one in await _rows(connection) if one["period"] == "2016-T1"] != [[]]
    await reopen(observed, "2016-T1")
    await _observe(observed, 2, 12)
    await observed.settle()
    assert await _hidden(observed) == {"2016-01", "2016-03"}
    former = await _closed(observed)
    assert former == {"2016-01": None, "2016-02": None, "2016-03": None, "2016-04": 9, "2016-T1": 27}
    async with observed.engine.connect() as connection:
        for one in await _rows(connection):
            assert not any(one["comparisons"].values()), one["period"]
            assert one["signal"] is None
            assert one["targets"] == []


async def test_what_a_frozen_comparison_tells_is_hidden_in_no_place(observed: World) -> None:
    """The second tertial says for good what the first was: hiding that in the third's place would hide nothing."""
    for step, taker in ((Step.PREPARE, SECOND), (Step.SUBMIT, SECOND), (Step.APPROVE, COORDINATOR)):
        await take(observed, step, "2016-T2", taker)
    await reopen(observed, "2016-T1")
    for month, figure in {9: 2, 10: 0, 11: 0, 12: 0}.items():
        await _observe(observed, month, figure)
    await observed.settle()
    assert (await _compared(observed, "2016-T2"))["previousPeriod"]["value"] == 27
    assert await _hidden(observed) == {"2016-01", "2016-02", "2016-09", "2016-T3", "2016"}
    assert (await observed.verify()).total == 0
    # Another figure than the one that is told is hidden as any.
    await _observe(observed, 4, 10)
    await observed.settle()
    assert "2016-T1" in await _hidden(observed)
    assert (await _compared(observed, "2016-T2"))["previousPeriod"]["value"] == 27
    assert (await observed.verify()).total == 0


async def _compared(world: World, code: str) -> dict[str, Any]:
    (row,) = [row for id_, row in (await served(world)).items() if id_ == f"care-referrals~all~1282~{code.lower()}"]
    comparisons: dict[str, Any] = orjson.loads(row)["comparisons"]
    return comparisons


async def _closed(world: World) -> dict[str, Any]:
    async with world.engine.connect() as connection:
        return {one["period"]: one["value"] for one in await _rows(connection)}


async def _rows(connection: AsyncConnection) -> list[dict[str, Any]]:
    found = await find_period(connection, AGREEMENT, Period.parse("2016-T1"))
    part = EntryQuery(100, indicator="care-referrals", area=LANDSKRONA)
    return [orjson.loads(one) for one in await closed_values(connection, found, 1, part)]


async def _observe(world: World, month: int, figure: int) -> None:
    await Observe("care-referrals", LANDSKRONA, Period.parse(f"2016-{month:02}"), figure, is_final=False).happen(world)


async def _hidden(world: World) -> set[str]:
    async with world.engine.connect() as connection:
        return {*(await connection.execute(_HIDDEN)).scalars()}


_HIDDEN = text(
    """SELECT period FROM served_value
       WHERE indicator_code = 'care-referrals' AND slice = 'all' AND area_code = '1282' AND status = 'suppressed'"""
)
