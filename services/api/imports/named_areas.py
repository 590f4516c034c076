"""How a cell names an area where a mapping says so: by its code, or by a name, of which municipalities have several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.imports.cell_readers import Read, UnreadableCell
from shared.db.tables import area
from shared.domain.matching import folded
from shared.files.cells import Cell, text_of

_CODE_AND_NAME: Final = re.compile(r"(?P<code>[0-9]{3,4})[ ,:;–-]+(?P<name>\D.*)", re.ASCII)
_BEFORE: Final = ("region ", "kommun ")
_AFTER: Final = (" kommun", " stad", " region")
# Genitives that lose more than their s.
_IRREGULAR: Final = {"falu": "falun"}


def area_codes(names: Mapping[str, Sequence[str]], kind: str) -> Read:
    """Return what finds an area of a kind: `names` are the codes that each name has, without regard to case."""
    codes = {code for several in names.values() for code in several}
    digits = max(map(len, codes), default=0)
    by_name: dict[str, list[str]] = {}
    for name, several in names.items():
        by_name.setdefault(_key(name), []).extend(several)

    def read(cell: Cell) -> object:
        text = text_of(cell).strip()
        # A spreadsheet takes the zero off a code that begins with one.
        code = text.zfill(digits) if text.isdecimal() else text
        if code in codes:
            return code
        both = _CODE_AND_NAME.fullmatch(text)
        found = _named(both["name"] if both else text, kind, by_name)
        if both:
            found = [code for code in found if code == both["code"].zfill(digits)]
        if not found:
            raise UnreadableCell(f"is neither the name nor the code of a {kind}", "See their names at /areas.")
        if len(found) > 1:
            raise UnreadableCell(f"is the name of several areas of kind {kind}", "Give the code instead.")
        return found[0]

    return read


async def find_named_areas(connection: AsyncConnection, kind: str) -> Read:
    """Return what turns the names of areas of a kind into their codes."""
    codes: dict[str, list[str]] = {}
    for code, name in await connection.execute(select(area.c.code, area.c.name).where(area.c.kind == kind)):
        codes.setdefault(folded(name), []).append(code)
    return area_codes(codes, kind)


def _named(text: str, kind: str, names: Mapping[str, list[str]]) -> list[str]:
    spellings = _spellings(_key(text)) if kind == "municipality" else iter([_key(text)])
    return next((names[name] for name in spellings if name in names), [])


def _key(name: str) -> str:
    """Return a name as it is compared: Upplands-Bro is Upplands Bro."""
    return folded(name).replace("-", " ")


def _spellings(name: str) -> Iterator[str]:
    """Yield the names that a text may mean: Luleå, Luleå kommun, Landskrona stad, Bodens kommun, Region Gotland."""
    yield name
    bare = name
    for word in _BEFORE:
        bare = bare.removeprefix(word)
    for word in _AFTER:
        bare = bare.removesuffix(word)
    if bare != name:
        yield bare
        yield bare.removesuffix("s")
        if bare in _IRREGULAR:
            yield _IRREGULAR[bare]
