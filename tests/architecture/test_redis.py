"""Every connection to Redis is made in one place, which gives it deadlines: `trials G2`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HOME = ROOT / "shared" / "redis.py"
MAKERS = {
    "Redis",
    "StrictRedis",
    "ConnectionPool",
    "BlockingConnectionPool",
    "from_url",
    "create_pool",
    "RedisSettings",
}


def makers_in(path: Path) -> Iterator[str]:
    """Yield what is called in a module that makes a connection by itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if "redis" not in path.read_text(encoding="utf-8"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in MAKERS:
                yield f"{path.relative_to(ROOT)}:{node.lineno} {name}"


def test_no_other_module_makes_a_connection_to_redis() -> None:
    paths = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py") if path != HOME]
    assert [found for path in paths for found in makers_in(path)] == [], "use shared.redis: it has deadlines"


def test_the_home_is_found_out_by_the_same_look() -> None:
    assert {found.rpartition(" ")[2] for found in makers_in(HOME)} >= {"from_url"}


@pytest.mark.parametrize("package", ["pickle", "marshal", "shelve", "dill"])
def test_nothing_that_runs_what_it_reads_is_imported(package: str) -> None:
    """`trials C13`: what others wrote is data."""
    for folder in ("services", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                module = node.module if isinstance(node, ast.ImportFrom) else None
                assert package not in {*names, module}, path
