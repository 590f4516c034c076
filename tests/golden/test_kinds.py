"""Every kind of figure with the full set of awkward facts, stage by stage, worked out by hand."""

from typing import get_args

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.indicator import Kind
from shared.catalogue.loader import shipped_catalogue
from tests.extent import sample_of
from tests.golden.case import read_cases
from tests.golden.running import Run

CASES = read_cases("kinds")
MONTHLY = {"observed-mean", "observed-share"}
OWN = [name for name, case in CASES.items() if case.definition]


@pytest.mark.parametrize("name", CASES)
async def test_every_stage_is_as_worked_out_by_hand(connection: AsyncConnection, name: str) -> None:
    """And as the case's own query says: generality E8, a share, and a mean, that are told monthly."""
    assert await Run(connection, CASES[name], shipped_catalogue()).mistakes() == []


@pytest.mark.parametrize("name", sample_of(OWN, 3))
async def test_no_mutant_survives(connection: AsyncConnection, name: str) -> None:
    survivors = await Run(connection, CASES[name], shipped_catalogue()).survivors()
    assert [f"{mutant.part}: {mutant.description}" for mutant in survivors] == []


def test_generality_e8_what_is_told_monthly_has_a_check() -> None:
    assert {name for name, case in CASES.items() if case.check} >= MONTHLY


def test_no_kind_is_left_out() -> None:
    shipped = shipped_catalogue()
    assert {case.catalogue(shipped).indicators[case.indicator].kind for case in CASES.values()} == set(get_args(Kind))
