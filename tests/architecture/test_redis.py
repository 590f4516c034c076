"""Every connection to Redis is made in one place, which gives it deadlines: `trials G2`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HOME = ROOT / "shared" / "redis.py"
PATHS = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
RUN_WHAT_THEY_READ = {"pickle", "marshal", "shelve", "dill"}
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
    source = path.read_text(encoding="utf-8")
    if "redis" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in MAKERS:
                yield f"{path.relative_to(ROOT)}:{node.lineno} {name}"


def test_no_other_module_makes_a_connection_to_redis() -> None:
    assert [found for path in PATHS if path != HOME for found in makers_in(path)] == [], (
        "use shared.redis: it has deadlines"
    )


def test_the_home_is_found_out_by_the_same_look() -> None:
    assert {found.rpartition(" ")[2] for found in makers_in(HOME)} >= {"from_url"}


def test_nothing_that_runs_what_it_reads_is_imported() -> None:
    """`trials C13`: what others wrote is data."""
    assert [found for path in PATHS for found in imported(path.read_text(encoding="utf-8"), RUN_WHAT_THEY_READ)] == []


def test_what_runs_what_it_reads_is_found_however_it_is_imported() -> None:
    ways = "import json, pickle\nfrom marshal import loads\ndef f():\n    import dill as x\n"
    assert [*imported(ways, RUN_WHAT_THEY_READ)] == ["pickle", "marshal", "dill"]


def imported(source: str, packages: set[str]) -> Iterator[str]:
    """Yield which of some packages a module imports. One that names none of them is not parsed."""
    if not any(package in source for package in packages):
        return
    for node in ast.walk(ast.parse(source)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        module = [node.module] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in (*names, *module) if name in packages)
