"""The codes that a filter on changes names: one that does not exist would look like a value that never changes."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import Catalogue
from shared.db.codes import find_area_ids
from shared.domain.errors import Violation
from shared.feed.changes import ChangeFilter


async def unknown_codes(
    connection: AsyncConnection, definitions: Catalogue, wanted: ChangeFilter, *, indicators: str, areas: str
) -> list[Violation]:
    """Return what is wrong with a filter; `indicators` and `areas` are what the client calls the two lists of codes."""
    known = await find_area_ids(connection, wanted.areas)
    return [
        *(
            Violation(indicators, "is not an indicator's code", "Take a code from /indicators.")
            for code in wanted.indicators
            if code not in definitions.indicators
        ),
        *(
            Violation(areas, "is not an area's code", "Take a code from /areas.")
            for code in wanted.areas
            if code not in known
        ),
    ]
