"""How the rows of a file become activities."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.imports.cell_readers import (
    Read,
    UnreadableCell,
    area_code,
    as_text,
    moment_in,
    number_in,
    whole_number_in,
)
from services.api.imports.mappings.content import Makes
from services.api.imports.record_type import FIELDS
from shared.catalogue.loader import Catalogue
from shared.domain.errors import Violation
from shared.facts.activities import ActivityFact, FactOutcome, record_staged, stage_activities
from shared.facts.references import KnownReferences, extend_references
from shared.files.cells import Cell, TimeCell, plain_number, text_of
from shared.files.numbers import DecimalSign
from shared.intake.activities import ActivityDraft, judge, read, stored_from_before
from shared.intake.activity_form import ITEM_SEPARATOR

MAKES: Makes = "activities"

_NO_EXTERNAL_ID = Violation("externalId", "is missing", "Give it, so that the same file can be sent twice.")
_WHOLE_NUMBERS = frozenset({"annex", "count", "version"})
_KRONOR = ("kronor", "kr", "sek", ":-")
_SECONDS_OF_AN_HOUR = 3600
_MINUTES_OF_AN_HOUR = 60
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class ActivityReading:
    """How the cells of a file of activities are read; `attributes` are the kinds of attributes, by name."""

    attributes: Mapping[str, str]
    areas: Mapping[str, Read]
    makes: Makes = MAKES
    unlike: frozenset[str] = frozenset({"externalId", "note"})

    def typed(self, field: str, zone: tzinfo, decimal_sign: DecimalSign | None) -> Read:
        """Return what turns a cell into a value of the field's type."""
        if field in FIELDS[MAKES].dated:
            return moment_in(zone)
        if field in _WHOLE_NUMBERS or field.startswith("participants."):
            return whole_number_in(decimal_sign)
        if field == "cost":
            return number_in(decimal_sign, _KRONOR)
        if field == "area":
            return area_code
        if field == "commitments":
            return _codes
        kind = self.attributes.get(field.removeprefix("attributes."))
        by_kind = {"hours": hours_in(decimal_sign), "items": _items, "number": _whole_number_text_in(decimal_sign)}
        return by_kind.get(kind or "", as_text)

    def named(self, kind: str) -> Read:
        """Return what turns the name or the code of an area of a kind into its code."""
        return self.areas[kind]


class ActivityRecords:
    """Activities, by source and external id."""

    makes: Makes = MAKES
    noun = "activity-imports"
    key_field = ("externalId", "has the same source and externalId")
    outdated = ("version", "a newer version of the activity is kept", "Send a later version, or leave it out.")

    def reading(self, catalogue: Catalogue, named_areas: Mapping[str, Read]) -> ActivityReading:
        """Return how cells are read; `named_areas` has what reads the names of areas, by their kind."""
        return ActivityReading(catalogue.kinds_of_attributes, named_areas)

    def from_cells(
        self, document: dict[str, Any], faults: Sequence[Violation], case_numbers: str | None
    ) -> ActivityDraft:
        """Read what the cells of a row say; `faults` are what is known already of fields that it lacks."""
        return read(document, faults, case_numbers)

    def from_json(self, sent: object) -> ActivityDraft:
        """Read one activity from a JSON value."""
        return read(sent)

    def nothing_known(self) -> KnownReferences:
        """Return no references at all."""
        return KnownReferences(version=0, found={})

    async def look_up(
        self, connection: AsyncConnection, drafts: Sequence[ActivityDraft], known: KnownReferences
    ) -> KnownReferences:
        """Return settings that have what the drafts refer to."""
        known = await extend_references(connection, {draft.reference for draft in drafts}, known)
        known.stored.update(await stored_from_before(connection, drafts, known))
        return known

    def judge(
        self, draft: ActivityDraft, known: KnownReferences, catalogue: Catalogue, today: date, row: int
    ) -> ActivityFact | list[Violation]:
        """Return the draft as a fact, or everything that is wrong with it."""
        found = judge(draft, known.of(draft.reference, is_stored=draft.key in known.stored), catalogue, today, row)
        is_faulty = any(fault.field in {"externalId", ""} for fault in draft.faults)
        if draft.activity.external_id is None and not is_faulty:
            return [*([] if isinstance(found, ActivityFact) else found), _NO_EXTERNAL_ID]
        return found

    def key(self, fact: ActivityFact) -> tuple[object, ...]:
        """Return what an activity is found again by."""
        return fact.activity.source, fact.activity.external_id

    def is_older(self, fact: ActivityFact, other: ActivityFact) -> bool:
        """Tell whether a row says of itself that it is older; as the database compares versions."""
        mine, others = fact.activity, other.activity
        if mine.version is not None and others.version is not None and mine.version != others.version:
            return mine.version < others.version
        return mine.changed_at is not None and others.changed_at is not None and mine.changed_at < others.changed_at

    async def record(
        self,
        connection: AsyncConnection,
        facts: Sequence[tuple[int, ActivityFact]],
        import_id: UUID,
        catalogue: Catalogue,
        today: date,
        sent: asyncio.Event,
    ) -> Mapping[int, FactOutcome]:
        """Record activities, and return what became of their rows."""
        await stage_activities(connection, [fact for _, fact in facts], import_id)
        sent.set()
        tally = await record_staged(connection, catalogue.deadlines, today)
        outcomes = dict.fromkeys(tally.created, FactOutcome.CREATED)
        outcomes |= dict.fromkeys(tally.updated, FactOutcome.UPDATED)
        return outcomes | dict.fromkeys(tally.outdated, FactOutcome.OUTDATED)

    def unused_codes(self, _facts: Iterable[ActivityFact], _catalogue: Catalogue) -> Counter[tuple[str, str]]:
        """Return nothing: the types of activities are known, and each has its indicators."""
        return Counter()


def _whole_number_text_in(decimal_sign: DecimalSign | None = None) -> Read:
    """Return what reads a whole number as the text that stands for it: 1 000 is 1000."""
    read = whole_number_in(decimal_sign)
    return lambda cell: str(read(cell))


def hours_in(decimal_sign: DecimalSign | None = None) -> Read:
    """Return what reads a number of hours, 4,5 or 4:30, as the text that stands for it."""
    read_any = number_in(decimal_sign, ("timmar", "tim", "h"))

    def read(cell: Cell) -> object:
        if isinstance(cell, TimeCell):
            return plain_number(round(cell.value.total_seconds() / _SECONDS_OF_AN_HOUR, 4))
        if isinstance(cell, str) and (clock := _CLOCK.fullmatch(cell)):
            return plain_number(round(int(clock[1]) + int(clock[2]) / _MINUTES_OF_AN_HOUR, 4))
        return str(read_any(cell))

    return read


def _codes(cell: Cell) -> object:
    """Read a list of codes."""
    return [code.strip() for code in text_of(cell).split(ITEM_SEPARATOR)]


def _items(cell: Cell) -> object:
    """Read a list of items, each of them its state, a colon and what it is about."""
    items = []
    for position, part in enumerate(text_of(cell).split(ITEM_SEPARATOR), 1):
        state, colon, item = part.partition(":")
        if not colon:
            remedy = f"Write the list as: done: Broken lamp {ITEM_SEPARATOR} open: Cut hedge"
            raise UnreadableCell(f"item {position} has no state", remedy)
        items.append({"item": item, "state": state.strip()})
    return items
