"""The definition that README shows is one that the catalogue takes as it stands."""

import re
import shutil
from pathlib import Path

import yaml

from shared.catalogue.loader import load

ROOT = Path(__file__).parents[2]


def test_the_indicator_in_readme_is_added_by_its_file_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "shared" / "catalogue", tmp_path, dirs_exist_ok=True)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(code: .*?)```", readme, re.DOTALL)
    assert found is not None
    example = found[1]
    code = yaml.safe_load(example)["code"]
    assert code not in load(tmp_path).indicators
    (tmp_path / "indicators" / f"{code}.yaml").write_text(example, encoding="utf-8")
    assert code in load(tmp_path).indicators
