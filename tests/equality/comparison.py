"""What differs between two folders of stored answers, to the byte, and for JSON in which fields."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

# Only to be read: a better description is no other answer.
INFORMATIVE = "informative/"
CONTEXT = 60
MOST_FIELDS = 20
# What two databases made by the same calls may differ in: when and how often a figure was computed, and random ids.
OWN_TO_A_DATABASE = frozenset(
    {
        *("computedAt", "changedAt", "recordedAt", "revisedAt", "startedAt", "endedAt", "createdAt", "revision"),
        *("nextCursor", "hasMore", "_links", "_meta", "@odata.nextLink"),
    }
)
RANDOM_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What a chart names its title and its description by.
DIGEST = re.compile(r"[0-9a-f]{24}")
PAGE = re.compile(r"/[0-9]{4}(?=\.[a-z]+$)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that is not the same in both folders: where it first differs, and in which fields."""

    name: str
    spot: str
    fields: tuple[str, ...] = ()

    @property
    def is_informative(self) -> bool:
        """Whether the answer may differ."""
        return self.name.startswith(INFORMATIVE)


def compare(first: Path, second: Path) -> Iterator[Difference]:
    """Yield each answer of one folder that is missing or different, to the byte, in the other."""
    names = {
        folder: {str(file.relative_to(folder)) for file in folder.rglob("*.*") if file.is_file()}
        for folder in (first, second)
    }
    for name in sorted(names[first] | names[second]):
        if name not in names[second] or name not in names[first]:
            yield Difference(name, f"is only in {first if name in names[first] else second}")
            continue
        before, after = (first / name).read_bytes(), (second / name).read_bytes()
        if before != after:
            yield Difference(name, first_spot(before, after), (*_fields(name, before, after),))


def compare_figures(first: Path, second: Path) -> Iterator[Difference]:
    """Yield what differs between two databases that were made by the same calls.

    The pages of a list count as one, whose entries may have any order. Left out are what `OWN_TO_A_DATABASE` names,
    random ids, and workbooks, whose rows are those of the CSV.
    """
    figures = {folder: _figures(folder) for folder in (first, second)}
    for name in sorted(figures[first] | figures[second]):
        before, after = figures[first].get(name), figures[second].get(name)
        if before is None or after is None:
            yield Difference(name, f"is only in {second if before is None else first}")
        elif before != after:
            yield Difference(name, first_spot(before, after))


def first_spot(before: bytes, after: bytes) -> str:
    """Say where two texts first differ, with an excerpt of each."""
    at = _first_unequal(before, after)
    excerpts = [text[max(at - CONTEXT, 0) : at + CONTEXT].decode(errors="replace") for text in (before, after)]
    return f"byte {at}:\n    {excerpts[0]!r}\n    {excerpts[1]!r}"


def _first_unequal(before: bytes | str, after: bytes | str) -> int:
    """Return the first place in which two texts differ, if only in that one of them has ended."""
    shorter = min(len(before), len(after))
    return next((at for at in range(shorter) if before[at] != after[at]), shorter)


def _fields(name: str, before: bytes, after: bytes) -> Iterator[str]:
    """Yield what differs between two JSON documents or charts: the path, how often, and the first two values."""
    if name.endswith(".json"):
        unequal = _unequal("", orjson.loads(before), orjson.loads(after))
    elif name.endswith(".svg"):
        unequal = _unequal_pieces(before.decode(), after.decode())
    else:
        return
    found: dict[str, list[tuple[object, object]]] = {}
    for path, *values in unequal:
        found.setdefault(path, []).append((values[0], values[1]))
    for path, pairs in list(found.items())[:MOST_FIELDS]:
        yield f"    {path}: {len(pairs)} times, first {pairs[0][0]!r} and {pairs[0][1]!r}"


def _unequal_pieces(before: str, after: str) -> Iterator[tuple[str, object, object]]:
    """Yield the tags and texts of two charts that differ, by the element's name; ids follow from the whole chart."""
    pieces = [re.split(r"[<>]", DIGEST.sub("…", chart)) for chart in (before, after)]
    if len(pieces[0]) != len(pieces[1]):
        yield "pieces", len(pieces[0]), len(pieces[1])
        return
    for one, other in zip(*pieces, strict=True):
        if one != other:
            at = _first_unequal(one, other)
            window = slice(max(at - CONTEXT // 2, 0), at + CONTEXT // 2)
            yield one.partition(" ")[0] if "=" in one else "text", one[window], other[window]


def _unequal(path: str, before: Any, after: Any) -> Iterator[tuple[str, object, object]]:
    match before, after:
        case dict(), dict():
            for key in before.keys() | after.keys():
                yield from _unequal(f"{path}.{key}", before.get(key), after.get(key))
        case list(), list() if len(before) == len(after):
            for one, other in zip(before, after, strict=True):
                yield from _unequal(f"{path}[]", one, other)
        case _ if before != after or type(before) is not type(after):
            yield path, before, after


def _figures(folder: Path) -> dict[str, bytes]:
    """Return the answers of a folder without what is a database's own; the entries of a list's pages as one, sorted."""
    gathered: dict[str, list[bytes]] = {}
    for file in sorted(folder.rglob("*.*")):
        name = str(file.relative_to(folder))
        if not file.is_file() or RANDOM_ID.search(name) or ".xlsx/" in name or file.stem in OWN_TO_A_DATABASE:
            continue
        gathered.setdefault(PAGE.sub("", name), []).extend(_entries(file))
    return {name: b"\n".join(sorted(entries)) for name, entries in gathered.items() if name != "answers.tsv"}


def _entries(file: Path) -> Iterator[bytes]:
    content = file.read_bytes()
    if file.suffix == ".json":
        yield from (orjson.dumps(entry, option=orjson.OPT_SORT_KEYS) for entry in _parts(orjson.loads(content)))
    elif file.suffix == ".csv":
        for row in csv.DictReader(io.StringIO(content.decode())):
            yield orjson.dumps({key: value for key, value in row.items() if key not in OWN_TO_A_DATABASE})
    else:
        yield content


def _parts(document: Any) -> Iterator[object]:
    """Yield the entries of the lists in a document, and what else is in it, each without what is a database's own."""
    rest = {}
    for key, value in document.items():
        if isinstance(value, list):
            yield from (_stripped(entry) for entry in value)
        else:
            rest[key] = value
    yield _stripped(rest)


def _stripped(value: Any) -> Any:
    match value:
        case dict():
            return {key: _stripped(one) for key, one in value.items() if key not in OWN_TO_A_DATABASE}
        case list():
            return [_stripped(one) for one in value]
        case str():
            return RANDOM_ID.sub("{id}", value)
    return value
