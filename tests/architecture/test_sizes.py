"""No file has more than 300 lines and no function more than 50, or a comment says why.

A reason is a comment: in the first lines of a file `# Over 300 lines: …`, on the line above a function (above its
decorators) `# Over 50 lines: …`. A reason that is not needed any more is removed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LONGEST_FILE, LONGEST_FUNCTION = 300, 50
# Written by hand, and read as code.
ENDINGS = {".py", ".sql", ".lark"}
FILE_REASON = re.compile(rf"(?:#|--|//) Over {LONGEST_FILE} lines: \S.+")
FUNCTION_REASON = re.compile(rf"\s*# Over {LONGEST_FUNCTION} lines: \S.+")
# How far down a file its reason may stand: below the docstring of a module of a few lines.
HEAD = 15

FILES = sorted(
    file.relative_to(ROOT).as_posix()
    for folder in ("services", "shared", "tests")
    for file in (ROOT / folder).rglob("*")
    if file.suffix in ENDINGS and "snapshots" not in file.parts
)


def faults_of(file: str) -> Iterator[str]:
    """Yield what is wrong with a file. Only one with as many lines, or with a reason, is parsed for its functions."""
    text = (ROOT / file).read_text(encoding="utf-8")
    yield from file_faults(text)
    if file.endswith(".py") and (len(_lines(text)) > LONGEST_FUNCTION or f"Over {LONGEST_FUNCTION} lines" in text):
        yield from function_faults(text)


def _lines(text: str) -> list[str]:
    return text.splitlines()


def file_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with the length of a file."""
    lines = _lines(text)
    has_reason = any(FILE_REASON.match(line) for line in lines[:HEAD])
    if len(lines) > LONGEST_FILE and not has_reason:
        yield f"{len(lines)} lines"
    if len(lines) <= LONGEST_FILE and has_reason:
        yield f"{len(lines)} lines need no reason"


def function_faults(text: str) -> Iterator[str]:
    """Yield the functions that are too long, or whose reason is not needed. Docstrings count: they are read too."""
    lines = _lines(text)
    needed = set()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        length = (node.end_lineno or first) - node.lineno + 1
        if length <= LONGEST_FUNCTION:
            continue
        needed.add(first - 1)
        if not FUNCTION_REASON.match(lines[first - 2]):
            yield f"{node.name} has {length} lines"
    for number, line in enumerate(lines, 1):
        if FUNCTION_REASON.match(line) and number not in needed:
            yield f"line {number}: the reason is not needed"


def test_files_and_functions_are_short_or_say_why_not() -> None:
    faults = {file: [*faults_of(file)] for file in FILES}
    assert {file: found for file, found in faults.items() if found} == {}


def test_a_long_file_is_noticed_and_excused_by_its_reason() -> None:
    long = "x = 1\n" * (LONGEST_FILE + 1)
    assert [*file_faults(long)] == ["301 lines"]
    assert [*file_faults("# Over 300 lines: a table.\n" + long)] == []
    assert [*file_faults("# Over 300 lines: a table.\n")] == ["1 lines need no reason"]


def test_a_long_function_is_noticed_and_excused_by_its_reason() -> None:
    long = "@decorated\ndef long():\n" + "    x = 1\n" * LONGEST_FUNCTION
    assert [*function_faults(long)] == ["long has 51 lines"]
    assert [*function_faults("# Over 50 lines: one statement.\n" + long)] == []
    assert [*function_faults("# Over 50 lines: one statement.\ndef short():\n    pass\n")] == [
        "line 1: the reason is not needed"
    ]
