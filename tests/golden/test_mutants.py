"""Whatever condition of a definition is dropped or changed, its golden case notices."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import shipped_catalogue
from tests.extent import sample_of
from tests.golden.case import read_cases
from tests.golden.mutants import NO_CONDITIONS, changed_fields, fields, mutants
from tests.golden.running import Run
from tests.golden.world import the_world

pytestmark = pytest.mark.long

CASES = read_cases("indicators")


@pytest.mark.parametrize("code", sample_of([*CASES], 12))
async def test_no_mutant_survives(connection: AsyncConnection, code: str) -> None:
    survivors = await Run(connection, CASES[code], shipped_catalogue()).survivors()
    assert [f"{mutant.part}: {mutant.description}" for mutant in survivors] == []


@pytest.mark.parametrize("code", CASES)
def test_the_figures_of_every_slice_are_expected(code: str) -> None:
    definition = shipped_catalogue().indicators[code]
    assert set(CASES[code].slices) == set(definition.slices)


def test_every_field_of_a_definition_is_changed_or_said_to_be_no_condition() -> None:
    shipped = shipped_catalogue()
    own = [case for case in read_cases("kinds").values() if case.definition]
    definitions = [*shipped.indicators.values(), *(case.catalogue(shipped).indicators[case.indicator] for case in own)]
    changed = {field for definition in definitions for field in changed_fields(definition, shipped)}
    assert fields() - set(NO_CONDITIONS) - changed == set()
    assert set(NO_CONDITIONS) <= fields()


def test_what_the_mutants_of_a_definition_are() -> None:
    shipped = shipped_catalogue()
    descriptions = [
        mutant.description for mutant in mutants(shipped.indicators["hateful-graffiti-started-in-time"], shipped)
    ]
    assert [one for one in descriptions if not one.startswith("themes")] == [
        # Those that the rules refuse are left out: graffiti has no end, and no other type has a content kind.
        "selects: attributes: without contentKind",
        "selects: attributes: contentKind with or without ordinary",
        "selects: attributes: contentKind with or without racist",
        "selects: attributes: contentKind with or without sexist",
        "deadline: by: start → reported",
        "deadline: by: start → policeReported",
        "deadline: by: start → completed",
        "deadline: else_by: dropped",
        "deadline: else_by: completed → start",
        "deadline: else_by: completed → reported",
        "deadline: else_by: completed → policeReported",
        "deadline: working_days: 2 → 1",
        "deadline: working_days: 2 → 3",
    ]


def test_the_world_has_a_near_miss_of_every_activity_type() -> None:
    assert {activity.type for activity in the_world().besides} == set(shipped_catalogue().activity_types)
