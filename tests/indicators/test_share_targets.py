"""Targets of shares, judged by what the year will come to."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from services.indicators.compute.target_reading import TargetSubject, targets_of
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.domain.activity import Span
from shared.domain.target import TargetRule
from shared.facts.series import put_series
from tests.indicators.world import IN_TIME, LANDSKRONA, YEAR_2016, Annex, Goal, World

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("no_difference_from_a_rebuild")]


async def test_a_share_with_two_years_before_is_forecast_by_its_cases(world: World) -> None:
    """Nine of ten a month start in time: a floor far below will hold, one near it may, and 98 % is out of reach."""
    world.as_of = date(2016, 9, 10)
    years = Span(date(2014, 1, 1), date(2016, 12, 31))
    months = [date(year, month, 5) for year in (2014, 2015, 2016) for month in range(1, 13)][:32]
    for month in months:
        late = {"reported": month, "start": month.replace(day=25)}
        await world.record(f"{month}", "graffiti-cleanup", LANDSKRONA, reported=month, start=month, count=9)
        await world.record(f"{month} late", "graffiti-cleanup", LANDSKRONA, **late)
    await world.record("begun", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 9, 1), start=date(2016, 9, 1))
    found = []
    for least in (80, 90, 98):
        goal = Goal(IN_TIME, LANDSKRONA, TargetRule.AT_LEAST, Decimal(least))
        await world.agree("a", years, [LANDSKRONA], Annex("attractive-city", years, (goal,)))
        await world.settle()
        found.append((await world.column("targets", IN_TIME, LANDSKRONA, "2016"))[0])
    assert [one["judgement"] for one in found] == ["onCourse", "atRisk", "outOfReach"]
    assert {(one["forecastRule"], one["forecastMonths"]) for one in found} == {("monthlyShares", 24)}
    likely = found[1]
    assert 85 < likely["forecastLower"] <= likely["forecast"] <= likely["forecastUpper"] < 95
    assert likely["seasonalNaive"] == 90
    assert 0.05 < likely["probability"] < 2 / 3
    assert "forecast" not in (await world.column("targets", IN_TIME, LANDSKRONA, "2014-05"))[0]


async def test_neither_what_is_known_to_be_due_nor_items_done_later_are_forecast(world: World) -> None:
    shipped = shipped_catalogue()
    codes = (IN_TIME, "safety-walk-actions-done", "commitments-fulfilled")
    world.catalogue = Catalogue(
        shipped.activity_types, {code: shipped.written[code] for code in codes}, roles=shipped.roles
    )
    goals = tuple(Goal(code, LANDSKRONA, TargetRule.AT_LEAST, Decimal(90)) for code in codes)
    async with world.engine.begin() as connection:
        await put_series(connection, world.catalogue, world.as_of)
    await world.agree("a", YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016, goals))
    async with world.engine.begin() as connection:
        rows = await connection.execute(
            text("SELECT series_id, area_id, indicator_code FROM target JOIN indicator_series USING (indicator_code)")
        )
        subjects = {TargetSubject(row.series_id, row.area_id): row.indicator_code for row in rows}
        found = await targets_of(connection, [*subjects])
    assert {subjects[one] for one, targets in found.items() if targets[0].is_forecast} == {IN_TIME}
    await world.settle()
