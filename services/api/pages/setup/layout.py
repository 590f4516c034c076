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
class Column:
    """A column of a sheet, or a field of the agreement; `source` is its list, or the sheet and column it refers to."""

    key: str
    input: Input = Input.TEXT
    is_required: bool = False
    source: str = ""
    width: int = 18


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the template; the column `name` tells its rows apart for people."""

    key: str
    columns: tuple[Column, ...]
    name: str

    def column(self, key: str) -> Column:
        """Return the column with a key."""
        return next(column for column in self.columns if column.key == key)


_ANNEX = Column("annex", Input.REFERENCE, source="annexes.number", width=10)
_AREA = Column("area", Input.REFERENCE, source="places.name", width=24)
_PARTY = Column("party", Input.REFERENCE, source="agreement.parties", width=26)
_FROM, _TO = (Column(key, Input.DATE, width=14) for key in ("validFrom", "validTo"))
_FIRST, _LAST = (Column(key, Input.DATE, is_required=True, width=14) for key in ("validFrom", "validTo"))

AGREEMENT: Final = Sheet(
    "agreement",
    (
        Column("title", is_required=True),
        _FIRST,
        _LAST,
        Column("caseNumber"),
        Column("parties", Input.LINES, is_required=True),
    ),
    "title",
)
TABLES: Final = (
    Sheet(
        "annexes",
        (
            Column("number", Input.WHOLE, is_required=True, width=8),
            Column("title", is_required=True, width=28),
            Column("theme", Input.CHOICE, source="theme", width=28),
            _FROM,
            _TO,
            Column("purpose", width=36),
            Column("goals", Input.LINES, width=44),
            Column("actions", Input.LINES, width=44),
            Column("followUp", Input.LINES, width=44),
            Column("titleEn", width=24),
        ),
        "title",
    ),
    Sheet(
        "followed",
        (
            _ANNEX,
            Column("indicator", Input.CHOICE, is_required=True, source="series", width=52),
            Column("counted", Input.CHOICE, source="counted", width=30),
        ),
        "indicator",
    ),
    Sheet(
        "targets",
        (
            _ANNEX,
            Column("indicator", Input.CHOICE, is_required=True, source="series", width=48),
            Column("rule", Input.CHOICE, is_required=True, source="rule", width=34),
            Column("value", Input.NUMBER, width=10),
            Column("upperValue", Input.NUMBER, width=12),
            Column("per", Input.CHOICE, is_required=True, source="per", width=16),
            _AREA,
            _FROM,
            _TO,
            Column("counted", Input.CHOICE, source="counted", width=30),
            Column("wording", width=50),
        ),
        "wording",
    ),
    Sheet(
        "commitments",
        (
            Column("number", Input.WHOLE, is_required=True, width=8),
            Column("promise", Input.CHOICE, is_required=True, source="yesNo", width=16),
            Column("wording", is_required=True, width=56),
            _PARTY,
            _ANNEX,
            _AREA,
            Column("dueOn", Input.DATE, width=14),
            Column("times", Input.WHOLE, width=10),
            Column("every", Input.CHOICE, source="every", width=16),
            Column("activityType", Input.CHOICE, source="activityType", width=30),
            Column("status", Input.CHOICE, source="status", width=14),
            Column("notedOn", Input.DATE, width=14),
            Column("wordingEn", width=40),
        ),
        "wording",
    ),
    Sheet(
        "places",
        (
            Column("name", is_required=True, width=30),
            Column("kind", Input.CHOICE, is_required=True, source="placeKind", width=22),
            Column("parent", Input.REFERENCE, source="places.name", width=24),
            _FROM,
            _TO,
        ),
        "name",
    ),
    Sheet(
        "roles",
        (
            Column("area", Input.REFERENCE, is_required=True, source="places.name", width=30),
            Column("role", Input.CHOICE, is_required=True, source="role", width=46),
            Column("validFrom", Input.DATE, is_required=True, width=14),
            _TO,
            Column("need", Input.WHOLE, width=18),
        ),
        "area",
    ),
    Sheet("terms", (Column("name", is_required=True, width=24), _FIRST, _LAST), "name"),
    Sheet(
        "people",
        (
            Column("email", is_required=True, width=34),
            Column("name", width=26),
            Column("role", Input.CHOICE, is_required=True, source="personRole", width=20),
            _AREA,
            _PARTY,
            _ANNEX,
        ),
        "email",
    ),
)
SHEETS: Final = {sheet.key: sheet for sheet in (AGREEMENT, *TABLES)}
