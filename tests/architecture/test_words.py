"""No file, identifier or column has a word that was replaced; `replaced_words.tsv` holds them with the better ones.

What is public stays as it is: names in JSON and OData, and the sentences that are the names of tests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Table

from shared.db.tables import metadata

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "shared", "tests", "alembic")
# Migrations of before say what the columns were called then.
UNCHANGED = "alembic/versions/"
# The specification has it.
PUBLIC = {"ShownPulledSource"}
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Word(NamedTuple):
    """A replaced word, whether it is of a file, a name or a column, and the folder that it is about."""

    word: str
    kind: str
    where: str
    better: str


def _words() -> list[Word]:
    lines = Path(__file__).with_name("replaced_words.tsv").read_text(encoding="utf-8").splitlines()
    _, *rows = (line for line in lines if not line.startswith("#"))
    return [Word(*row.split("\t")) for row in rows]


@cache
def parts_of(name: str) -> str:
    """Return a name's parts in lower case with underscores around each: `_a_name_`, of a_name, aName and AName."""
    return f"_{'_'.join(PART.findall(name)).lower()}_"


def has_word(name: str, word: str) -> bool:
    """Tell whether a name is the word (`=word`), or has it among its parts."""
    if name in PUBLIC:
        return False
    if word.startswith("="):
        return name == word[1:]
    return f"_{word}_" in parts_of(name)


@cache
def _files() -> list[Path]:
    return [file.relative_to(ROOT) for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]


@cache
def _names() -> dict[str, dict[str, list[tuple[str, int]]]]:
    """Return where code gives every name to something, file and line, by each part of a name."""
    found: dict[str, list[tuple[str, int]]] = {}
    for file in _files():
        if not file.as_posix().startswith(UNCHANGED):
            for name, line in names_given(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
                found.setdefault(name, []).append((file.as_posix(), line))
    by_part: dict[str, dict[str, list[tuple[str, int]]]] = {}
    for name, places in found.items():
        for part in {*parts_of(name).split("_")}:
            by_part.setdefault(part, {})[name] = places
    return by_part


def names_given(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the names of functions, classes, parameters, variables and attributes where they are set."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("test_"):
                    yield name, node.lineno
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.alias(asname=str(name)):
                yield name, node.lineno
            case _:
                pass


def _places(word: Word) -> Iterator[str]:
    """Yield where a word is used that is not to be used."""
    inside = "" if word.where == "." else f"{word.where}/"
    if word.kind == "column":
        columns = ((table.name, name) for table in metadata.tables.values() for name in _columns(table))
        yield from (f"{table}: {name}" for table, name in columns if has_word(name, word.word))
    elif word.kind == "file":
        paths = (file for file in _files() if file.as_posix().startswith(inside))
        yield from (path.as_posix() for path in paths if _is_named(path, word.word))
    else:
        candidates = _names().get(parts_of(word.word).split("_")[1], {})
        named = ((name, places) for name, places in candidates.items() if has_word(name, word.word))
        yield from (
            f"{path}:{line} {name}" for name, places in named for path, line in places if path.startswith(inside)
        )


def _columns(table: Table) -> list[str]:
    """Return the name of a table and of its columns."""
    return [table.name, *(column.name for column in table.columns)]


def _is_named(path: Path, word: str) -> bool:
    return any(has_word(Path(part).stem, word) for part in path.parts[1:])


@pytest.mark.parametrize("word", _words(), ids=lambda word: f"{word.kind} {word.word}")
def test_a_replaced_word_is_in_no_name(word: Word) -> None:
    assert [*_places(word)] == [], f"say {word.better}"


def test_a_word_is_found_as_a_whole_part_of_a_name() -> None:
    assert has_word("told_at", "told")
    assert has_word("isTold", "told")
    assert not has_word("stolden", "told")
    assert not has_word("told_at", "=told")
    assert has_word("area_atom", "atom")
    tree = ast.parse("def f(told): self.kept = shown = 1\nimport a as beside")
    assert sorted(name for name, _ in names_given(tree)) == ["beside", "f", "kept", "shown", "told"]
