"""A municipality's own definitions: their versions, what they mark, and the catalogue in force that follows."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any, cast

import pytest
from sqlalchemy import CursorResult, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import shipped_catalogue
from shared.catalogue.municipal_definitions import DefinitionKind
from shared.db.locks import share_area_hierarchy
from shared.domain.activity_type import ActivityType
from shared.domain.errors import DefinitionInUse, DefinitionTaken, InvalidDefinition
from shared.facts.catalogue_in_force import LATEST_DEFINITIONS, CatalogueInForce
from shared.facts.municipal_definitions import Put, SentDefinition, put_municipal_definition
from tests.indicators.world import ALFA, GAMMA, HELSINGBORG, LANDSKRONA, YEAR_2016, Annex, World

TODAY = date(2016, 12, 30)
WORDS = {"sv": "x", "en": "x"}


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: the world forgets what has happened in it."""
    return fresh_database()


def walk_type(**fields: Any) -> ActivityType:
    return ActivityType.model_validate(
        {"code": "dog-walk", "name": WORDS, "description": WORDS, "moments": ["start", "end"], **fields}
    )


def count_of(*types: str, **fields: Any) -> IndicatorDefinition:
    required = {"name": WORDS, "definition": WORDS, "numerator": WORDS, "unit": "count", "direction": "none"}
    return IndicatorDefinition.model_validate(
        {"code": "dog-walks", "version": 1, "kind": "count", "activityTypes": types, **required, **fields}
    )


async def put(
    engine: AsyncEngine, content: ActivityType | IndicatorDefinition, owner: str = LANDSKRONA, **more: Any
) -> Put:
    kind = DefinitionKind.ACTIVITY_TYPE if isinstance(content, ActivityType) else DefinitionKind.INDICATOR
    async with engine.begin() as connection:
        holder = CatalogueInForce(shipped_catalogue())
        upload = SentDefinition(kind, content.code, {"area": owner}, content, **more)
        return await put_municipal_definition(connection, holder, upload, TODAY)


async def scalars(engine: AsyncEngine, statement: str) -> list[Any]:
    async with engine.begin() as connection:
        return list((await connection.execute(text(statement))).scalars())


async def marked(engine: AsyncEngine) -> set[tuple[str, int]]:
    async with engine.begin() as connection:
        rows = await connection.execute(
            text(
                """SELECT code, year FROM dirty_mark AS mark JOIN area ON area.area_id = writing_area_id
                   WHERE mark.area_id IS NULL"""
            )
        )
        return {(row.code, row.year) for row in rows}


async def forget_marks(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM dirty_mark"))


async def test_every_version_is_kept_and_the_same_content_makes_none(world: World) -> None:
    engine = world.engine
    assert (await put(engine, walk_type())).created
    assert not (await put(engine, walk_type(moments=["start"]))).created
    assert not (await put(engine, walk_type(moments=["start"], participantsRequired=False))).created
    assert await scalars(engine, "SELECT version FROM municipal_definition ORDER BY 1") == [1, 2]


async def test_what_is_put_is_in_force_for_every_holder_at_once(world: World) -> None:
    holder = CatalogueInForce(shipped_catalogue())
    async with world.engine.begin() as connection:
        before = await holder.current(connection)
        assert before is shipped_catalogue()
    await put(world.engine, walk_type())
    await put(world.engine, count_of("dog-walk"))
    async with world.engine.begin() as connection:
        after = await holder.current(connection)
        assert [one.areas for one in (after.type_owners["dog-walk"], after.owners["dog-walks"])] == [(LANDSKRONA,)] * 2
        assert after.indicators["dog-walks"].version == 1
        assert await holder.current(connection) is after
    assert holder.latest is after


async def test_what_was_rolled_back_is_not_in_force(world: World) -> None:
    holder = CatalogueInForce(shipped_catalogue())
    async with world.engine.connect() as connection:
        upload = SentDefinition(DefinitionKind.ACTIVITY_TYPE, "dog-walk", {"area": LANDSKRONA}, walk_type())
        await put_municipal_definition(connection, holder, upload, TODAY)
        await connection.rollback()
    await put(world.engine, walk_type(moments=["start"]))
    async with world.engine.begin() as connection:
        assert (await holder.current(connection)).activity_types["dog-walk"].moments == ("start",)


_ANNEX = Annex("contact-officers", YEAR_2016)


class Slow:
    """A connection whose answer about own definitions arrives only when others have read them, too."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.has_read, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def execute(self, statement: TextClause) -> CursorResult[Any]:
        answer = await self._connection.execute(statement)
        if statement is LATEST_DEFINITIONS:
            self.has_read.set()
            await self.may_go_on.wait()
        return answer


async def test_two_who_read_at_once_remember_what_is_in_force(world: World) -> None:
    holder = CatalogueInForce(shipped_catalogue())
    await put(world.engine, walk_type())
    async with world.engine.connect() as first, world.engine.connect() as second:
        slow = Slow(first)
        reading = asyncio.create_task(holder.current(cast("AsyncConnection", slow)))
        await slow.has_read.wait()
        await holder.current(second)
        slow.may_go_on.set()
        assert "dog-walk" in (await reading).activity_types
        assert "dog-walk" in (await holder.current(second)).activity_types


async def test_only_the_owners_years_are_marked(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2014, 3, 4))
    await world.record("b", "school-visit", GAMMA, start=date(2014, 3, 4))
    await world.agree("c", YEAR_2016, [LANDSKRONA, HELSINGBORG], _ANNEX)
    await forget_marks(world.engine)
    await put(world.engine, count_of("school-visit"))
    assert await marked(world.engine) == {(LANDSKRONA, 2014), (LANDSKRONA, 2016)}
    await forget_marks(world.engine)
    await put(world.engine, count_of("school-visit"))
    assert await marked(world.engine) == set()


async def test_a_type_put_again_waits_for_those_who_record_by_it(world: World) -> None:
    async with world.engine.begin() as recording:
        await share_area_hierarchy(recording)
        putting = asyncio.create_task(put(world.engine, walk_type()))
        await asyncio.sleep(0.2)
        assert not putting.done()
    assert (await putting).created


async def test_two_who_put_the_same_make_one_version(world: World) -> None:
    puts = await asyncio.gather(put(world.engine, walk_type()), put(world.engine, walk_type()))
    assert sorted(one.created for one in puts) == [False, True]
    assert await scalars(world.engine, "SELECT version FROM municipal_definition") == [1]


@pytest.mark.parametrize(
    ("content", "owner"),
    [
        (count_of("school-visit", code="school-visits"), LANDSKRONA),
        (count_of("school-visit", code="school-visit"), LANDSKRONA),
        (walk_type(code="school-visits"), LANDSKRONA),
        (walk_type(), HELSINGBORG),
        (count_of("school-visit", code="dog-walk"), HELSINGBORG),
    ],
)
async def test_a_code_is_one_definitions_or_one_municipalitys(
    world: World, content: ActivityType | IndicatorDefinition, owner: str
) -> None:
    await put(world.engine, walk_type())
    with pytest.raises(DefinitionTaken):
        await put(world.engine, content, owner)


@pytest.mark.parametrize("owner", [ALFA, "9999"])
async def test_no_place_has_its_own(world: World, owner: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        await put(world.engine, walk_type(), owner)
    assert [violation.field for violation in refused.value.violations] == ["area"]


async def test_a_slice_that_a_target_is_set_for_stays(world: World) -> None:
    slices = {"youth": {"attributes": {"audience": ["youth"]}}}
    await put(world.engine, count_of("training", slices=slices))
    async with world.engine.begin() as connection:
        await connection.execute(
            text(
                """INSERT INTO annex
                       (agreement_id, number, theme, code, title, valid, purpose, goals, actions, follow_up)
                   SELECT agreement_id, 1, 'planning', 'planning', 'x', '[2016-01-01,2017-01-01)', '', '{}', '{}', '{}'
                   FROM agreement WHERE code = 'facts'"""
            )
        )
        await connection.execute(
            text(
                """INSERT INTO target
                       (agreement_id, annex_number, indicator_code, slice, area_id, rule, value, per, valid)
                   SELECT agreement_id, 1, 'dog-walks', 'youth', area_id, 'atMost', 1, 'year', '[2016-01-01,2017-01-01)'
                   FROM agreement, area WHERE agreement.code = 'facts' AND area.code = '1282'"""
            )
        )
    with pytest.raises(DefinitionInUse) as refused:
        await put(world.engine, count_of("training"))
    assert [violation.field for violation in refused.value.violations] == ["slices.youth"]


async def test_a_definition_that_no_longer_goes_with_what_ships_is_left_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await put(world.engine, walk_type())
    await put(world.engine, count_of("dog-walk"))
    async with world.engine.begin() as connection:
        await connection.execute(
            text(
                """UPDATE municipal_definition SET document = document || '{"moments": ["dawn"]}'
                  WHERE code = 'dog-walk'"""
            )
        )
        catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
    assert catalogue.owners == catalogue.type_owners == {}
    assert "dog-walk of 1282" in caplog.text
    assert "dog-walks of 1282" in caplog.text
