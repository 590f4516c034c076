"""Earlier activities that a report can refer to, as the choices of its form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.pages.area_names import name_in
from shared.domain.wording import in_language
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.reporting.fields import ReportForm
    from shared.domain.wording import Language

MOST_EARLIER = 50
# By one source of the owner's, since a reference is an id of the same source; and one that is referred to already.
_EARLIER = text(
    """SELECT external_id, name, coalesce(name_en, name) AS name_en, activity.period_on
       FROM activity JOIN area USING (area_id)
       WHERE owner_area_id = acting_owner() AND source = :source AND external_id IS NOT NULL
         AND activity_type = :type AND activity_id IS DISTINCT FROM CAST(:itself AS uuid)
         AND period_on IS NOT NULL AND status = 'performed' OR
             owner_area_id = acting_owner() AND source = :source AND external_id = ANY(:referred)
             AND period_on IS NOT NULL
       ORDER BY period_on DESC, activity_id DESC LIMIT :most"""
)


async def with_earlier(
    connection: AsyncConnection, form: ReportForm, source: str, stored: Mapping[str, Any] | None, language: Language
) -> ReportForm:
    """Return a form whose references can be chosen; without anything to refer to it has no such field."""
    fields = [field for field in form.fields if field.input == "reference"]
    if not fields:
        return form
    attributes = {} if stored is None else stored["attributes"]
    asked = {
        "source": source,
        "type": form.type.code,
        "itself": None if stored is None else stored["id"],
        "referred": [one for field in fields if isinstance(one := attributes.get(field.name.partition(".")[2]), str)],
        "most": MOST_EARLIER,
    }
    rows = (await connection.execute(_EARLIER, asked)).all()
    name = in_language(form.type.name, language)
    choices = tuple(
        (row.external_id, f"{name}, {name_in(row, language)}, {date_in_words(row.period_on, language)}") for row in rows
    )
    return replace(
        form,
        fields=tuple(
            replace(field, choices=choices) if field.input == "reference" else field
            for field in form.fields
            if choices or field.input != "reference"
        ),
    )
