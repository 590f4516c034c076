"""Which activities were planned for a day that has passed: the one rule of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text

from shared.db.tables import activity, agreement, area, person_report
from shared.expectations.expectation import AnnexKey, Expectation, ExpectationKind
from shared.expectations.places import PLACE, place_of

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Row

    from shared.catalogue.loader import Catalogue

PLANNED_ON = func.coalesce(activity.c.start_on, func.least(activity.c.end_on, activity.c.completed_on))
"""For which day it is planned. What has only been reported, such as graffiti, waits unplanned."""


def are_unreported(day: date) -> list[ColumnElement[bool]]:
    """Return what holds for activities that should have begun before a day, and of which nothing has been heard."""
    # As in the index of those that are planned.
    return [activity.c.status == literal_column("'planned'"), activity.c.duplicate_of.is_(None), day > PLANNED_ON]


def select_unreported(day: date, place: str = PLACE) -> Select[Any]:
    """Return the SELECT of these activities, with the columns of their place; the parameter of those is `as_of`."""
    columns = activity.c
    return (
        select(
            columns.activity_id,
            columns.activity_type,
            columns.agreement_id,
            columns.annex_number,
            PLANNED_ON.label("planned_on"),
            agreement.c.code.label("agreement"),
            person_report.c.person_id,
            text(place),
        )
        .join(area, area.c.area_id == columns.area_id)
        .join(agreement, agreement.c.agreement_id == columns.agreement_id)
        .outerjoin(person_report, person_report.c.activity_id == columns.activity_id)
        .where(*are_unreported(day))
    )


def unreported_of(row: Row[Any], catalogue: Catalogue) -> Expectation:
    """Return one of these rows as what is expected; its type must be in the catalogue."""
    return Expectation(
        ExpectationKind.PLANNED,
        str(row.activity_id),
        catalogue.activity_types[row.activity_type].name,
        place_of(row),
        AnnexKey(row.agreement_id, row.agreement, row.annex_number),
        row.planned_on,
        row.planned_on,
        activity_id=row.activity_id,
        reported_by=row.person_id,
    )
