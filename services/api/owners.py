"""Whose own a definition is, as lists of definitions are asked for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.problems import InvalidQuery
from shared.db.codes import find_area_id
from shared.domain.errors import Violation

AddedBy = Annotated[str | None, Query(description="Only those that the municipality with this code has added.")]


async def refuse_unknown_area(connection: AsyncConnection, code: str | None) -> None:
    """Raise InvalidQuery if no area has the code: an empty list would look like an answer."""
    if code is not None and await find_area_id(connection, code) is None:
        violation = Violation("area", "no area has this code", "Take a code from /areas.")
        raise InvalidQuery("The area is unknown.", [violation])
