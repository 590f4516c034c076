"""A municipality's own indicators: computed for its areas alone, and computed anew when they change."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from services.api.http.responses import Page
from services.api.values.lineage.queries import parts_behind
from shared.catalogue.loader import Catalogue
from shared.catalogue.municipal_definitions import MODELS, DefinitionKind
from shared.domain.activity import Activity, References
from shared.domain.moment import Moment
from shared.domain.period import Period
from shared.domain.target import TargetRule
from shared.facts.activities import ActivityFact, record
from shared.facts.municipal_definitions import SentDefinition, put_municipal_definition
from shared.read_model.value_id import ValueKey
from tests.indicators.other_events import Observe
from tests.indicators.world import (
    ALFA,
    BETA,
    GAMMA,
    HELSINGBORG,
    LANDSKRONA,
    LONG,
    NORTH,
    YEAR_2016,
    Annex,
    Goal,
    World,
    period,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")

WORDS = {"sv": "x", "en": "x"}
OWN = "visits-of-ours"
SCHOOLS = Annex("contact-officers", YEAR_2016)


async def put(world: World, kind: DefinitionKind, code: str, fields: Mapping[str, object]) -> None:
    """Put a definition of Landskrona's own."""
    content = MODELS[kind].model_validate({"code": code, "version": 1, "name": WORDS, **fields})
    async with world.engine.begin() as connection:
        upload = SentDefinition(kind, code, {"area": LANDSKRONA}, content)
        await put_municipal_definition(connection, world.definitions, upload, world.as_of)


async def put_count(world: World, *types: str, **fields: object) -> None:
    words = {"definition": WORDS, "numerator": WORDS}
    form = {"unit": "count", "direction": "none", "kind": "count", "activityTypes": types}
    await put(world, DefinitionKind.INDICATOR, OWN, {**words, **form, **fields})


async def test_an_own_indicator_is_computed_for_its_municipality_alone(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.record("b", "school-visit", GAMMA, start=date(2016, 3, 4))
    await world.settle()
    await put_count(world, "school-visit")
    await world.settle()
    figures = await world.figures(only=OWN)
    assert {area for _, area, _ in figures} == {ALFA, LANDSKRONA}
    assert figures[OWN, LANDSKRONA, "2016-T1"][0] == 1
    await world.record("c", "school-visit", ALFA, start=date(2016, 4, 4))
    await world.record("d", "school-visit", GAMMA, start=date(2016, 4, 4))
    await world.settle()
    figures = await world.figures(only=OWN)
    assert {area for _, area, _ in figures} == {ALFA, LANDSKRONA}
    assert figures[OWN, LANDSKRONA, "2016"][0] == 2


MOVED_ON = date(2016, 9, 29)


@pytest.mark.parametrize("kind", ["count", "distinct", "sum"])
async def test_a_place_that_has_moved_away_has_its_rows_of_before(world: World, kind: str) -> None:
    """Trials A21: its municipality counted what had happened there, and the place had no row."""
    await put_count(world, "school-visit", kind=kind, **({"sums": {}} if kind == "sum" else {}))
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4), participants={"pupils": 1})
    await world.record("b", "school-visit", BETA, start=date(2016, 3, 4), participants={"pupils": 1})
    await world.settle()
    await world.put(
        spot(ALFA, (LANDSKRONA, None, MOVED_ON), (HELSINGBORG, MOVED_ON, None)),
        spot(NORTH, (LANDSKRONA, None, MOVED_ON), (HELSINGBORG, MOVED_ON, None), kind="district"),
        spot(BETA, NORTH),
    )
    await world.settle()
    await world.record("c", "school-visit", ALFA, start=date(2016, 10, 4), participants={"pupils": 1})
    await world.record("late", "school-visit", ALFA, start=date(2016, 9, 4), participants={"pupils": 1})
    await world.settle()
    figures = await world.figures(only=OWN)
    assert {area for _, area, _ in figures} == {ALFA, BETA, NORTH, LANDSKRONA}
    assert (figures[OWN, ALFA, "2016-03"][0], figures[OWN, ALFA, "2016-09"][0]) == (1, 1)
    assert (OWN, ALFA, "2016-10") not in figures
    assert figures[OWN, NORTH, "2016"][0] == figures[OWN, BETA, "2016"][0] == 1
    assert figures[OWN, LANDSKRONA, "2016-T1"][0] == 2
    catalogue = await current(world)
    key = ValueKey(OWN, "all", ALFA, Period.parse("2016"))
    async with world.engine.begin() as connection:
        _, parts = await parts_behind(
            connection, catalogue.indicators[OWN], key, catalogue.owners[OWN], Page(1, 100), world.as_of
        )
    assert sum(part["numerator"] or 0 for part in parts) == figures[OWN, ALFA, "2016"][0]


async def test_what_is_observed_of_a_district_that_has_moved_away_is_of_its_days_there(world: World) -> None:
    """Trials A21: before and after it moves."""
    words = {"definition": WORDS, "numerator": WORDS}
    form = {"unit": "SEK", "direction": "none", "kind": "observed", "observes": {"measure": "vandalism-cost"}}
    await put(world, DefinitionKind.INDICATOR, OWN, {**words, **form})
    for month in ("2016-03", "2016-10"):
        await Observe("vandalism-cost", NORTH, Period.parse(month), 3, is_final=True).happen(world)
    await world.settle()
    assert {period for _, area, period in await world.figures(only=OWN) if area == NORTH} >= {"2016-03", "2016-10"}
    await world.put(
        spot(NORTH, (LANDSKRONA, None, MOVED_ON), (HELSINGBORG, MOVED_ON, None), kind="district"),
        spot(BETA, LANDSKRONA),
    )
    await world.settle()
    figures = await world.figures(only=OWN)
    assert {period for _, area, period in figures if area == NORTH} == {"2016-03", "2016-T1", "2016-T3", "2016"}


async def test_a_new_version_is_told_of_at_places_that_have_moved_away_too(world: World) -> None:
    """Trials A21: their rows were left with the version of before."""
    await put_count(world, "school-visit")
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.put(spot(ALFA, (LANDSKRONA, None, MOVED_ON), (HELSINGBORG, MOVED_ON, None)))
    await world.settle()
    await put_count(world, "school-visit", "graffiti-cleanup")
    await world.settle()
    assert await definition_versions(world) == {2}


async def test_it_has_empty_rows_where_its_municipality_reports(world: World) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA, HELSINGBORG], SCHOOLS)
    await put_count(world, "school-visit", themes=["contact-officers"])
    await world.settle()
    assert {area for _, area, _ in await world.figures(only=OWN)} == {LANDSKRONA}


async def test_it_has_empty_rows_where_a_target_is_set_though_it_leaves_the_theme_of_the_annex(world: World) -> None:
    goal = Goal(OWN, LANDSKRONA, TargetRule.AT_LEAST, Decimal(1))
    await put_count(world, "school-visit", themes=["contact-officers"])
    await world.agree("a", YEAR_2016, [LANDSKRONA], replace(SCHOOLS, goals=(goal,)))
    await world.settle()
    before = await world.figures(only=OWN)
    assert {area for _, area, _ in before} == {LANDSKRONA}
    await put_count(world, "school-visit", themes=["planning"])
    await world.settle()
    assert await world.figures(only=OWN) == before


async def test_a_changed_definition_is_computed_anew_and_says_so(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.record("b", "graffiti-cleanup", ALFA, start=date(2016, 3, 4))
    await put_count(world, "school-visit")
    await world.settle()
    assert (await world.existing_figure(OWN, LANDSKRONA, "2016"))[0] == 1
    before = await world.figures(only="school-visits")
    await put_count(world, "school-visit", "graffiti-cleanup")
    assert await definition_versions(world) == {1}  # the figures are still by the first
    await world.settle()
    assert (await world.existing_figure(OWN, LANDSKRONA, "2016"))[0] == 2
    assert await definition_versions(world) == {2}
    assert await world.figures(only="school-visits") == before


async def test_a_slice_comes_and_goes_with_its_figures(world: World) -> None:
    await world.record("a", "training", LANDSKRONA, start=date(2016, 3, 4), attributes={"audience": "youth"})
    await put_count(world, "training", slices={"youth": {"attributes": {"audience": ["youth"]}}})
    await world.settle()
    assert await slices_with_figures(world) == {"all", "youth"}
    await put_count(world, "training")
    await world.settle()
    assert await slices_with_figures(world) == {"all"}


async def test_an_own_type_is_read_by_its_own_indicator_and_by_those_of_all_types(world: World) -> None:
    fields = {"description": WORDS, "moments": ["start", "end"], "participantGroups": ["residents"]}
    await put(world, DefinitionKind.ACTIVITY_TYPE, "dog-walk", fields)
    await put_count(world, "dog-walk")
    async with world.engine.begin() as connection:
        known = await world.definitions.current(connection)
        dog_walk = ActivityFact(
            Activity(
                "story",
                "a",
                "dog-walk",
                "facts",
                None,
                LANDSKRONA,
                "performed",
                {"start": Moment(date(2016, 3, 4))},
                participants={"residents": 3},
            ),
            known.activity_types["dog-walk"],
            References(world.agreement_id, LONG, None, world.ids[LANDSKRONA], None, (LONG,), (LONG,)),
        )
        await record(connection, dog_walk, {}, world.as_of)
    await world.settle()
    assert (await world.existing_figure(OWN, LANDSKRONA, "2016"))[0] == 1
    assert (await world.existing_figure("participants", LANDSKRONA, "2016"))[0] == 3


async def current(world: World) -> Catalogue:
    """Return the definitions in force."""
    async with world.engine.begin() as connection:
        return await world.definitions.current(connection)


async def definition_versions(world: World) -> set[int]:
    """Return the versions by which the indicator's values were computed."""
    async with world.engine.begin() as connection:
        statement = text(
            """SELECT DISTINCT value.definition_version FROM indicator_value AS value
               JOIN indicator_series USING (series_id) WHERE indicator_code = :code"""
        )
        return set((await connection.execute(statement, {"code": OWN})).scalars())


async def slices_with_figures(world: World) -> set[str]:
    async with world.engine.begin() as connection:
        statement = text(
            """SELECT DISTINCT slice FROM indicator_value JOIN indicator_series USING (series_id)
               WHERE indicator_code = :code"""
        )
        return set((await connection.execute(statement, {"code": OWN})).scalars())


async def test_an_own_indicator_hides_what_the_measure_s_others_hide(world: World) -> None:
    """Trials D5: it is put when the figures are there already, and says nothing of a threshold."""
    for month, number in enumerate((2, 9, 1, 7, 20, 6, 0, 3, 12, 4, 5, 8), 1):
        month_of = Period.parse(f"2016-{month:02}")
        await Observe("care-referrals", LANDSKRONA, month_of, number, is_final=True).happen(world)
    await world.settle()
    before = await statuses(world, "care-referrals")
    assert {"suppressed", "observed", "zero"} == set(before.values())
    await put_count(world, kind="observed", observes={"measure": "care-referrals"})
    await world.settle()
    assert await statuses(world, OWN) == before
    assert await statuses(world, "care-referrals") == before
    own = await world.figures(only=OWN)
    assert all((figure[0] is None) == (before[code] == "suppressed") for (_, _, code), figure in own.items())


async def statuses(world: World, indicator: str) -> dict[str, str]:
    """Return the status of each of Landskrona's figures."""
    async with world.engine.begin() as connection:
        rows = await connection.execute(
            text(
                """SELECT period_type, period_start, status
                   FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
                   WHERE code = :area AND indicator_code = :indicator"""
            ),
            {"area": LANDSKRONA, "indicator": indicator},
        )
        return {period(row.period_type, row.period_start): row.status for row in rows}
