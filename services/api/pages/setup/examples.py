"""Rows that show how a sheet is filled in: marked as examples, and read as nothing.

A value that begins with @ is the key of a text; of a list it is a code.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from services.api.pages.setup.layout import Input, TemplateSheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.texts import Translate
    from shared.domain.wording import Language

Value = str | int | date
_KEY: Final = "@"

_JANUARY, _JUNE, _DECEMBER = date(2026, 1, 1), date(2026, 6, 10), date(2026, 12, 31)
EXAMPLES: Final[Mapping[str, tuple[Mapping[str, Value], ...]]] = {
    "agreement": (
        {
            "title": "@agreement",
            "validFrom": _JANUARY,
            "validTo": _DECEMBER,
            "caseNumber": "KS 2026-123",
            "parties": "@party",
        },
    ),
    "annexes": (
        {
            "number": 1,
            "title": "@annex",
            "theme": "attractive-city",
            "purpose": "@purpose",
            "goals": "@goals",
            "actions": "@actions",
            "followUp": "@followUp",
        },
        {"number": 2, "title": "@ownAnnex", "purpose": "@ownPurpose"},
    ),
    "followed": (
        {"annex": 2, "indicator": "foot-patrols/all", "counted": "annex"},
        {"annex": 2, "indicator": "safety-walks/all", "counted": "all"},
    ),
    "targets": (
        {
            "annex": 1,
            "indicator": "graffiti-started-in-time/all",
            "rule": "atLeast",
            "value": 80,
            "per": "year",
            "wording": "@target",
        },
        {
            "annex": 2,
            "indicator": "safety-walks/all",
            "rule": "atLeast",
            "value": 4,
            "per": "year",
            "wording": "@walks",
        },
    ),
    "commitments": (
        {
            "number": 1,
            "promise": "yes",
            "wording": "@lamps",
            "party": "@party",
            "annex": 1,
            "area": "@park",
            "dueOn": date(2026, 9, 30),
        },
        {
            "number": 2,
            "promise": "no",
            "wording": "@patrol",
            "party": "@police",
            "annex": 2,
            "times": 2,
            "every": "month",
            "activityType": "foot-patrol",
        },
    ),
    "places": ({"name": "@school", "kind": "school"}, {"name": "@park", "kind": "park", "validFrom": _JANUARY}),
    "roles": (
        {"area": "@school", "role": "contact-officer", "validFrom": _JANUARY, "need": 1},
        {"area": "@school", "role": "contact-person", "validFrom": _JANUARY, "validTo": _JUNE},
    ),
    "terms": ({"name": "@term", "validFrom": date(2026, 1, 8), "validTo": _JUNE},),
    "people": (
        {
            "email": "anna.berg@kommun.example",
            "name": "Anna Berg",
            "role": "reporter",
            "area": "@school",
            "party": "@party",
        },
        {"email": "bo.ek@kommun.example", "role": "annex-owner", "annex": 2},
    ),
}


def example_rows(
    sheet: TemplateSheet, choices: TemplateChoices, language: Language, t: Translate
) -> list[dict[str, Value]]:
    """Return the examples of a sheet, by column, as they are written."""
    return [
        {column: _written(sheet, column, value, choices, language, t) for column, value in row.items()}
        for row in EXAMPLES[sheet.key]
    ]


def _written(
    sheet: TemplateSheet, key: str, value: Value, choices: TemplateChoices, language: Language, t: Translate
) -> Value:
    if not isinstance(value, str):
        return value
    column = sheet.column(key)
    if column.input is Input.CHOICE:
        return choices.names(column.source, language)[value]
    return t(f"setup.example.{value.removeprefix(_KEY)}") if value.startswith(_KEY) else value
