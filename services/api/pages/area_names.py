"""What areas are called, by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.domain.wording import Language

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_NAMES = text("SELECT code, name, coalesce(name_en, name) AS name_en FROM area WHERE code = ANY(:codes)")
_NAMES_BY_ID = text("SELECT area_id, name, coalesce(name_en, name) AS name_en FROM area WHERE area_id = ANY(:ids)")


async def area_names(connection: AsyncConnection, codes: Collection[str], language: Language) -> dict[str, str]:
    """Return the names of areas in a language, by code."""
    rows = await connection.execute(_NAMES, {"codes": [*codes]})
    return {row.code: name_in(row, language) for row in rows}


async def area_names_by_id(connection: AsyncConnection, ids: Collection[int], language: Language) -> dict[int, str]:
    """Return the names of areas in a language, by id."""
    rows = await connection.execute(_NAMES_BY_ID, {"ids": [*ids]})
    return {row.area_id: name_in(row, language) for row in rows}


def name_in(row: Row[Any], language: Language) -> str:
    """Return the name of an area in a language; `name_en` of the row is its name where it has none in English."""
    name: str = row.name_en if language is Language.EN else row.name
    return name
