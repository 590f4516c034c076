"""What a figure is made of: the activities behind it, each one's part, and what was left out and why."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause, text

from shared.catalogue.parts import parts
from shared.domain.activity_type import Wording

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.indicator_values.queries import ValueKey
    from services.api.paging import Page
    from shared.catalogue.indicator import IndicatorDefinition

REASONS = {
    "cancelled": Wording(sv="Inställd eller dubblett", en="Cancelled, or a duplicate"),
    "notPerformed": Wording(sv="Planerad, inte utförd", en="Planned, not performed"),
    "notOfThisKind": Wording(sv="Räknas inte i detta mått", en="Not counted by this indicator"),
    "participantsUnknown": Wording(sv="Antal deltagare är okänt", en="The number of participants is unknown"),
    "notReported": Wording(sv="Datum för anmälan saknas", en="The date of the report is missing"),
    "notYetDue": Wording(sv="Tiden har inte gått ut", en="The time is not up yet"),
    "startUnknown": Wording(sv="Okänt när arbetet började", en="When work started is unknown"),
}

_INSIDE = """
    FROM ({parts}) AS part
    JOIN area_closure AS inside ON inside.descendant_id = part.area_id AND inside.valid @> part.counted_on
    JOIN area AS whole ON whole.area_id = inside.ancestor_id
    WHERE whole.code = :area AND part.counted_on BETWEEN :first AND :last"""


@cache
def _page(definition: IndicatorDefinition) -> TextClause:
    return text(
        f"""SELECT activity_id, activity.source, external_id, activity_type, area.code AS area, counted_on,
                   part.numerator, part.denominator, reason
            FROM (SELECT part.* {_INSIDE.format(parts=parts(definition))}) AS part
            JOIN activity USING (activity_id) JOIN area ON area.area_id = activity.area_id
            ORDER BY counted_on, activity_id LIMIT :limit OFFSET :offset"""
    )


@cache
def _count(definition: IndicatorDefinition) -> TextClause:
    return text(f"SELECT count(*) {_INSIDE.format(parts=parts(definition))}")


async def activities_behind(
    connection: AsyncConnection, definition: IndicatorDefinition, key: ValueKey, page: Page, as_of: date
) -> tuple[int, list[dict[str, Any]]]:
    """Return how many activities the value is about, and one page of them by date."""
    asked = {"area": key.area, "first": key.period.start, "last": key.period.end, "as_of": as_of}
    total: int = (await connection.execute(_count(definition), asked)).scalar_one()
    rows = await connection.execute(_page(definition), asked | {"limit": page.limit, "offset": page.offset})
    return total, [
        {
            "activityId": row.activity_id,
            "source": row.source,
            "externalId": row.external_id,
            "type": row.activity_type,
            "area": row.area,
            "countedOn": row.counted_on,
            "numerator": row.numerator,
            "denominator": row.denominator,
            "leftOut": {"reason": row.reason, **REASONS[row.reason].model_dump()} if row.reason else None,
        }
        for row in rows
    ]
