"""`make test-fast` collects the modules that tests/fast.txt lists: all that have a quick test, and none with a server.

To import a module whose every test is slow, or what it needs, would take time for nothing.
"""

from pathlib import Path

import pytest

from tests.conftest import COLLECTED

ROOT = Path(__file__).parents[2]


def test_every_module_that_needs_no_server_is_listed_and_no_other(request: pytest.FixtureRequest) -> None:
    """Judge the modules that are collected with this one: in a run of all tests, all."""
    listed = [ROOT / line for line in (ROOT / "tests" / "fast.txt").read_text(encoding="utf-8").split()]
    assert [path for path in listed if not path.exists()] == []

    fast: set[Path] = set()
    slow: set[Path] = set()
    with_server: set[Path] = set()
    for item in request.config.stash[COLLECTED]:
        (with_server if "server" in item.keywords else slow if "slow" in item.keywords else fast).add(item.path)
    wanted = fast - with_server
    found = {module for module in fast | slow | with_server if any(module.is_relative_to(path) for path in listed)}
    names = [
        sorted(str(module.relative_to(ROOT)) for module in modules) for modules in (wanted - found, found & with_server)
    ]
    assert names == [[], []], f"tests/fast.txt lacks {names[0]}, and has {names[1]} too much"
