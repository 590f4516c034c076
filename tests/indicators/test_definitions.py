"""A definition that changes, comes or goes, and what of a value moves with its figure alone."""

from datetime import date, datetime

import pytest

from shared.catalogue.loader import Catalogue
from shared.catalogue.times import Deadline
from shared.facts.marks import oldest_mark_seconds
from shared.facts.series import put_series
from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    CLEANUPS,
    IN_TIME,
    LANDSKRONA,
    VISITED,
    YEAR_2016,
    World,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


def revised(catalogue: Catalogue, code: str, **changes: object) -> Catalogue:
    """Return a catalogue with one definition changed."""
    definition = catalogue.indicators[code].model_copy(update=changes)
    return Catalogue(catalogue.activity_types, {**catalogue.indicators, code: definition})


def deadline_of(catalogue: Catalogue, code: str) -> Deadline:
    found = catalogue.indicators[code].deadline
    assert found is not None
    return found


async def put(world: World, catalogue: Catalogue) -> None:
    world.catalogue = catalogue
    async with world.engine.begin() as connection:
        await put_series(connection, catalogue, world.as_of)


async def test_a_changed_definition_is_computed_anew(world: World) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 5))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (0, 1, 0)
    deadline = deadline_of(world.catalogue, IN_TIME).model_copy(update={"working_days": 4})
    await put(world, revised(world.catalogue, IN_TIME, deadline=deadline, version=2))
    await world.settle()
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (1, 1, 0)


async def test_a_longer_time_limit_also_ripens(world: World) -> None:
    world.as_of = date(2016, 3, 24)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, status="planned", reported=date(2016, 3, 24))
    deadline = deadline_of(world.catalogue, IN_TIME).model_copy(update={"working_days": 4})
    await put(world, revised(world.catalogue, IN_TIME, deadline=deadline, version=2))
    await world.settle(date(2016, 4, 1))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (0, 0, 1)
    await world.settle(date(2016, 4, 2))
    assert await world.figure(IN_TIME, LANDSKRONA, "2016") == (0, 1, 0)


async def test_an_edited_definition_is_computed_anew_even_without_a_new_version(world: World) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.settle()
    await put(world, revised(world.catalogue, CLEANUPS, themes=("contact-officers",)))
    await world.settle()
    assert await world.figures(only=CLEANUPS) == {}


async def test_an_unchanged_catalogue_marks_nothing(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    await put(world, world.catalogue)
    async with world.engine.begin() as connection:
        assert await oldest_mark_seconds(connection, world.as_of) is None


async def test_a_removed_definition_takes_its_values_along_and_a_new_one_brings_them(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    before = await world.figures()
    whole = world.catalogue
    definitions = {code: one for code, one in whole.indicators.items() if code != VISITED}
    await put(world, Catalogue(whole.activity_types, definitions))
    await world.settle()
    assert await world.figures() == {key: figure for key, figure in before.items() if key[0] != VISITED}
    await put(world, whole)
    await world.settle()
    assert await world.figures() == before


async def test_revision_and_time_move_only_with_the_figure(world: World) -> None:
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 1))
    await world.settle()

    async def state(indicator: str) -> tuple[int, datetime]:
        return (
            await world.column("revision", indicator, LANDSKRONA, "2016-02"),
            await world.column("computed_at", indicator, LANDSKRONA, "2016-02"),
        )

    before = await state(CLEANUPS), await state(IN_TIME)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 2))
    await world.settle()
    assert (await state(CLEANUPS), await state(IN_TIME)) == before
    await world.record("a", "graffiti-cleanup", LANDSKRONA, reported=date(2016, 2, 1), start=date(2016, 2, 9))
    await world.settle()
    assert await state(CLEANUPS) == before[0]
    revision, computed_at = await state(IN_TIME)
    assert (revision, computed_at > before[1][1]) == (2, True)
