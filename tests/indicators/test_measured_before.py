"""A survey that comes every second year is judged again when its last figure changes."""

from __future__ import annotations

from datetime import date

import pytest

from shared.domain.activity import Span
from shared.domain.period import Period
from shared.domain.target import TargetRule
from tests.indicators.other_events import Observe
from tests.indicators.test_own_spans import agree, said
from tests.indicators.world import FEELS_SAFE, LANDSKRONA, Goal, World

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


async def test_generality_e8_what_was_measured_last_changes_the_judgement_of_years_after(world: World) -> None:
    days = Span(date(2018, 1, 1), date(2018, 12, 31))
    await agree(world, days, Goal(FEELS_SAFE, LANDSKRONA, TargetRule.MORE_THAN_BEFORE), theme="visible-police")
    await Observe(FEELS_SAFE, LANDSKRONA, Period.parse("2018"), 70, is_final=True).happen(world)
    await world.settle(date(2019, 2, 1))
    judged = [(await said(world, indicator=FEELS_SAFE))["2018"]]
    for year, figure in ((2014, 60), (2016, 80)):
        await Observe(FEELS_SAFE, LANDSKRONA, Period.parse(f"{year}"), figure, is_final=True).happen(world)
        await world.settle(date(2019, 2, 1))
        judged.append((await said(world, indicator=FEELS_SAFE))["2018"])
    assert judged == ["beforeMissing", "met", "missed"]
