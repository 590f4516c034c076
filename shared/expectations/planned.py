"""Which activities were planned for a day that has passed: the one rule of it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, func, literal_column

from shared.db.tables import activity

PLANNED_ON = func.coalesce(activity.c.start_on, func.least(activity.c.end_on, activity.c.completed_on))
"""For which day it is planned. What has only been reported, such as graffiti, waits unplanned."""


def are_unreported(day: date) -> list[ColumnElement[bool]]:
    """Return what holds for activities that should have begun before a day, and of which nothing has been heard."""
    # As in the index of those that are planned.
    return [activity.c.status == literal_column("'planned'"), activity.c.duplicate_of.is_(None), day > PLANNED_ON]
