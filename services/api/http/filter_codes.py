"""Codes in the query parameters of lists: found, or refused as an invalid query."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.problems import InvalidQuery
from shared.db.codes import find_agreement_id, find_area_id
from shared.domain.errors import Violation


async def area_id_of(connection: AsyncConnection, code: str | None) -> int | None:
    """Return the id of the area to filter by, or None for any.

    Raises:
        InvalidQuery: no area has the code.

    """
    if code is None:
        return None
    area_id = await find_area_id(connection, code)
    if area_id is None:
        raise unknown_code("area", "Take a code from /areas.")
    return area_id


async def agreement_id_of(connection: AsyncConnection, code: str | None) -> int | None:
    """Return the id of the agreement to filter by, or None for any.

    Raises:
        InvalidQuery: no agreement has the code.

    """
    if code is None:
        return None
    agreement_id = await find_agreement_id(connection, code)
    if agreement_id is None:
        raise unknown_code("agreement", "Take a code from /agreements.")
    return agreement_id


def unknown_code(parameter: str, remedy: str) -> InvalidQuery:
    """Return the error of a parameter that names something that is not there."""
    violation = Violation(parameter, "no such code", remedy)
    return InvalidQuery("A query parameter names something unknown.", [violation])
