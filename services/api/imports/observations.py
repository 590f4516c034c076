"""How the rows of a file become observations.

Categories of crime nest, so a file counts one crime at several levels. Each code's figure is stored as one of its own,
and an indicator adds up none but the codes of its own list: nothing is counted twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.imports.cell_readers import (
    PER_CENT,
    Read,
    UnreadableCell,
    area_code,
    as_text,
    moment_in,
    number_in,
    whole_number_in,
)
from services.api.imports.mappings.content import Makes
from services.api.imports.record_type import PERIOD_PARTS
from shared.catalogue.loader import Catalogue
from shared.catalogue.observed import CodesInUse
from shared.db.locks import area_hierarchy_version, share_area_hierarchy
from shared.domain.errors import Violation
from shared.domain.moment import Moment
from shared.facts.activities import FactOutcome
from shared.facts.observations import ObservationFact, record_observations
from shared.files.cells import Cell, DateCell, text_of
from shared.files.numbers import DecimalSign
from shared.intake.observations import KnownArea, ObservationBody, find_areas, judge
from shared.intake.violations import violation_of

MAKES: Makes = "observations"

SHORTEST_CODE = 4
_whole_number = whole_number_in()
_FIGURES = frozenset({"numerator", "denominator", "value"})
_WHOLE_NUMBERS = frozenset({"year", "month"})
_NO_PERIOD = Violation("period", "is missing", "Give `period`, or `year` with `month`.")
_NO_MONTH = Violation("month", "is no month", "Give a number from 1 to 12.")
_OTHER_PERIOD = Violation("periodType", "is neither month nor year", "Translate it, or skip such rows, by a mapping.")


@dataclass(frozen=True, slots=True)
class ObservationDraft:
    """What was sent, if its form is sound, or what is wrong with its form."""

    body: ObservationBody | None
    faults: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownAreas:
    """The areas that codes stand for, at one version of the structure; None where there is no such area."""

    version: int
    found: dict[str, KnownArea | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObservationReading:
    """How the cells of a file of observations are read."""

    areas: Mapping[str, Read]
    makes: Makes = MAKES
    unlike: frozenset[str] = frozenset()

    def typed(self, field: str, zone: tzinfo, decimal_sign: DecimalSign | None) -> Read:
        """Return what turns a cell into a value of the field's type."""
        if field in _FIGURES:
            return number_in(decimal_sign, PER_CENT if field == "value" else ())
        if field in _WHOLE_NUMBERS:
            return whole_number_in(decimal_sign)
        return {"area": area_code, "code": _code, "period": _period_text, "publishedOn": moment_in(zone)}.get(
            field, as_text
        )

    def named(self, kind: str) -> Read:
        """Return what turns the name or the code of an area of a kind into its code."""
        return self.areas[kind]


class ObservationRecords:
    """Observations, by source, measure, code, area and period."""

    makes: Makes = MAKES
    noun = "observation-imports"
    key_field = ("period", "has the same source, measure, code, area and period")
    outdated = ("finality", "a final figure is kept", "Send a final one, or leave it out.")

    def reading(self, _catalogue: Catalogue, named_areas: Mapping[str, Read]) -> ObservationReading:
        """Return how cells are read; `named_areas` has what reads the names of areas, by their kind."""
        return ObservationReading(named_areas)

    def from_cells(
        self, document: dict[str, Any], faults: Sequence[Violation], _case_numbers: str | None
    ) -> ObservationDraft:
        """Read what the cells of a row say; `faults` are what is known already of fields that it lacks."""
        published = document.get("publishedOn")
        if isinstance(published, Moment):
            document["publishedOn"] = published.on.isoformat()
        unreadable = {fault.field for fault in faults}
        if "period" not in document and unreadable.isdisjoint({"period", *PERIOD_PARTS}):
            period = _period(document)
            if isinstance(period, Violation):
                faults = [*faults, period]
            else:
                document["period"] = period
        fields = {name: value for name, value in document.items() if name not in PERIOD_PARTS}
        return _draft(fields, faults)

    def from_json(self, sent: object) -> ObservationDraft:
        """Read one observation from a JSON value."""
        return _draft(sent, ())

    def nothing_known(self) -> KnownAreas:
        """Return no references at all."""
        return KnownAreas(version=0)

    async def look_up(
        self, connection: AsyncConnection, drafts: Sequence[ObservationDraft], known: KnownAreas
    ) -> KnownAreas:
        """Return the places that the drafts name. Until the transaction ends, they stay as they were found."""
        await share_area_hierarchy(connection)
        version = await area_hierarchy_version(connection)
        if version != known.version:
            known = KnownAreas(version)
        missing = {draft.body.area for draft in drafts if draft.body} - known.found.keys()
        if missing:
            found = await find_areas(connection, missing)
            known.found.update({code: found.get(code) for code in missing})
        return known

    def judge(
        self, draft: ObservationDraft, known: KnownAreas, catalogue: Catalogue, today: date, _row: int
    ) -> ObservationFact | list[Violation]:
        """Return the draft as a fact, or everything that is wrong with it."""
        if draft.body is None:
            return list(draft.faults)
        return judge(draft.body, known.found[draft.body.area], catalogue, today)

    def key(self, fact: ObservationFact) -> tuple[object, ...]:
        """Return what an observation is found again by."""
        observation = fact.observation
        return observation.source, observation.measure, observation.code, fact.area_id, observation.period

    def is_older(self, fact: ObservationFact, other: ObservationFact) -> bool:
        """Tell whether a row is preliminary where the other is final."""
        return fact.observation.finality == "preliminary" and other.observation.finality == "final"

    async def record(
        self,
        connection: AsyncConnection,
        facts: Sequence[tuple[int, ObservationFact]],
        _import_id: UUID,
        _catalogue: Catalogue,
        _today: date,
        sent: asyncio.Event,
    ) -> Mapping[int, FactOutcome]:
        """Record observations, and return what became of their rows."""
        sent.set()
        if not facts:
            return {}
        recorded = await record_observations(connection, [fact for _, fact in facts])
        return {row: one.outcome for (row, _), one in zip(facts, recorded, strict=True)}

    def unused_codes(self, facts: Iterable[ObservationFact], catalogue: Catalogue) -> Counter[tuple[str, str]]:
        """Count the facts of each measure and code that no indicator reads in their periods."""
        read_by: dict[str, list[CodesInUse]] = {}
        unused_codes: Counter[tuple[str, str]] = Counter()
        for observation in (fact.observation for fact in facts):
            if not observation.code:
                continue
            if observation.measure not in read_by:
                readers = catalogue.measures.get(observation.measure, ())
                read_by[observation.measure] = [CodesInUse(one.observes.codes) for one in readers if one.observes]
            if not any(codes.hold(observation.code, observation.period) for codes in read_by[observation.measure]):
                unused_codes[observation.measure, observation.code] += 1
        return unused_codes


def _draft(sent: object, faults: Sequence[Violation]) -> ObservationDraft:
    try:
        body = ObservationBody.model_validate(sent)
    except ValidationError as error:
        known = {fault.field for fault in faults}
        if not known.isdisjoint(PERIOD_PARTS):
            known.add("period")
        found = [violation_of(fault, fault["loc"]) for fault in error.errors()]
        return ObservationDraft(None, (*faults, *(fault for fault in found if fault.field not in known)))
    return ObservationDraft(None, tuple(faults)) if faults else ObservationDraft(body)


def _period(document: Mapping[str, Any]) -> str | Violation:
    """Return the period that its parts name: a month unless they say that it is a year, or name no month."""
    year, month = document.get("year"), document.get("month")
    period_type = document.get("periodType", "year" if month is None else "month")
    if year is None:
        return _NO_PERIOD
    if period_type == "year":
        return f"{year:04}"
    if period_type != "month":
        return _OTHER_PERIOD
    # A number of a month is a number here, whatever else a constant may have been.
    return f"{year:04}-{month:02}" if isinstance(month, int) and 1 <= month <= 12 else _NO_MONTH  # noqa: PLR2004


def _period_text(cell: Cell) -> object:
    """Return a period as it is written; a spreadsheet takes 2016-03 for the first day of that month."""
    if isinstance(cell, DateCell):
        if isinstance(cell.value, datetime) or cell.value.day != 1:
            raise UnreadableCell("is a day", "Write 2016-03, 2016-T1 or 2016.")
        return f"{cell.value:%Y-%m}"
    return text_of(cell)


def _code(cell: Cell) -> object:
    """Return a crime code or category; a spreadsheet takes the zeros off one that begins with them."""
    text = text_of(cell)
    code = str(_whole_number(cell))
    if not code.isdecimal():
        raise UnreadableCell("is no crime code or category", "Write its digits.")
    return text if text.isdecimal() and len(text) >= SHORTEST_CODE else code.zfill(SHORTEST_CODE)
