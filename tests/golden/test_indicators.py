"""Every indicator against figures worked out by hand, and against a query of its own written from its words."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import shipped_catalogue
from tests.extent import sample_of
from tests.golden.case import read_cases
from tests.golden.running import Run

CASES = read_cases("indicators")
# A case of each kind of indicator is rebuilt by `test_kinds.py`.
REBUILT = {*sample_of([*CASES], 3)}


def test_every_definition_has_a_golden_case_and_every_case_a_definition() -> None:
    assert set(CASES) == set(shipped_catalogue().indicators)


@pytest.mark.parametrize("code", CASES)
def test_a_case_is_of_the_indicator_that_its_file_is_named_after_and_has_a_check(code: str) -> None:
    assert CASES[code].indicator == code
    assert CASES[code].check


@pytest.mark.parametrize("code", CASES)
async def test_the_figures_are_those_worked_out_by_hand_and_by_the_check(
    connection: AsyncConnection, code: str
) -> None:
    assert await Run(connection, CASES[code], shipped_catalogue()).mistakes(is_rebuilt=code in REBUILT) == []
