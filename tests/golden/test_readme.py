"""README shows the file that adds an indicator, and CONTRIBUTING its golden case: both work as they are shown."""

import shutil
from pathlib import Path

import pytest
import yaml
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import Catalogue, load
from tests.golden.case import Case
from tests.golden.running import Run
from tests.readme.document import ROOT, block


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Return the shipped catalogue with README's indicator added by its file alone."""
    shutil.copytree(ROOT / "shared" / "catalogue", tmp_path, dirs_exist_ok=True)
    code = yaml.safe_load(block("Add an indicator", "code: "))["code"]
    assert code not in load(tmp_path).indicators
    (tmp_path / "indicators" / f"{code}.yaml").write_text(block("Add an indicator", "code: "), encoding="utf-8")
    return load(tmp_path)


async def test_the_case_in_contributing_holds_its_indicator_and_tells_it_from_every_mutant(
    connection: AsyncConnection, catalogue: Catalogue
) -> None:
    case = Case.model_validate(yaml.safe_load(block("How to add things", "indicator: ", "CONTRIBUTING.md")))
    assert case.check
    run = Run(connection, case, catalogue)
    async with connection.begin_nested() as savepoint:
        assert await run.mistakes() == []
        await savepoint.rollback()
    assert await run.survivors() == []
