"""Own indicators of a county, a police area or several municipalities: computed in their areas, and nowhere else.

What they should be is known from an indicator that ships: its copy has the same figures wherever it is in force.
"""

# Over 300 lines: what an owner can be, and all that follows from it.

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from services.api.http.responses import Page
from services.api.values.lineage.observations import observations_behind
from services.api.values.lineage.queries import parts_behind
from shared.catalogue.loader import shipped_catalogue
from shared.catalogue.municipal_definitions import MODELS, DefinitionKind
from shared.domain.errors import DefinitionTaken, InvalidDefinition
from shared.domain.period import Period
from shared.domain.target import TargetRule
from shared.facts.municipal_definitions import Put, SentDefinition, put_municipal_definition
from shared.read_model.value_id import ValueKey
from tests.extent import sample_of
from tests.indicators.other_events import Observe
from tests.indicators.world import (
    ALFA,
    BETA,
    GAMMA,
    HELSINGBORG,
    LANDSKRONA,
    NORTH,
    SKANE,
    SOUTH,
    STOCKHOLM,
    SWEDEN,
    YEAR_2016,
    Annex,
    Figure,
    Goal,
    World,
    spot,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")

LPA = "lpa-alfa"
WORDS = {"sv": "x", "en": "x"}
# One of each kind that has cells.
COPIED = (
    *("school-visits", "schools-visited", "school-visits-as-needed", "safety-walk-participants"),
    *("safety-walks-reaching-20", "mobile-office-days", "schools-with-contact-officer"),
)
BOTH = (LANDSKRONA, HELSINGBORG)
# Where both lie.
ABOVE = {SKANE, SWEDEN, "police-region-syd"}


async def put(
    world: World, owner: Sequence[str], fields: Mapping[str, Any], kind: DefinitionKind = DefinitionKind.INDICATOR
) -> Put:
    """Put a definition whose own areas are these."""
    content = MODELS[kind].model_validate(fields)
    named = {"area": owner[0]} if len(owner) == 1 else {f"areas[{index}]": code for index, code in enumerate(owner)}
    async with world.engine.begin() as connection:
        upload = SentDefinition(kind, str(fields["code"]), named, content)
        return await put_municipal_definition(connection, world.definitions, upload, world.as_of)


def copy_of(copied: str, /, **changed: object) -> dict[str, Any]:
    """Return what an own copy of an indicator that ships says."""
    written = shipped_catalogue().written[copied]
    return {**written.model_dump(mode="json", by_alias=True), "code": f"own-{copied}", **changed}


OBSERVED = copy_of(
    "school-visits", code="lamps", kind="observed", activityTypes=[], expectedAt=None, observes={"measure": "lamps"}
)
MARCH = Period.parse("2016-03")


async def divide(world: World) -> None:
    """Put one of two districts in a local police area."""
    await world.put(
        spot(LPA, kind="local-police-area"),
        spot(NORTH, LANDSKRONA, LPA, kind="district"),
        spot(BETA, NORTH),
    )


async def happen(world: World) -> None:
    """Let a spring happen in three municipalities, one of which has an agreement."""
    annexes = (Annex("contact-officers", YEAR_2016), Annex("attractive-city", YEAR_2016))
    await world.agree("landskrona", YEAR_2016, [LANDSKRONA], *annexes)
    for number, (area, month) in enumerate([(ALFA, 1), (BETA, 1), (BETA, 3), (GAMMA, 3), (GAMMA, 3), (ALFA, 12)]):
        await world.record(f"visit-{number}", "school-visit", area, start=date(2016, month, 4))
    for number, area in enumerate([LANDSKRONA, NORTH, HELSINGBORG, STOCKHOLM]):
        for month, met in ((2, 25), (5, 3)):
            people = {"residents": met}
            await world.record(
                f"w-{number}-{month}", "safety-walk", area, start=date(2016, month, 4), participants=people
            )
        await world.record(f"office-{number}", "mobile-office-day", area, start=date(2016, 2, 9))
    async with world.engine.begin() as connection:
        roles = text(
            """INSERT INTO area_role (area_id, role, valid, need)
               SELECT area_id, 'contact-officer', '[2016-02-01,2017-01-01)', 2 FROM area WHERE code = ANY(:areas)"""
        )
        await connection.execute(roles, {"areas": [ALFA, BETA, GAMMA]})


async def compared(world: World, code: str) -> tuple[dict[tuple[str, str], Figure], dict[tuple[str, str], Figure]]:
    """Return the figures of an indicator that ships and of its own copy, by area and period."""
    shipped, own = await world.figures(only=code), await world.figures(only=f"own-{code}")
    return {key[1:]: one for key, one in shipped.items()}, {key[1:]: one for key, one in own.items()}


INSIDE = {
    (LANDSKRONA,): {LANDSKRONA, ALFA, BETA, NORTH, SOUTH, "1282-group", "1282-office"},
    (SKANE,): {SKANE, LANDSKRONA, HELSINGBORG, ALFA, BETA, GAMMA, NORTH, SOUTH, "1282-group", "1282-office"},
    (LPA,): {LPA, NORTH, BETA},
    BOTH: {LANDSKRONA, HELSINGBORG, ALFA, BETA, GAMMA, NORTH, SOUTH, "1282-group", "1282-office"},
}


@pytest.mark.parametrize("owner", sample_of([*INSIDE], 2), ids=",".join)
async def test_a_copy_has_the_figures_of_what_ships_in_the_owners_areas_alone(
    world: World, owner: tuple[str, ...]
) -> None:
    """Whether it is put before anything happens, or after."""
    await divide(world)
    for code in COPIED[::2]:
        await put(world, owner, copy_of(code))
    await happen(world)
    await world.settle()
    for code in COPIED[1::2]:
        await put(world, owner, copy_of(code))
    await world.settle()
    for code in COPIED:
        shipped, own = await compared(world, code)
        inside = {key: one for key, one in own.items() if key[0] in INSIDE[owner]}
        assert inside == {key: one for key, one in shipped.items() if key[0] in INSIDE[owner]}, code
        assert inside or owner == (LPA,), code
        # Of several, the sum where all of them lie: Stockholm lies in the country too, and is not summed there.
        in_skane = {period: one for (area, period), one in shipped.items() if area == SKANE}
        above = {area for area, _ in own} - INSIDE[owner]
        assert above == (ABOVE if owner == BOTH and in_skane else set()), code
        for area in above:
            assert {period: one for (there, period), one in own.items() if there == area} == in_skane, code


@pytest.mark.parametrize("each", sample_of(["week", "day", "month"], every=3))
async def test_a_rhythm_of_several_is_that_of_their_county_where_no_one_else_reports(world: World, each: str) -> None:
    await happen(world)
    fields = copy_of("school-visits-as-needed", kind="regularity", recurs={"each": each, "atLeast": 1}, expects=None)
    await put(world, BOTH, fields)
    await put(world, (SKANE,), {**fields, "code": "of-county"})
    await world.settle()
    of_county = {key[1:]: one for key, one in (await world.figures(only="of-county")).items()}
    of_both = {key[1:]: one for key, one in (await world.figures(only=fields["code"])).items()}
    assert {key: one for key, one in of_both.items() if key[0] in INSIDE[SKANE,]} == of_county
    assert of_county[SKANE, "2016"][0] > 0
    assert {key[1]: one for key, one in of_both.items() if key[0] == SWEDEN} == {
        key[1]: one for key, one in of_county.items() if key[0] == SKANE
    }


async def test_a_sum_of_nothing_is_published_where_one_of_those_summed_reports(world: World) -> None:
    await world.agree("helsingborg", YEAR_2016, [HELSINGBORG], Annex("contact-officers", YEAR_2016))
    await put(world, BOTH, copy_of("school-visits"))
    await put(world, (LANDSKRONA,), copy_of("school-visits", code="lonely"))
    await put(world, (STOCKHOLM, LANDSKRONA), copy_of("school-visits", code="elsewhere"))
    await world.settle()
    assert {area for _, area, _ in await world.figures(only="own-school-visits")} == {HELSINGBORG, *ABOVE}
    assert await world.figures(only="lonely") == await world.figures(only="elsewhere") == {}


async def test_a_sum_of_nothing_is_asked_for_by_a_target_of_one_of_those_summed(world: World) -> None:
    await put(world, BOTH, copy_of("school-visits", themes=[]))
    goal = Goal("own-school-visits", LANDSKRONA, TargetRule.AT_LEAST, Decimal(1))
    await world.agree("landskrona", YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016, (goal,)))
    await world.settle()
    figures = await world.figures(only="own-school-visits")
    assert {area for _, area, _ in figures} == {LANDSKRONA, *ABOVE}
    assert (await world.rebuild()).total == 0
    assert await world.figures(only="own-school-visits") == figures


async def test_a_sum_of_nothing_is_of_the_days_on_which_those_summed_lie_there(world: World) -> None:
    """Both lie in a police area from March on: there is none of the months before."""
    since = (LPA, date(2016, 3, 1), None)
    await world.put(spot(LPA, kind="local-police-area"))
    await world.put(*(spot(code, SKANE, since, kind="municipality") for code in BOTH))
    await world.agree("helsingborg", YEAR_2016, [HELSINGBORG], Annex("contact-officers", YEAR_2016))
    await put(world, BOTH, copy_of("school-visits"))
    weeks = {"kind": "regularity", "unit": "percent", "denominator": WORDS, "recurs": {"each": "week", "atLeast": 1}}
    await put(world, BOTH, copy_of("school-visits", code="weeks", expectedAt=None, **weeks))
    await put(world, BOTH, OBSERVED | {"themes": ["contact-officers"]})
    await world.settle()
    figures = await world.figures()
    for code in ("own-school-visits", "weeks", "lamps"):
        months = sorted(period for (one, area, period) in figures if (one, area) == (code, LPA) and len(period) == 7)
        assert next(month for month in months if "T" not in month) == "2016-03", code
    # Whole weeks from March on.
    assert figures["weeks", LPA, "2016"][1] == 42
    # Made from nothing, it is the same.
    assert (await world.rebuild()).total == 0


async def test_a_sum_says_how_many_of_those_summed_report(world: World) -> None:
    await world.agree("helsingborg", YEAR_2016, [HELSINGBORG], Annex("contact-officers", YEAR_2016))
    await world.agree("stockholm", YEAR_2016, [STOCKHOLM], Annex("contact-officers", YEAR_2016))
    await put(world, BOTH, copy_of("school-visits"))
    await world.settle()
    async with world.engine.begin() as connection:
        rows = await connection.execute(
            text(
                """SELECT DISTINCT comparisons -> 'reportingMunicipalities' FROM comparison
                   JOIN indicator_series USING (series_id) JOIN area USING (area_id)
                   WHERE indicator_code = 'own-school-visits' AND code = 'SE' AND period_type = 'year'"""
            )
        )
        assert rows.scalars().all() == [{"reporting": 1, "of": 2}]


async def test_a_place_that_leaves_the_police_area_leaves_its_figures(world: World) -> None:
    await divide(world)
    await happen(world)
    await put(world, (LPA,), copy_of("school-visits"))
    await world.settle()
    before = await world.figures(only="own-school-visits")
    assert before["own-school-visits", LPA, "2016"][0] == 2
    moved = date(2016, 2, 1)
    await world.put(spot(BETA, (NORTH, None, moved), (SOUTH, moved, None)))
    await world.settle()
    figures = await world.figures(only="own-school-visits")
    assert figures["own-school-visits", LPA, "2016"][0] == figures["own-school-visits", BETA, "2016"][0] == 1
    await world.put(spot(NORTH, LANDSKRONA, kind="district"))
    await world.settle()
    figures = await world.figures(only="own-school-visits")
    assert {area for (_, area, _), one in figures.items() if one[0]} == set()


async def test_what_is_shared_further_is_computed_there_too(world: World) -> None:
    await happen(world)
    await put(world, (LANDSKRONA,), copy_of("school-visits"))
    await world.settle()
    assert (await put(world, BOTH, copy_of("school-visits"))).created is False
    await world.settle()
    shipped, own = await compared(world, "school-visits")
    assert own[SKANE, "2016"] == shipped[SKANE, "2016"]
    assert await world.column("definition_version", "own-school-visits", GAMMA, "2016") == 2
    await put(world, (SKANE,), copy_of("school-visits"))
    await world.settle()
    own = (await compared(world, "school-visits"))[1]
    assert own[SKANE, "2016"] == shipped[SKANE, "2016"]
    assert not any(area == SWEDEN for area, _ in own)
    assert not (await put(world, (SKANE,), copy_of("school-visits"))).catalogue.owners.keys() - {"own-school-visits"}


@pytest.mark.parametrize(
    ("first", "then", "field"),
    [
        ((SKANE,), (LANDSKRONA,), "area"),
        ((LANDSKRONA,), (SKANE,), "area"),
        (BOTH, (HELSINGBORG,), "area"),
        ((HELSINGBORG,), BOTH, "areas[1]"),
        (BOTH, (STOCKHOLM, HELSINGBORG), "areas[1]"),
        (BOTH, (LANDSKRONA, STOCKHOLM), "areas[0]"),
    ],
)
async def test_a_code_that_is_in_force_there_is_refused(
    world: World, first: Sequence[str], then: Sequence[str], field: str
) -> None:
    """Whether a municipality adds it later, or others' definition would be shared with it."""
    await put(world, first, copy_of("school-visits"))
    with pytest.raises(DefinitionTaken) as refused:
        await put(world, then, copy_of("school-visits", direction="none"))
    assert [fault.field for fault in refused.value.violations] == [field]
    (fault,) = refused.value.violations
    assert fault.reason.startswith(f"/indicators/own-school-visits of {', '.join(sorted(first))} is in force there")
    assert (await world.figures(only="own-school-visits")) == {}


async def test_a_type_and_an_indicator_of_one_code_are_shared_one_after_the_other(world: World) -> None:
    walk = {"code": "walk", "name": WORDS, "description": WORDS, "moments": ["start"]}
    walks = copy_of("school-visits", code="walk", activityTypes=["walk"], expectedAt=None)
    await put(world, (LANDSKRONA,), walk, DefinitionKind.ACTIVITY_TYPE)
    await put(world, (LANDSKRONA,), walks)
    with pytest.raises(DefinitionTaken):
        await put(world, (HELSINGBORG,), {"code": "walk", "name": WORDS}, DefinitionKind.ROLE)
    with pytest.raises(DefinitionTaken):
        await put(world, (SKANE,), {"code": "walk", "name": WORDS}, DefinitionKind.ROLE)
    with pytest.raises(InvalidDefinition):  # it would read a type that Helsingborg has not
        await put(world, BOTH, walks)
    await put(world, BOTH, walk, DefinitionKind.ACTIVITY_TYPE)
    await put(world, BOTH, walks)


@pytest.mark.parametrize(
    ("of_type", "of_indicator", "is_sound"),
    sample_of(
        [
            ((SKANE,), BOTH, True),
            ((SKANE,), (LANDSKRONA,), True),
            (BOTH, (SKANE,), False),
            (BOTH, (HELSINGBORG,), True),
            ((LPA,), (NORTH,), True),
            ((LANDSKRONA,), (SKANE,), False),
            ((LPA,), (LANDSKRONA,), False),
        ],
        every=2,
    ),
)
async def test_what_is_in_force_around_may_be_built_on(
    world: World, of_type: Sequence[str], of_indicator: Sequence[str], is_sound: bool
) -> None:
    await divide(world)
    walk = {"code": "walk", "name": WORDS, "description": WORDS, "moments": ["start"]}
    await put(world, of_type, walk, DefinitionKind.ACTIVITY_TYPE)
    walks = copy_of("school-visits", code="walks", activityTypes=["walk"], expectedAt=None)
    if is_sound:
        await put(world, of_indicator, walks)
        everything = await put(world, of_indicator, {**walks, "code": "everything", "activityTypes": "all"})
        assert "walk" in everything.catalogue.indicators["everything"].activity_types
    else:
        with pytest.raises(InvalidDefinition) as refused:
            await put(world, of_indicator, walks)
        assert [fault.field for fault in refused.value.violations] == ["activityTypes[0]"]


async def test_the_parts_behind_a_sum_are_those_of_the_municipalities_summed(world: World) -> None:
    await happen(world)
    await put(world, BOTH, copy_of("safety-walk-participants"))
    await world.settle()
    async with world.engine.begin() as connection:
        known = await world.definitions.current(connection)
        code = "own-safety-walk-participants"
        key = ValueKey(code, "all", SWEDEN, Period.parse("2016"))
        asked = (known.indicators[code], key, known.owners[code], Page(1, 100), world.as_of)
        _, parts = await parts_behind(connection, *asked)
    assert sum(part["numerator"] or 0 for part in parts) == (await world.existing_figure(code, SWEDEN, "2016"))[0] == 84


async def test_what_is_told_of_several_is_summed_where_both_lie_and_of_them_alone(world: World) -> None:
    await put(world, (SKANE,), {**OBSERVED, "code": "of-county"})
    await put(world, BOTH, OBSERVED)
    measured = {"kind": "measured", "unit": "percent", "denominator": WORDS}
    await put(world, BOTH, {**OBSERVED, "code": "survey", **measured, "observes": {"measure": "survey"}})
    for area, figure in ((LANDSKRONA, 3), (STOCKHOLM, 5), (SKANE, 50), (SWEDEN, 500)):
        for measure in ("lamps", "survey"):
            await Observe(measure, area, MARCH, figure, is_final=True).happen(world)
    await world.settle()
    figures = await world.figures()
    assert {area for code, area, _ in figures if code == "of-county"} == {LANDSKRONA, SKANE}
    # One of the two has not told, and nobody asks for the sum.
    assert {area for code, area, _ in figures if code == "lamps"} == {LANDSKRONA}
    await Observe("lamps", HELSINGBORG, MARCH, 4, is_final=True).happen(world)
    await world.settle()
    figures = await world.figures()
    served = {area: figure[0] for (code, area, of), figure in figures.items() if (code, of) == ("lamps", "2016-03")}
    assert served == {LANDSKRONA: 3, HELSINGBORG: 4, **dict.fromkeys(ABOVE, 7)}
    assert {area for code, area, _ in figures if code == "survey"} == {LANDSKRONA}


async def test_the_observations_behind_a_sum_are_those_of_the_municipalities_summed(world: World) -> None:
    await put(world, BOTH, OBSERVED)
    await Observe("lamps", LANDSKRONA, MARCH, 3, is_final=True).happen(world)
    await Observe("lamps", SKANE, MARCH, 50, is_final=True).happen(world)
    async with world.engine.begin() as connection:
        known = await world.definitions.current(connection)
        asked = (connection, known.indicators["lamps"])
        behind = {
            area: [
                (part["area"], part["numerator"], (part["leftOut"] or {}).get("reason"))
                for part in await observations_behind(*asked, ValueKey("lamps", "all", area, of), known.owners["lamps"])
            ]
            for area, of in ((SWEDEN, MARCH), (SKANE, Period.parse("2016-02")))
        }
    assert behind == {
        SWEDEN: [(LANDSKRONA, 3, None), (HELSINGBORG, None, "notArrived")],
        SKANE: [(SKANE, None, "notArrived")],
    }
