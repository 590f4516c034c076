"""constraints.txt says what is pinned for whom: the service, the embedded servers, the bill of materials, the tests."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = ("# Only for the embedded servers", "# Only for the bill of materials", "# Only for the tests")


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


@pytest.fixture(scope="module")
def pinned() -> list[set[str]]:
    """Return the names that are pinned in each part of the file."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    parts = re.split("|".join(f"^{section}$" for section in SECTIONS), text, flags=re.MULTILINE)
    return [set(re.findall(r"^([a-z][\w-]*)==", part, re.MULTILINE)) for part in parts]


def test_every_dependency_is_pinned_where_those_who_need_it_install_it(pinned: list[set[str]]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    service, embedded, bill, tests = pinned
    extras = project["optional-dependencies"]
    assert names(project["dependencies"]) | {"setuptools"} <= service
    assert names(extras["embedded"]) <= embedded
    assert names(extras["bill"]) <= service | embedded | bill
    assert names(extras["test"]) <= service | embedded | bill | tests
    assert sum(map(len, pinned)) == len(set.union(*pinned)), "pinned twice"


def test_the_image_installs_neither_the_embedded_servers_nor_the_tests(pinned: list[set[str]]) -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert f"sed '/^{SECTIONS[0]}$/,$d' constraints.txt" in dockerfile


def test_no_address_and_no_path_stands_in_the_pins() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.findall(r"https?:|-c |/", text)
