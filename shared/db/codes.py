"""Finds areas and agreements by their codes, which is what every client names them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text

from shared.db.tables import agreement, area
from shared.domain.errors import UnknownAgreement, UnknownArea

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

# One array however many there are: a file of areas has thousands.
_AREA_IDS = text("SELECT code, area_id FROM area WHERE code = ANY(CAST(:codes AS text[]))")


async def find_area_id(connection: AsyncConnection, code: str) -> int | None:
    """Return the id of the area with a code, if there is one."""
    return (await connection.execute(select(area.c.area_id).where(area.c.code == code))).scalar_one_or_none()


async def find_area_ids(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of the areas with these codes, by code; unknown codes are left out."""
    rows = await connection.execute(_AREA_IDS, {"codes": list(codes)})
    return {row.code: row.area_id for row in rows}


async def get_area_id(connection: AsyncConnection, code: str) -> int:
    """Return the id of the area with a code.

    Raises:
        UnknownArea: there is none.

    """
    area_id = await find_area_id(connection, code)
    if area_id is None:
        raise UnknownArea
    return area_id


async def find_agreement_id(connection: AsyncConnection, code: str) -> int | None:
    """Return the id of the agreement with a code, if there is one."""
    statement = select(agreement.c.agreement_id).where(agreement.c.code == code)
    return (await connection.execute(statement)).scalar_one_or_none()


async def get_agreement_id(connection: AsyncConnection, code: str) -> int:
    """Return the id of the agreement with a code.

    Raises:
        UnknownAgreement: there is none.

    """
    agreement_id = await find_agreement_id(connection, code)
    if agreement_id is None:
        raise UnknownAgreement
    return agreement_id
