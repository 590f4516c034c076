"""What must hold for a municipality to publish, whether a client or a page asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.open_data import queries
from shared.db.territories import FiguresAbove
from shared.domain.errors import FiguresNotOpen, InvalidOpenData, Violation
from shared.domain.open_data import faults_of

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.open_data import Publisher


async def publish(
    connection: AsyncConnection, area_id: int, publisher: Publisher, today: date, figures_above: FiguresAbove
) -> None:
    """Publish the final figures of an area, which the caller may decide of, from now on, or as somebody else.

    Raises:
        InvalidOpenData: it is no municipality, or the publisher cannot be published.
        FiguresNotOpen: this service shows no municipality's figures to others.
    """
    faults = [*faults_of(publisher)]
    if not await queries.is_municipality(connection, area_id, today):
        faults.append(Violation("areaCode", "is no municipality's", "Give the code of a municipality, such as 1282."))
    if faults:
        raise InvalidOpenData("This cannot be published.", faults)
    if figures_above is FiguresAbove.CLOSED:
        raise FiguresNotOpen(
            "This service shows no municipality's figures to others, and so publishes none. "
            "The operator decides that by SAMVERKAN_FIGURES_ABOVE."
        )
    await queries.put(connection, area_id, publisher)
