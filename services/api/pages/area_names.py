"""What areas are called, by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.wording import Language

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncConnection

_NAMES = text("SELECT code, name, coalesce(name_en, name) AS name_en FROM area WHERE code = ANY(:codes)")


async def area_names(connection: AsyncConnection, codes: Collection[str], language: Language) -> dict[str, str]:
    """Return the names of areas in a language, by code."""
    rows = await connection.execute(_NAMES, {"codes": [*codes]})
    return {row.code: row.name_en if language is Language.EN else row.name for row in rows}
