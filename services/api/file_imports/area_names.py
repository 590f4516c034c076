"""Areas by their names, for the files of those who know no codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.file_imports.cells import Read
from services.api.file_imports.columns import area_codes
from shared.db.tables import area


async def find_named_areas(connection: AsyncConnection, kinds: Iterable[str]) -> Mapping[str, Read]:
    """Return what turns the names of areas into their codes, by the areas' kind."""
    named = {}
    for kind in kinds:
        codes: dict[str, list[str]] = {}
        for code, name in await connection.execute(select(area.c.code, area.c.name).where(area.c.kind == kind)):
            codes.setdefault(name.casefold(), []).append(code)
        named[kind] = area_codes(codes, kind)
    return named
