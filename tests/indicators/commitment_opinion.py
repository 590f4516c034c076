"""A second opinion on citizen promises: in Python, from the definition in words and what was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.indicators.place_opinion import Sent
from tests.indicators.second_opinion import Figure, Key, periods_around

PROMISES = "citizen-promises-kept"


async def commitment_opinion(connection: AsyncConnection, sent: Sent) -> dict[Key, Figure]:
    """Return every figure of citizen promises: each counts once, as fulfilled if it is in each of its areas inside."""
    activities = list(await connection.execute(_PERFORMED))
    # By area and promise, whether it is fulfilled in each of its areas inside.
    inside: dict[tuple[str, date, Any], list[bool]] = defaultdict(list)
    for owed in await connection.execute(_OWED):
        is_withdrawn = owed.withdrawn_on is not None and owed.withdrawn_on <= owed.due_on
        if is_withdrawn or owed.due_on.replace(day=1) > sent.as_of or not _is_counted(sent, owed):
            continue
        promise = owed.commitment_id, owed.code if owed.is_each_area else None
        for area in sent.above(owed.code, owed.due_on):
            inside[area, owed.due_on, promise].append(_is_met(sent, owed, activities))
    figures: dict[Key, Figure] = {}
    for (area, due_on, _), met in inside.items():
        is_due = due_on < sent.as_of
        for period, _ in periods_around(due_on.replace(day=1)):
            above, below, apart = figures.get((PROMISES, area, period), (0, 0, 0))
            added = (int(all(met)), 1, 0) if is_due else (0, 0, 1)
            figures[PROMISES, area, period] = (above + added[0], below + added[1], apart + added[2])
    return figures


def _is_counted(sent: Sent, owed: Row[Any]) -> bool:
    """Tell whether someone has the area that day: places outside of all municipalities are no one's."""
    above = sent.above(owed.code, owed.due_on)
    return any(sent.areas[code].kind == "municipality" for code in above) or bool(
        above and sent.areas[owed.code].kind != "place"
    )


def _is_met(sent: Sent, owed: Row[Any], activities: Sequence[Row[Any]]) -> bool:
    done = [
        one
        for one in activities
        if (owed.first_on or date.min) <= one.day <= owed.due_on
        and owed.code in sent.above(one.code, one.day)
        and (owed.commitment_id in {one.commitment_id, *(one.commitment_ids or ())} or _is_selected(owed, one))
    ]
    is_decided = owed.decided_on is not None and owed.decided_on <= owed.due_on
    return is_decided or (owed.fulfilled_by != "decision" and len(done) >= owed.times)


def _is_selected(owed: Row[Any], activity: Row[Any]) -> bool:
    selection = owed.selection
    return (
        selection is not None
        and activity.activity_type in selection["activityTypes"]
        and selection["from"] <= str(activity.day) <= selection["to"]
        and all(activity.attributes.get(name) in values for name, values in selection["attributes"].items())
    )


_OWED = text(
    """SELECT commitment_id, area.code, due_on, first_on, decided_on, withdrawn_on, times, is_each_area, fulfilled_by,
              selection
       FROM commitment JOIN commitment_area USING (commitment_id) JOIN area USING (area_id) WHERE is_promise"""
)
# What is remedied counts by its start, else its completion.
_PERFORMED = text(
    """SELECT code, activity_type, coalesce(start_on, completed_on) AS day, attributes, commitment_id, commitment_ids
       FROM activity JOIN area USING (area_id)
       WHERE status = 'performed' AND duplicate_of IS NULL AND coalesce(start_on, completed_on) IS NOT NULL"""
)
