"""What the template asks for: its sheets and their columns. What they are called is in the texts, by their keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Of the sheets and columns below. Another one when an older file can no longer be read as a newer one.
VERSION: Final = 1
# Where tables begin: a title, a lead, an empty row; then the headings, their help and the examples.
HEADING_ROW: Final = 4
MOST_EXAMPLES: Final = 2
FIRST_ROW: Final = HEADING_ROW + MOST_EXAMPLES + 2
LAST_ROW: Final = 500
# The form of the agreement itself: a field a row, its value in the second column.
FIRST_FIELD_ROW: Final = 4
MOST_PARTIES: Final = 8


class Input(StrEnum):
    """What is written into a cell."""

    TEXT = "text"
    # Several texts, each on a line of the cell.
    LINES = "lines"
    DATE = "date"
    NUMBER = "number"
    WHOLE = "whole"
    # One of a list of `services.api.pages.setup.choices`.
    CHOICE = "choice"
    # What another sheet names: a place, a party, an annex.
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """A column of a sheet, or a field of the agreement; `source` is its list, or the sheet and column it refers to."""

    key: str
    input: Input = Input.TEXT
    is_required: bool = False
    source: str = ""
    width: int = 18


@dataclass(frozen=True, slots=True)
class TemplateSheet:
    """A table of the template; the column `name` tells its rows apart for people."""

    key: str
    columns: tuple[TemplateColumn, ...]
    name: str

    def column(self, key: str) -> TemplateColumn:
        """Return the column with a key."""
        return next(column for column in self.columns if column.key == key)


_ANNEX = TemplateColumn("annex", Input.REFERENCE, source="annexes.number", width=10)
_AREA = TemplateColumn("area", Input.REFERENCE, source="places.name", width=24)
_PARTY = TemplateColumn("party", Input.REFERENCE, source="agreement.parties", width=26)
_FROM, _TO = (TemplateColumn(key, Input.DATE, width=14) for key in ("validFrom", "validTo"))
_FIRST, _LAST = (TemplateColumn(key, Input.DATE, is_required=True, width=14) for key in ("validFrom", "validTo"))

AGREEMENT: Final = TemplateSheet(
    "agreement",
    (
        TemplateColumn("title", is_required=True),
        _FIRST,
        _LAST,
        TemplateColumn("caseNumber"),
        TemplateColumn("parties", Input.LINES, is_required=True),
    ),
    "title",
)
TABLES: Final = (
    TemplateSheet(
        "annexes",
        (
            TemplateColumn("number", Input.WHOLE, is_required=True, width=8),
            TemplateColumn("title", is_required=True, width=28),
            TemplateColumn("theme", Input.CHOICE, source="theme", width=28),
            _FROM,
            _TO,
            TemplateColumn("purpose", width=36),
            TemplateColumn("goals", Input.LINES, width=44),
            TemplateColumn("actions", Input.LINES, width=44),
            TemplateColumn("followUp", Input.LINES, width=44),
            TemplateColumn("titleEn", width=24),
        ),
        "title",
    ),
    TemplateSheet(
        "followed",
        (
            _ANNEX,
            TemplateColumn("indicator", Input.CHOICE, is_required=True, source="series", width=52),
            TemplateColumn("counted", Input.CHOICE, source="counted", width=30),
        ),
        "indicator",
    ),
    TemplateSheet(
        "targets",
        (
            _ANNEX,
            TemplateColumn("indicator", Input.CHOICE, is_required=True, source="series", width=48),
            TemplateColumn("rule", Input.CHOICE, is_required=True, source="rule", width=34),
            TemplateColumn("value", Input.NUMBER, width=10),
            TemplateColumn("upperValue", Input.NUMBER, width=12),
            TemplateColumn("per", Input.CHOICE, is_required=True, source="per", width=16),
            _AREA,
            _FROM,
            _TO,
            TemplateColumn("counted", Input.CHOICE, source="counted", width=30),
            TemplateColumn("wording", width=50),
        ),
        "wording",
    ),
    TemplateSheet(
        "commitments",
        (
            TemplateColumn("number", Input.WHOLE, is_required=True, width=8),
            TemplateColumn("promise", Input.CHOICE, is_required=True, source="yesNo", width=16),
            TemplateColumn("wording", is_required=True, width=56),
            _PARTY,
            _ANNEX,
            _AREA,
            TemplateColumn("dueOn", Input.DATE, width=14),
            TemplateColumn("times", Input.WHOLE, width=10),
            TemplateColumn("every", Input.CHOICE, source="every", width=16),
            TemplateColumn("activityType", Input.CHOICE, source="activityType", width=30),
            TemplateColumn("status", Input.CHOICE, source="status", width=14),
            TemplateColumn("notedOn", Input.DATE, width=14),
            TemplateColumn("wordingEn", width=40),
        ),
        "wording",
    ),
    TemplateSheet(
        "places",
        (
            TemplateColumn("name", is_required=True, width=30),
            TemplateColumn("kind", Input.CHOICE, is_required=True, source="placeKind", width=22),
            TemplateColumn("parent", Input.REFERENCE, source="places.name", width=24),
            _FROM,
            _TO,
        ),
        "name",
    ),
    TemplateSheet(
        "roles",
        (
            TemplateColumn("area", Input.REFERENCE, is_required=True, source="places.name", width=30),
            TemplateColumn("role", Input.CHOICE, is_required=True, source="role", width=46),
            TemplateColumn("validFrom", Input.DATE, is_required=True, width=14),
            _TO,
            TemplateColumn("need", Input.WHOLE, width=18),
        ),
        "area",
    ),
    TemplateSheet("terms", (TemplateColumn("name", is_required=True, width=24), _FIRST, _LAST), "name"),
    TemplateSheet(
        "people",
        (
            TemplateColumn("email", is_required=True, width=34),
            TemplateColumn("name", width=26),
            TemplateColumn("role", Input.CHOICE, is_required=True, source="personRole", width=20),
            _AREA,
            _PARTY,
            _ANNEX,
        ),
        "email",
    ),
)
SHEETS: Final = {sheet.key: sheet for sheet in (AGREEMENT, *TABLES)}
