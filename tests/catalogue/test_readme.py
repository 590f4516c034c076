"""The definition that README shows is one that the catalogue takes as it stands."""

import shutil
from pathlib import Path

import yaml

from shared.catalogue.loader import load
from tests.readme.document import ROOT, block


def test_the_indicator_in_readme_is_added_by_its_file_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "shared" / "catalogue", tmp_path, dirs_exist_ok=True)
    example = block("Add an indicator", "code: ")
    code = yaml.safe_load(example)["code"]
    assert code not in load(tmp_path).indicators
    (tmp_path / "indicators" / f"{code}.yaml").write_text(example, encoding="utf-8")
    assert code in load(tmp_path).indicators
