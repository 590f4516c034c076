"""What an import must know of the records that its rows become: activities, or observations."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.imports.cell_readers import Read, RecordReading
from services.api.imports.mappings.content import Makes
from shared.catalogue.loader import Catalogue
from shared.domain.activity import MOMENT_NAMES
from shared.domain.activity_type import ATTRIBUTE_PATTERN
from shared.domain.errors import Violation
from shared.domain.fields import Document
from shared.domain.matching import folded
from shared.facts.activities import FactOutcome
from shared.intake.activity_form import ActivityBody, Participants
from shared.intake.observations import ObservationBody

# The columns of a file of observations that give the period, when it has no column of its own.
PERIOD_PARTS = ("periodType", "year", "month")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one kind of record.

    One of each group of `required` must be stated; `dated` may have a format, and `numbers` a decimal sign.
    """

    noun: str
    body: type[Document]
    names: frozenset[str]
    required: tuple[tuple[str, ...], ...]
    dated: frozenset[str]
    numbers: frozenset[str]
    takes_attributes: bool = False

    def find(self, name: str) -> str | None:
        """Return the field that a column is named like, or None; case makes no difference but in attributes."""
        if self.hold(name):
            return name
        wanted = folded(name)
        return next((field for field in self.names if folded(field) == wanted), None)

    def may_be_number(self, name: str) -> bool:
        """Tell whether a field is a number, or an attribute, which may be one."""
        return name in self.numbers or name.startswith(("participants.", "attributes."))

    def hold(self, name: str) -> bool:
        """Tell whether a name is that of a field, such as `area`, `participants.police` or `attributes.contentKind`."""
        if name in self.names:
            return True
        top, _, below = name.partition(".")
        return self.takes_attributes and top == "attributes" and re.fullmatch(ATTRIBUTE_PATTERN, below) is not None


def _names(body: type[Document]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in body.model_fields.items())


FIELDS: Mapping[Makes, Fields] = {
    "activities": Fields(
        noun="an activity",
        body=ActivityBody,
        names=_names(ActivityBody) - {"participants", "attributes"}
        | {f"participants.{group}" for group in _names(Participants)},
        required=(("source",), ("externalId",), ("type",), ("agreement",), ("area",), ("status",)),
        dated=frozenset({*MOMENT_NAMES, "changedAt"}),
        numbers=frozenset({"annex", "cost", "count", "version"}),
        takes_attributes=True,
    ),
    "observations": Fields(
        noun="an observation",
        body=ObservationBody,
        names=_names(ObservationBody) | {*PERIOD_PARTS},
        required=(("source",), ("measure",), ("area",), ("period", "year"), ("numerator", "value")),
        dated=frozenset({"publishedOn"}),
        numbers=frozenset({"denominator", "numerator", "value", "year", "month"}),
    ),
}

# What was read of a row, as far as its form is sound; a fact that can be recorded; the resolved references.
D = TypeVar("D")
F = TypeVar("F")
K = TypeVar("K")


class RecordType(Protocol[D, F, K]):
    """One kind of record: how it is read, judged and recorded."""

    @property
    def makes(self) -> Makes:
        """What a row becomes."""

    @property
    def noun(self) -> str:
        """The resource of its imports."""

    @property
    def key_field(self) -> tuple[str, str]:
        """The field that tells two rows of one record apart from others, and what makes them one, in words."""

    @property
    def outdated(self) -> tuple[str, str, str]:
        """The field, reason and remedy of a row that gives way to what is kept."""

    def reading(self, catalogue: Catalogue, named_areas: Mapping[str, Read]) -> RecordReading:
        """Return how cells are read; `named_areas` has what reads the names of areas, by their kind."""

    def from_cells(self, document: dict[str, Any], faults: Sequence[Violation], case_numbers: str | None) -> D:
        """Read what the cells of a row say; `faults` are what is known already of fields that it lacks.

        `case_numbers` is the pattern of ids that are no personal identity numbers.
        """

    def from_json(self, sent: object) -> D:
        """Read one record from a JSON value."""

    def nothing_known(self) -> K:
        """Return no references at all."""

    async def look_up(self, connection: AsyncConnection, drafts: Sequence[D], known: K) -> K:
        """Return references that have those of the drafts: the known ones, or others if the structure has changed.

        Until the transaction ends, what they refer to stays as it was found.
        """

    def judge(self, draft: D, known: K, catalogue: Catalogue, today: date, row: int) -> F | list[Violation]:
        """Return the draft as a fact, or everything that is wrong with it."""

    def key(self, fact: F) -> tuple[object, ...]:
        """Return what a fact is found again by."""

    def is_older(self, fact: F, other: F) -> bool:
        """Tell whether a row says of itself that it must not replace the other; as the database compares them."""

    async def record(
        self,
        connection: AsyncConnection,
        facts: Sequence[tuple[int, F]],
        import_id: UUID,
        catalogue: Catalogue,
        today: date,
        sent: asyncio.Event,
    ) -> Mapping[int, FactOutcome]:
        """Record numbered facts, no two with one key; set `sent` when the database has them all.

        Returns what became of the rows; of those left out, nothing changed.
        """

    def unused_codes(self, facts: Iterable[F], catalogue: Catalogue) -> Counter[tuple[str, str]]:
        """Count the facts of each measure and code that no indicator reads."""
