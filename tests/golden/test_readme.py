"""README shows the file that adds an indicator, and CONTRIBUTING its golden case: both work as they are shown."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import Catalogue, load
from tests.golden.case import Case
from tests.golden.running import Run

ROOT = Path(__file__).parents[2]


def block(document: str, first_key: str) -> str:
    """Return the YAML in a document that begins with a key."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.search(rf"```yaml\n({first_key}: .*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Return the shipped catalogue with README's indicator added by its file alone."""
    shutil.copytree(ROOT / "shared" / "catalogue", tmp_path, dirs_exist_ok=True)
    code = yaml.safe_load(block("README.md", "code"))["code"]
    assert code not in load(tmp_path).indicators
    (tmp_path / "indicators" / f"{code}.yaml").write_text(block("README.md", "code"), encoding="utf-8")
    return load(tmp_path)


async def test_the_case_in_contributing_holds_its_indicator_and_tells_it_from_every_mutant(
    connection: AsyncConnection, catalogue: Catalogue
) -> None:
    case = Case.model_validate(yaml.safe_load(block("CONTRIBUTING.md", "indicator")))
    run = Run(connection, case, catalogue)
    async with connection.begin_nested() as savepoint:
        assert await run.mistakes() == []
        await savepoint.rollback()
    async with connection.begin_nested() as savepoint:
        assert await run.objections() == []
        await savepoint.rollback()
    assert await run.survivors() == []
